// Reads the problems again and again. Spool and receiver are left to the receiver.
#include "reconciler/worker/problem_watch.hpp"

#include "common/log/log.hpp"
#include "common/shop/problems/clock_record.hpp"
#include "common/shop/problems/problem_facts.hpp"

namespace suivi::reconciler {
namespace {

constexpr milliseconds poll_every{5'000};
constexpr milliseconds after_failure{2'000};

task<result<verdict::facts>> read_problems(services& p, std::optional<instant>& clocks_apart_since) {
  auto accounts = co_await accounts_now(p, database_patience);
  if (!accounts) co_return accounts.error();
  std::vector<shop::known_account> known;
  for (const shop::account& a : *accounts)
    known.push_back({a.id, a.name, courier::is_complete(a.courier), a.courier.courier});
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return db.error();
  auto found = co_await shop::read_problem_facts(**db, std::move(known));
  if (!found) co_return found.error();
  found->reconciler_alive = true;
  co_await shop::record_clocks(**db, *found, clocks_apart_since);
  co_return found;
}

} // namespace

task<void> watch_problems(services& p, reconciler_metrics& numbers) {
  verdict::facts last;
  std::optional<instant> clocks_apart_since;
  bool was_well = true; // what fails again is said again only after it went well
  for (;;) {
    auto found = co_await read_problems(p, clocks_apart_since);
    if (found) {
      last = std::move(*found);
      numbers.update(last);
    } else if (!p.database.up()) {
      last.now = now();
      last.database_away = true;
      numbers.update(last);
    } else if (was_well) {
      was_well = false;
      log::warn("problems could not be read: the metrics show the last that were read",
                {{"error", to_string(found.error())}});
    }
    was_well = was_well || found.has_value();
    milliseconds pause = found ? poll_every : after_failure;
    co_await runtime::sleep_for(pause);
  }
}

} // namespace suivi::reconciler
