// What Nord West refuses a request for: 422, with or without the fields that it does not accept.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::nord_west {

struct refusal {
  bool of_key = false;              // it names a field that is no tracking number: token or guid
  std::vector<std::string> numbers; // those of the requested ones that it names; the key is not to blame then
};

// Pure; any input. Where the body names nothing, neither is known.
[[nodiscard]] refusal read_refusal(std::string_view body, std::span<const std::string> requested);

} // namespace suivi::nord_west
