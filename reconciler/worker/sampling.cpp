// Asks often, works seldom.
#include "reconciler/worker/sampling.hpp"

#include "common/log/log.hpp"
#include "common/shop/samples.hpp"

namespace suivi::reconciler {
namespace {

constexpr milliseconds after_failure{60'000};

task<result<void>> sample_once(services& p, bool events_too) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return db.error();
  auto sampled = co_await shop::take_sample(**db);
  if (!sampled) co_return sampled.error();
  if (!events_too) co_return result<void>();
  auto counted = co_await shop::count_events(**db);
  co_return counted;
}

} // namespace

task<void> take_samples(services& p) {
  steady_time events_due = steady_now();
  bool was_well = true; // what fails again is said again only after it went well
  for (milliseconds pause = shop::sample_poll_every;;) {
    co_await runtime::sleep_for(pause);
    bool events_too = steady_now() >= events_due;
    auto done = co_await sample_once(p, events_too);
    if (done && events_too) events_due = steady_now() + shop::events_counted_every;
    if (!done && was_well && p.database.up())
      log::warn("orders could not be sampled: the screen shows older figures",
                {{"error", to_string(done.error())}});
    was_well = done.has_value() || (was_well && !p.database.up());
    pause = done ? shop::sample_poll_every : after_failure;
  }
}

} // namespace suivi::reconciler
