// The apply lane: committed events in, through the door in batches, outcomes recorded in the door's own
// transaction.
//
// Applying is apart from storing, so that it never delays an answer. What intake has just stored is a range
// (range_queue.hpp): it is applied from memory, several ranges in one batch where they wait. Whatever does
// not go as plainly as that is a row of suivi.pending for each event. What the lane holds in memory is leased
// under `owner()`; whatever is lost with the process is taken over by whoever finds the lease lapsed. An
// event that makes its batch fail is singled out by halving and harms only itself. Under load two batches go
// at once, on a connection each, about different orders (orders_at_work.hpp).
#pragma once

#include "common/door/door.hpp"
#include "common/runtime/wakeup.hpp"
#include "common/sqlstate/batch_parts.hpp"
#include "common/sqlstate/batch_size.hpp"
#include "receiver/apply/event_ends.hpp"
#include "receiver/apply/repeats.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/queue/apply_policy.hpp"
#include "receiver/queue/apply_queue.hpp"
#include "receiver/queue/lock_patience.hpp"
#include "receiver/queue/orders_at_work.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace suivi::receiver {

class apply_lane {
 public:
  apply_lane(asio::any_io_executor executor, database_monitor& db, account_registry& accounts,
             receiver_metrics& counts, shop::door_options door, std::string owner);

  // Who asks the courier calls requeue() or settle_one() with the event, if there is one.
  void on_wanted_read(event_ends::ask_courier ask, event_ends::refuse_to_ask refuse) {
    ends_.on_wanted_read(std::move(ask), std::move(refuse));
  }

  // Events leased to owner(), to be applied at once. Those already in hand are ignored.
  void enqueue(std::vector<pending_event> events);
  // Just stored as a range that is leased to owner().
  void enqueue_range(event_range range, std::vector<pending_event> events);
  void enqueue_repeats(std::vector<repeated_webhook> repeated) {
    repeats_.add(std::move(repeated));
    woken_.notify();
  }
  void take_readdressed(std::vector<readdressed> events) {
    repeats_.add(std::move(events));
    woken_.notify();
  }
  // From the courier's reader: try again at once.
  void requeue(pending_event event) { ends_.put(std::move(event), steady_now()); }
  // … or: note what became of it.
  task<void> settle_one(pending_event event, disposition next) {
    return ends_.settle_one(std::move(event), std::move(next));
  }

  [[nodiscard]] const std::string& owner() const { return owner_; }
  // The ranges that wait: their leases are to be renewed.
  [[nodiscard]] std::vector<std::int64_t> waiting_ranges() const { return queue_.range_names(); }
  // How many more events may be taken.
  [[nodiscard]] std::size_t free_capacity() const { return queue_.free_capacity(); }
  // So many webhooks were stored for which there was no room here: what comes behind them waits its turn as
  // well.
  void note_backlog(std::size_t events) { backlog_ += events; }
  [[nodiscard]] std::size_t take_backlog() { return std::exchange(backlog_, 0); }
  [[nodiscard]] bool has_backlog() const { return backlog_ > 0; }
  [[nodiscard]] std::size_t in_flight() const { return queue_.in_flight(); }
  // So much is due that what comes in should come in more slowly.
  [[nodiscard]] bool is_behind() const {
    steady_time now = steady_now();
    return queue_.are_due(due_max(std::max(last_took_, at_work_.longest(now))), now, backlog_);
  }

  // Returns after finish(), when nothing is due any more.
  task<void> run();
  // Applies ranges beside run(), where so much waits that it is worth a transaction of its own, and where it
  // is about other orders. Returns after finish().
  task<void> run_beside();
  // Applies what is due, then ends; what waits is given back by the caller (release()).
  void finish() {
    finishing_ = true;
    woken_.notify();
    beside_.notify();
  }
  [[nodiscard]] bool is_finishing() const { return finishing_; }

 private:
  using batch = std::vector<pending_event>;
  // More gain nothing, and take memory in both programs.
  static constexpr std::size_t range_rows_max = 256;

  task<void> wait_as_locked(const pending_event& waiting);
  task<void> note_failed(const pending_event& failing, const error& why);
  task<void> handle(batch events);
  task<bool> fill_in_accounts(batch& events);
  task<void> handle_ranges(range_batch batch);
  task<void> try_ranges(range_batch batch);
  task<void> write_ranges(range_batch batch, milliseconds lock_wait);
  task<void> open(range_batch batch);
  void note_taken();
  [[nodiscard]] std::size_t rows_at_once(steady_time now) const {
    return lock_patience_.rows_at(now, batch_size_.rows());
  }
  [[nodiscard]] std::size_t range_rows(steady_time now) const {
    return std::min(rows_at_once(now), range_rows_max);
  }
  void show_length() { counts_.apply_queue.set(static_cast<double>(queue_.in_flight())); }
  task<result<std::vector<shop::verdict>>> apply(std::span<const shop::observation> observed,
                                                 const shop::door_options& options,
                                                 const shop::extra_statements& extra);
  task<void> apply_range(const batch& events, pg::range rows, pg::batch_parts& todo);
  task<bool> drop_lost(const batch& events, pg::range rows);
  [[nodiscard]] bool is_worth_another_lane() const;
  task<void> claim_orphans(std::vector<std::int64_t> moved);

  asio::any_io_executor executor_;
  database_monitor& db_;
  account_registry& accounts_;
  receiver_metrics& counts_;
  shop::door_options door_;
  lock_patience lock_patience_{door_.lock_wait};
  std::string owner_;
  runtime::wakeup woken_;
  runtime::wakeup beside_;
  bool looks_first_ = false; // where most changes nothing
  pg::batch_size batch_size_{shop::observations_per_call_max};
  std::size_t last_rows_ = 0; // of the last batch, which ended then
  steady_time last_ended_{};
  std::chrono::steady_clock::duration last_took_ =
      std::chrono::steady_clock::duration::max(); // a batch of ranges
  apply_queue queue_;
  event_ends ends_;
  orders_at_work at_work_;
  bool is_beside_at_work_ = false;
  std::set<std::int64_t> lost_; // of the current batch: taken over by somebody
  repeats repeats_;
  int failures_ = 0;        // of the database, in a row
  std::size_t backlog_ = 0; // events, as far as this process knows
  bool finishing_ = false;
};

} // namespace suivi::receiver
