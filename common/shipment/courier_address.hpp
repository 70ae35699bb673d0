// Base addresses and keys of couriers whose addresses are taken as they are given. Pure.
#pragma once

#include <string>
#include <string_view>

namespace suivi {

// As given, without blanks around it and trailing slashes. Control characters are dropped: they would break
// the request's head.
[[nodiscard]] std::string base_address(std::string_view text);

// A key, token or id as people paste it: without blanks around it and control characters.
[[nodiscard]] std::string pasted_key(std::string_view text);

} // namespace suivi
