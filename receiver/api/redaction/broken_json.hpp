// JSON that is cut off or broken, shown as far as it can be read: members by member with their private values
// hidden, and `***` instead of all that stands behind the fault. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace suivi::receiver {

// How the text that a member holds is shown; empty for one that is in no object.
using text_shower = std::function<std::string(std::string_view member, std::string_view text)>;

[[nodiscard]] std::string shown_broken_json(std::string_view text, const text_shower& show);

} // namespace suivi::receiver
