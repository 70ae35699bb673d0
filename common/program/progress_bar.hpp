// How far long work has come, in one line: how much of how much, how fast, and how long it will still take.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::program {

struct progress {
  std::int64_t done = 0;
  std::optional<std::int64_t> of; // none: not known
  std::string_view noun;          // what is counted: "orders"
  std::string more;               // what else there is to say; may be empty
  std::optional<double> part;     // of the whole, from 0 to 1, where it is not done / of
};

// Pure. `elapsed`: since the work began; a rate is told from a second on.
[[nodiscard]] std::string progress_line(const progress& so_far, milliseconds elapsed);

// Whether standard error shows such lines: it is a terminal.
[[nodiscard]] bool shows_progress();
// Over the line before.
void show_progress_line(const std::string& line);
// Takes the last one away.
void end_progress();

} // namespace suivi::program
