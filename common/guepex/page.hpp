// One page of Guepex's parcel list, and the answer for one parcel.
#pragma once

#include "common/base/error.hpp"
#include "common/guepex/parcel.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace suivi::guepex {

struct page {
  std::vector<parcel> rows;
  std::size_t unreadable = 0;        // elements that are no object, or rows without tracking number or status
  std::optional<std::int64_t> total; // total_data, at most 10^15; what is no count is absent
  bool has_more = false;
};

// Pure: `{"has_more","total_data","data":[…]}`, or rows as members of an object. Anything else, an error's
// JSON or a web page among it, is "guepex:malformed" (transient).
[[nodiscard]] result<page> read_page(std::string_view body);

// The parcel itself, bare or as `data`, or the first element of `data` with that tracking number. Without
// metadata, which comes from lists only. Another parcel than the one asked for is "guepex:malformed"; an
// empty list is "guepex:not_found" (permanent).
[[nodiscard]] result<parcel> read_one(std::string_view body, std::string_view tracking);

} // namespace suivi::guepex
