// The reconciler does the same; whoever comes second finds it done.
#include "receiver/upkeep/sampling.hpp"

#include "common/log/log.hpp"
#include "common/shop/samples.hpp"

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

task<result<void>> sample_once(database_monitor& monitor, bool events_too) {
  auto db = co_await monitor.connections().acquire(steady_now() + 5s);
  if (!db) co_return db.error();
  auto sampled = co_await shop::take_sample(**db);
  if (!sampled) co_return sampled.error();
  if (!events_too) co_return result<void>();
  auto counted = co_await shop::count_events(**db);
  co_return counted;
}

} // namespace

task<void> take_samples(database_monitor& monitor) {
  bool logged = false;
  steady_time events_due = steady_now();
  for (;;) {
    milliseconds pause = 1s;
    if (monitor.is_up()) {
      bool events_too = steady_now() >= events_due;
      auto done = co_await sample_once(monitor, events_too);
      pause = done ? shop::sample_poll_every : milliseconds(1min);
      if (done && events_too) events_due = steady_now() + shop::events_counted_every;
      if (!done && !logged) log::warn("orders could not be sampled", {{"error", to_string(done.error())}});
      logged = !done;
    }
    co_await runtime::sleep_for(pause);
  }
}

} // namespace suivi::receiver
