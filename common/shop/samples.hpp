// Figures that are too dear to be counted at each look: samples of the orders, and events by the time of
// their receipt. Both programs see to them in their house-keeping; whoever comes second finds them done.
#pragma once

#include "common/pg/connection.hpp"

namespace suivi::shop {

// How often a program asks whether a sample is due: after a full sweep or look-ups it soon is.
inline constexpr milliseconds sample_poll_every{3'000};
inline constexpr milliseconds events_counted_every{5 * 60'000};

// Samples the orders where that is due (see 0011_samples.sql). Reads the whole table of orders once; true:
// it was due, and this call has done it.
task<result<bool>> take_sample(pg::connection& db);
// Samples a shop so small that it takes no time, unless that was done a moment ago; for who is about to look.
task<result<void>> refresh_small_sample(pg::connection& db);
// The next take_sample() of anybody is due.
task<result<void>> want_sample(pg::connection& db);

// Counts the events of the last hours by their outcome, and takes away what is finer than anybody looks at.
task<result<void>> count_events(pg::connection& db);

} // namespace suivi::shop
