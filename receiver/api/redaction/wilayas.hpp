// The names of Algeria's wilayas: a member that names one holds one of few words, and may hold nobody's name.
// Pure.
#pragma once

#include <string_view>

namespace suivi::receiver {

// The name of a wilaya as couriers and shops write it, with its number or without: `Alger`, `16 - ALGER`,
// `Béjaïa (06)`, `وهران`; or its number alone.
[[nodiscard]] bool is_wilaya(std::string_view text);

} // namespace suivi::receiver
