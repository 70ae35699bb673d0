// Makes partitions ahead. The reconciler does the same; the second one finds them done.
#include "receiver/upkeep/partitions.hpp"

#include "common/log/log.hpp"
#include "common/schema/partitions.hpp"

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds partitions_every = 1h;

} // namespace

task<void> make_partitions_ahead(database_monitor& monitor) {
  for (;;) {
    milliseconds pause = 1s;
    if (monitor.is_up()) {
      auto db = co_await monitor.connections().acquire(steady_clock::now() + 5s);
      if (db) {
        auto& connection = **db;
        auto made = co_await schema::make_partitions(connection);
        if (made) pause = partitions_every;
        if (!made) log::warn("partitions could not be made ahead", {{"error", to_string(made.error())}});
        if (!made) pause = 1min;
        while (made) { // one day a transaction, so that nobody waits long
          auto indexed = co_await schema::index_next_day(connection);
          if (!indexed) log::warn("a past day could not be indexed", {{"error", to_string(indexed.error())}});
          if (!indexed || !*indexed) break;
        }
        while (made) {
          auto indexed = co_await schema::index_today(connection);
          if (!indexed) log::warn("today could not be indexed", {{"error", to_string(indexed.error())}});
          if (!indexed || !*indexed) break;
        }
      }
    }
    co_await runtime::sleep_for(pause);
  }
}

} // namespace suivi::receiver
