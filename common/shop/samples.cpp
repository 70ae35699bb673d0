// Runs the SQL functions that sample orders and count events.
#include "common/shop/samples.hpp"

#include "common/log/log.hpp"
#include "common/runtime/task.hpp"

namespace suivi::shop {
namespace {

constexpr pg::statement sample{"samples_take", "select suivi.take_sample()"};
constexpr pg::statement sample_small{"samples_small",
                                     "select suivi.take_sample_after(interval '1 second', true)"};
constexpr pg::statement want{"samples_want", "update suivi.sampling set wanted_at = clock_timestamp()"};
constexpr pg::statement events{"samples_events", "select suivi.count_events()"};
constexpr pg::statement thin{"samples_thin", "select suivi.thin_samples()"};

// How often a program asks whether a sample is due: after a full sweep or look-ups it soon is.
constexpr milliseconds poll_every{3'000}, while_down{1'000}, after_failure{60'000};
constexpr milliseconds events_counted_every{5 * 60'000};
constexpr milliseconds connection_patience{5'000};

task<result<void>> sample_once(pg::pool& database, bool events_too) {
  auto db = co_await database.acquire(steady_now() + connection_patience);
  if (!db) co_return db.error();
  auto sampled = co_await take_sample(**db);
  if (!sampled) co_return sampled.error();
  if (!events_too) co_return result<void>();
  auto counted = co_await count_events(**db);
  co_return counted;
}

} // namespace

task<result<bool>> take_sample(pg::connection& db) {
  auto done = co_await db.run(sample);
  if (!done) co_return done.error();
  co_return done->boolean(0, 0);
}

task<result<void>> refresh_small_sample(pg::connection& db) {
  auto done = co_await db.run(sample_small);
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> want_sample(pg::connection& db) {
  auto done = co_await db.run(want);
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> count_events(pg::connection& db) {
  auto counted = co_await db.run(events);
  if (!counted) co_return counted.error();
  auto thinned = co_await db.run(thin);
  if (!thinned) co_return thinned.error();
  co_return result<void>();
}

task<void> keep_sampling(pg::pool& database, std::function<bool()> is_up) {
  bool logged = false; // a failure is logged once, until it went well again
  steady_time events_due = steady_now();
  for (;;) {
    milliseconds pause = while_down;
    if (is_up()) {
      bool events_too = steady_now() >= events_due;
      auto done = co_await sample_once(database, events_too);
      pause = done ? poll_every : after_failure;
      if (done && events_too) events_due = steady_now() + events_counted_every;
      if (!done && !logged)
        log::warn("orders could not be sampled: the screen shows older figures",
                  {{"error", to_string(done.error())}});
      logged = !done;
    }
    co_await runtime::sleep_for(pause);
  }
}

} // namespace suivi::shop
