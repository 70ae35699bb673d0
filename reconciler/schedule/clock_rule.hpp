// When a zone's clocks change, as the last line of its file in the system's time zone database says it for
// all years that the file does not list ("CET-1CEST,M3.5.0,M10.5.0/3", POSIX's TZ in its form with months).
// Pure.
#pragma once

#include "common/base/time.hpp"

#include <array>
#include <chrono>
#include <date/date.h>
#include <optional>
#include <string_view>

namespace suivi::reconciler {

class clock_rule {
 public:
  // None where the rule has another form.
  [[nodiscard]] static std::optional<clock_rule> parse(std::string_view text);

  [[nodiscard]] date::local_time<microseconds> to_local(instant t) const;
  // Of a local time that comes twice the first; of one that is skipped the moment of the change.
  [[nodiscard]] instant to_sys(date::local_seconds local) const;

 private:
  struct change {
    unsigned month = 1, week = 1, weekday = 0; // week 5: the last one
    std::chrono::seconds at{7'200};            // after local midnight, by the clock before the change
  };
  [[nodiscard]] static std::optional<change> read_change(std::string_view& text);
  [[nodiscard]] std::array<instant, 2> changes_in(date::year year) const; // to summer time, and from it
  [[nodiscard]] std::chrono::seconds offset_at(instant t) const;

  std::chrono::seconds standard_{0}, summer_{0}; // local time less UTC
  std::optional<change> begins_, ends_;          // both, or none: no summer time
};

} // namespace suivi::reconciler
