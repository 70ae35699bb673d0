// Shares of worlds, and how bad it is in them.
#include "tests/simulation/ways.hpp"

#include <array>

namespace suivi::simulation {

using namespace std::chrono_literals;

ways draw_ways(timeline& t) {
  ways w;
  if (t.happens(0.5)) w.clocks_apart = milliseconds(1'000 + t.below(90'000));
  if (w.clocks_apart.count() == 0 && t.happens(0.3)) w.stamps_ahead = milliseconds(60'000 + t.below(200'000));
  w.incremental_every = std::array<milliseconds, 3>{5min, 10min, 20min}[static_cast<std::size_t>(t.below(3))];
  if (t.happens(0.3)) w.undated = t.happens(0.5) ? 0.2 : 0.9;
  if (t.happens(0.3)) w.order = t.happens(0.5) ? list_order::none : list_order::oldest_first;
  if (t.happens(0.3)) w.placeholders = 0.3;
  if (t.happens(w.placeholders > 0 ? 0.8 : 0.2)) w.nameless = 0.2;
  if (t.happens(0.4)) w.refused = 0.1;
  if (t.happens(w.refused > 0 ? 0.6 : 0.2)) w.mistyped = 0.3;
  if (t.happens(0.3)) w.slow = 0.8;
  if (t.happens(w.undated > 0 ? 0.6 : 0.2)) w.hidden = 0.3;
  if (t.happens(w.stamps_ahead.count() > 0 ? 0.8 : 0.4)) w.hasty = 0.5;
  if (t.happens(w.undated > 0 ? 0.8 : 0.3)) w.shipped_before = 0.5;
  w.numbers_shared = t.happens(0.5);
  return w;
}

} // namespace suivi::simulation
