// One page of Maystro's order list, and the answer for one order, from their bytes.
#pragma once

#include "common/base/error.hpp"
#include "common/shipment/shipment_page.hpp"

#include <string_view>

namespace suivi::maystro {

// Pure: the four envelopes `list.results`, `results`, `list` as array, bare array. Anything else, an error's
// JSON or a web page among it, is "courier:malformed" (transient).
[[nodiscard]] result<shipment_page> read_page(std::string_view body);
// The answer for one order: the row, or the row under `data` or `order`. Without metadata, which comes from
// lists only.
[[nodiscard]] result<shipment> read_one(std::string_view body);

} // namespace suivi::maystro
