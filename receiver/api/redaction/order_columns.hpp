// An order's columns as they are shown: couriers write customers' names and phone numbers into their reasons.
// Pure.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::receiver {

// The column's value without phone numbers, e-mail addresses and what may be names, where it is the courier's
// free text.
[[nodiscard]] std::optional<std::string> shown_text(std::string_view column,
                                                    const std::optional<std::string>& value);
[[nodiscard]] boost::json::value shown_column(std::string_view column,
                                              const std::optional<std::string>& value);

} // namespace suivi::receiver
