// One page of the courier's order list.
#pragma once

#include "common/base/error.hpp"
#include "common/maystro/shipment.hpp"

#include <cstdint>
#include <string_view>

namespace suivi::maystro {

struct page {
  std::vector<shipment> rows;
  std::size_t unreadable = 0; // elements that are no object, or rows without identity or status
  std::optional<std::int64_t>
      count;             // as the courier counts, at most 10^15; what is no count (negative) is absent
  bool has_next = false; // `next` is a text; never followed
};

// Pure: the four envelopes `list.results`, `results`, `list` as array, bare array. Anything else, an error's
// JSON or a web page among it, is "maystro:malformed" (transient).
[[nodiscard]] result<page> read_page(std::string_view body);
// The answer for one order: the row, or the row under `data` or `order`. Without metadata, which comes from
// lists only.
[[nodiscard]] result<shipment> read_one(std::string_view body);

} // namespace suivi::maystro
