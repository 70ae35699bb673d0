// Base addresses and keys of couriers whose addresses are taken as they are given. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace suivi {

// As given, without blanks around it and trailing slashes. Control characters are dropped: they would break
// the request's head.
[[nodiscard]] std::string base_address(std::string_view text);

// The first of them that is not empty.
[[nodiscard]] std::string first_base_address(std::initializer_list<std::string_view> texts);

// A key, token or id as people paste it: without blanks around it and control characters.
[[nodiscard]] std::string pasted_key(std::string_view text);

} // namespace suivi
