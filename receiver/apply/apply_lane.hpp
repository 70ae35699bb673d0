// The apply lane: committed events in, through the door in batches, outcomes recorded in the door's own
// transaction.
//
// Most events never come here: they are applied in the transaction that stores them
// (intake/inline_apply.hpp). What that leaves, for an order is locked or unknown, or the courier has to be
// asked, is applied apart from intake, so that it never delays an answer. What it holds in memory is leased
// in suivi.pending under `owner()`; whatever is lost with the process is taken over by whoever finds the
// lease lapsed. An event that makes its batch fail is singled out by halving and harms only itself.
#pragma once

#include "common/door/door.hpp"
#include "common/pg/batch_failure.hpp"
#include "common/runtime/wakeup.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"

#include <functional>
#include <map>
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
  void enqueue_repeats(std::vector<repeated_webhook> repeats);
  void take_readdressed(std::vector<readdressed> events);
  // From the courier's reader: try again at once.
  void requeue(pending_event event);
  // … or: note what became of it.
  task<void> settle_one(pending_event event, disposition next);

  [[nodiscard]] const std::string& owner() const { return owner_; }
  // How many more events may be taken.
  [[nodiscard]] std::size_t free_capacity() const;
  [[nodiscard]] std::size_t in_hand() const { return held_.size(); }
  [[nodiscard]] std::size_t in_flight() const { return held_.size(); }
  // More is due than the next batches take: what comes in should come in more slowly.
  [[nodiscard]] bool is_behind() const;

  // An event that was settled without coming here: counts it, and asks the courier where that is wanted.
  void note_closed(std::int64_t id, instant received_at, bool never_deferred, const disposition& next);

  // Returns after finish(), when nothing is due any more.
  task<void> run();
  // Applies what is due, then ends; what waits is given back by the caller (release()).
  void finish();
  [[nodiscard]] bool is_finishing() const { return finishing_; }

 private:
  using batch = std::vector<pending_event>;

  batch next_batch(steady_time now);
  task<void> wait_as_locked(const pending_event& waiting);
  task<void> note_failed(const pending_event& failing, const error& why);
  void put(pending_event event, steady_time due);
  [[nodiscard]] disposition next_step(const pending_event& event, const shop::verdict& v) const;
  task<void> handle(batch events);
  task<bool> fill_in_accounts(batch& events);
  task<void> apply_range(const batch& events, pg::range rows, std::vector<pg::range>& todo);
  task<bool> drop_lost(const batch& events, pg::range rows);
  void carry_out(const pending_event& event, const disposition& next);
  task<void> store_repeats_now();
  task<void> readdress_now();
  void drop(std::int64_t id);

  asio::any_io_executor executor_;
  database_monitor& db_;
  account_registry& accounts_;
  receiver_metrics& counts_;
  shop::door_options door_;
  std::string owner_;
  ask_courier ask_;
  refuse_to_ask refuse_;
  runtime::wakeup woken_;
  // Fewer after a statement time-out, more again after each batch that was taken.
  std::size_t batch_rows_ = shop::observations_per_call_max;
  steady_time gather_until_{}; // the next small batch begins no earlier
  std::multimap<steady_time, pending_event> queue_;
  std::set<std::int64_t> held_; // queued, being applied, or waiting for the courier
  std::set<std::int64_t> lost_; // of the current batch: taken over by somebody
  std::size_t locked_ = 0;      // events in queue_ whose order was locked
  std::vector<repeated_webhook> repeats_;
  std::vector<readdressed> readdressed_;
  int failures_ = 0; // of the database, in a row
  bool finishing_ = false;
};

} // namespace suivi::receiver
