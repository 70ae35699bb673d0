// Whether two JSON texts are the same object, told without building either. Pure.
#pragma once

#include <string_view>

namespace suivi {

// True: both are objects of scalars alone, with the same members in whatever order and with whatever blanks,
// every name and every value spelt alike. False tells nothing: 1.0 and 1 are spelt differently. Both texts
// must be JSON, as PostgreSQL and kept_members() write it.
[[nodiscard]] bool has_same_members(std::string_view a, std::string_view b);

} // namespace suivi
