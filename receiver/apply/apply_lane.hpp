// The apply lane: committed events in, through the door in batches, outcomes recorded in the door's own
// transaction.
//
// Applying is apart from storing, so that it never delays an answer. What intake has just stored is a range
// (range_queue.hpp): it is applied from memory, several ranges in one batch where they wait. Whatever does
// not go as plainly as that is a row of suivi.pending for each event. What the lane holds in memory is leased
// under `owner()`; whatever is lost with the process is taken over by whoever finds the lease lapsed. An
// event that makes its batch fail is singled out by halving and harms only itself.
#pragma once

#include "common/door/door.hpp"
#include "common/runtime/wakeup.hpp"
#include "common/sqlstate/batch_parts.hpp"
#include "common/sqlstate/batch_size.hpp"
#include "receiver/apply/apply_queue.hpp"
#include "receiver/apply/repeats.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"

#include <functional>
#include <set>
#include <vector>

namespace suivi::receiver {

class apply_lane {
 public:
  struct refusal {
    milliseconds wait{0};
    std::string why;
  };
  // Somebody who asks the courier for `wanted` and then calls requeue() or settle_one()
  // with the event, if there is one.
  using ask_courier = std::function<void(shop::wanted_read wanted, std::optional<pending_event> waiting)>;
  // … unless that account's courier may not be asked for a while: then the event waits in the database.
  using refuse_to_ask = std::function<std::optional<refusal>(const std::string& account)>;

  apply_lane(asio::any_io_executor executor, database_monitor& db, account_registry& accounts,
             receiver_metrics& counts, shop::door_options door, std::string owner);

  void on_wanted_read(ask_courier ask, refuse_to_ask refuse) {
    ask_ = std::move(ask);
    refuse_ = std::move(refuse);
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
  void requeue(pending_event event) { put(std::move(event), steady_now()); }
  // … or: note what became of it.
  task<void> settle_one(pending_event event, disposition next);

  [[nodiscard]] const std::string& owner() const { return owner_; }
  // The ranges that wait: their leases are to be renewed.
  [[nodiscard]] std::vector<std::int64_t> waiting_ranges() const { return queue_.range_names(); }
  // How many more events may be taken.
  [[nodiscard]] std::size_t free_capacity() const { return queue_.free_capacity(); }
  [[nodiscard]] std::size_t in_hand() const { return queue_.in_hand(); }
  [[nodiscard]] std::size_t in_flight() const { return queue_.in_hand(); }
  // More is due than the next batches take: what comes in should come in more slowly.
  [[nodiscard]] bool is_behind() const { return queue_.is_behind(steady_now()); }

  // Returns after finish(), when nothing is due any more.
  task<void> run();
  // Applies what is due, then ends; what waits is given back by the caller (release()).
  void finish() {
    finishing_ = true;
    woken_.notify();
  }
  [[nodiscard]] bool is_finishing() const { return finishing_; }

 private:
  using batch = std::vector<pending_event>;

  void note_closed(const pending_event& event, const disposition& next);
  task<void> wait_as_locked(const pending_event& waiting);
  task<void> note_failed(const pending_event& failing, const error& why);
  void put(pending_event event, steady_time due);
  [[nodiscard]] disposition next_step(const pending_event& event, const shop::verdict& v) const;
  task<void> handle(batch events);
  task<bool> fill_in_accounts(batch& events);
  task<void> handle_ranges(range_batch work);
  task<void> open(range_batch work);
  void note_taken();
  void show_length() { counts_.apply_queue.set(static_cast<double>(queue_.in_hand())); }
  task<void> apply_range(const batch& events, pg::range rows, pg::batch_parts& todo);
  task<bool> drop_lost(const batch& events, pg::range rows);
  void carry_out(const pending_event& event, const disposition& next);
  task<void> take_over(std::vector<std::int64_t> moved);

  asio::any_io_executor executor_;
  database_monitor& db_;
  account_registry& accounts_;
  receiver_metrics& counts_;
  shop::door_options door_;
  std::string owner_;
  ask_courier ask_;
  refuse_to_ask refuse_;
  runtime::wakeup woken_;
  pg::batch_size batch_size_{shop::observations_per_call_max};
  std::size_t last_rows_ = 0; // of the last batch, which ended then
  steady_time last_ended_{};
  apply_queue queue_;
  std::set<std::int64_t> lost_; // of the current batch: taken over by somebody
  repeats repeats_;
  int failures_ = 0; // of the database, in a row
  bool finishing_ = false;
};

} // namespace suivi::receiver
