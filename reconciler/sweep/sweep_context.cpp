// Waits for a free caller, and for the rows to be written.
#include "reconciler/sweep/sweep_context.hpp"

namespace suivi::reconciler {
namespace {

shop::door_options door_of(const sweep_options& options) {
  shop::door_options door;
  door.adopt_unassigned = options.adopt_unassigned;
  door.read_lag = options.read_lag;
  door.dry_run = options.dry_run;
  return door;
}

} // namespace

sweep_context::sweep_context(asio::any_io_executor executor, pg::pool& pool, http::client& client,
                             shop::account of, sweep_options with, std::optional<lease> term)
    : database(pool), account(std::move(of)), options(with), held(std::move(term)),
      courier(client, account, pool, options, options.dry_run), wake(executor), fetchers(executor),
      rows(pool, door_of(options), held, counted, wake) {}

bool sweep_context::ending_early() const {
  return stopping || lease_lost || rows.failed() || !courier.stopped().empty();
}

task<bool> sweep_context::wait_for_slot() {
  while (!ending_early()) {
    if (in_flight < static_cast<std::size_t>(options.max_in_flight)) {
      ++in_flight;
      co_return true;
    }
    co_await wake.wait_until(steady_now() + milliseconds(1'000));
  }
  co_return false;
}

void sweep_context::request_ended() {
  --in_flight;
  wake.notify();
}

task<void> sweep_context::drain() {
  while (rows.waiting() > 0 && !stopping && !lease_lost && !rows.failed())
    co_await wake.wait_until(steady_now() + milliseconds(200));
}

} // namespace suivi::reconciler
