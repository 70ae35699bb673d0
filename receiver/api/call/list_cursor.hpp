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

[[nodiscard]] std::string write_cursor(const list_place& place);
// nullopt: none of ours.
[[nodiscard]] std::optional<list_place> read_cursor(std::string_view text);

} // namespace suivi::receiver
