// Figures that cost too much to count for each request: samples of the orders, and events by the time of
// their receipt. Both programs keep them up to date; the second one finds them done.
#pragma once

#include "common/pg/connection.hpp"
#include "common/pg/pool.hpp"

#include <functional>

namespace suivi::shop {

// Samples the orders where that is due (see 0011_samples.sql). Reads the whole table of orders once; true:
// it was due, and this call has done it.
task<result<bool>> take_sample(pg::connection& db);
// Samples a shop so small that it takes no time, unless that was done a moment ago; for who is about to look.
task<result<void>> refresh_small_sample(pg::connection& db);
// The next take_sample() of anybody is due.
task<result<void>> want_sample(pg::connection& db);

// Counts the events of the last hours by their outcome, and takes away what is finer than anybody looks at.
task<result<void>> count_events(pg::connection& db);

// Does all that is due, again and again, while the database is up; ends by cancellation only.
task<void> keep_sampling(pg::pool& database, std::function<bool()> is_up);

} // namespace suivi::shop
