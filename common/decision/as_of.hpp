// Which of two observations of one parcel is newer. Pure.
//
// What a pull shows was true at its request or later; what a webhook tells was true at its publishing or
// earlier. So a pull beats a webhook published at or before its start, a webhook beats a pull that had ended
// before its publishing, and where interval and point overlap nobody can tell: the courier is asked. Of two
// pulls the one that was begun and ended later counts, however much they overlap: otherwise two sweeps within
// the API's lag would have every changed order read singly. One that lies within the other is in doubt.
#pragma once

#include "common/decision/observation.hpp"

namespace suivi::shop {

enum class relation {
  newer, // seen is newer than known
  older, // seen is older than known
  doubt, // neither is known to be the older
};

[[nodiscard]] relation compare(const as_of& known, const as_of& observed);

// What is kept of a webhook: its time of publishing, by the earlier of two clocks. By what it may be at
// latest it is compared once, when it comes.
[[nodiscard]] as_of as_kept(const as_of& observed);

// What is known of a parcel once `observed`, which compares as not older and says the same as `known`, is
// taken too. Where neither is the newer, what is later told is newer than both or in doubt, never newer by
// one alone.
[[nodiscard]] as_of agreed(const as_of& known, const as_of& observed);

// The earliest request whose answer beats every webhook among the two, for an API that lags by `read_lag`; of
// two pulls, by clocks that differ by minutes at most, the known one.
[[nodiscard]] instant settled_by_read_from(const as_of& known, const as_of& observed, milliseconds read_lag);

} // namespace suivi::shop
