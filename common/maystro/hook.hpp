// Lists of the registrations of webhooks, as Maystro answers them.
#pragma once

#include "common/base/error.hpp"
#include "common/shipment/hook.hpp"

#include <string_view>
#include <vector>

namespace suivi::maystro {

// Pure. Lists in any of the envelopes of listing.hpp; ids as numbers or texts; `trigger_type` an object or an
// id, `triggers` a list of either. Elements without id (types: without name) are left out.
// "courier:malformed" otherwise.
[[nodiscard]] result<std::vector<hook>> read_hooks(std::string_view body);
[[nodiscard]] result<std::vector<hook_type>> read_hook_types(std::string_view body);
[[nodiscard]] result<hook> read_hook(std::string_view body);

} // namespace suivi::maystro
