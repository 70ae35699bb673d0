// One page of a courier's list of parcels, in the words that all couriers share.
#pragma once

#include "common/shipment/shipment.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace suivi {

struct shipment_page {
  std::vector<shipment> rows;
  std::size_t unreadable = 0;        // elements that are no object, or rows without identity or status
  std::optional<std::int64_t> count; // as the courier counts, at most 10^15; what is no count is absent
  bool has_next = false;             // what stands under `next` is never followed

  // There is nothing more to it than its rows, of which none was left out.
  [[nodiscard]] bool is_whole() const {
    return !has_next && unreadable == 0 && count.value_or(0) <= static_cast<std::int64_t>(rows.size());
  }
};

} // namespace suivi
