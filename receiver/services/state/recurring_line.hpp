// A line of the log that may come often: the first at once, those after it once a minute with how many they
// were. Pure.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>

namespace suivi::receiver {

class recurring_line {
 public:
  // One more. How many the line stands for, where it is to be said now.
  std::optional<std::uint64_t> note(steady_time now);
  // The same for those that came since, when their minute is over and no other has come.
  std::optional<std::uint64_t> due(steady_time now);

 private:
  std::uint64_t unreported_ = 0;
  std::optional<steady_time> reported_at_;
};

} // namespace suivi::receiver
