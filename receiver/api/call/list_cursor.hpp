// Where a list goes on: opaque to whoever asks, the sort key of the last row to us. Pure.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::receiver {

struct list_place {
  std::int64_t number = 0; // microseconds since 1970, or an id
  std::string text;        // what tells rows of the same number apart
};

// A place in one list is none in another: there it would be the beginning, the end, or anything.
enum class paged_list : char { orders = 'o', events = 'e', sweeps = 's' };

[[nodiscard]] std::string write_cursor(paged_list of, const list_place& place);
// nullopt: none of that list's.
[[nodiscard]] std::optional<list_place> read_cursor(paged_list of, std::string_view text);

} // namespace suivi::receiver
