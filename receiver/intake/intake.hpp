// The intake lane: webhooks in, receipts out, each only after its COMMIT.
//
// Group commit without a timer: whatever arrives while a batch is being committed is the next batch. One
// batch on the wire for each lane (connection); beside another lane's, a batch goes only when it is large
// enough, for a commit costs as much as some twenty rows. A batch with a poisonous row is halved until the
// row stands alone; that one is kept as raw bytes. Storing is one statement
// that waits for no lock of the shop's; what it stored goes to the apply lane as one range, in memory and in
// the database, and the answer does not wait for that. A lost COMMIT is sent again: the dedupe key makes it
// harmless. Everything is bounded. What does not fit, takes too long, or comes while the database is away
// goes to the spool, with a receipt that says so; whether some of it reached the database all the same is the
// dedupe key's to find out. What does not fit there either is an error, and the caller asks the courier to
// come again.
#pragma once

#include "common/runtime/wakeup.hpp"
#include "common/sqlstate/batch_parts.hpp"
#include "receiver/apply/apply_lane.hpp"
#include "receiver/inbox/ingest.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"
#include "receiver/spool/spool.hpp"

#include <deque>
#include <list>
#include <memory>

namespace suivi::receiver {

class intake {
 public:
  struct limits {
    std::size_t lanes = 2;
    std::size_t batch_rows = 500;
    std::size_t beside_another_rows = 100; // see batch_policy.hpp
    std::size_t batch_bytes = 8 * 1024 * 1024;
    std::size_t queued_rows = 10'000;
    std::size_t queued_bytes = 64 * 1024 * 1024;
    milliseconds patience{5'000};       // from a batch's opening to the answer of its rows, else to the spool
    milliseconds whole_patience{9'000}; // from a webhook's arrival to its answer; couriers wait 10 seconds
    milliseconds drain_patience{15'000}; // for one call of store_all()
  };

  intake(asio::any_io_executor executor, database_monitor& db, spool& instead, apply_lane& next,
         receiver_metrics& counts, limits within);

  // Durable when it returns: committed, or spooled. transient: nothing is known to be kept.
  task<result<receipt>> store(webhook row);
  // Into the database only, past the queue: webhooks that are durable elsewhere. One answer a row.
  task<std::vector<result<receipt>>> store_all(std::vector<webhook> rows);
  // The database has gone: who waits for it goes to the spool at once.
  void divert_to_spool();
  [[nodiscard]] bool full() const { return queued_rows_ >= limits_.queued_rows; }

  // One call for each lane; returns after finish(), when the queue is empty.
  task<void> run_lane(std::size_t lane);
  // Stores what is queued and takes no more.
  void finish();

 private:
  struct batch {
    batch(const asio::any_io_executor& executor, milliseconds patience);
    std::vector<webhook> rows;
    std::vector<std::optional<result<receipt>>> answers;
    std::size_t bytes = 0;
    steady_time opened_at;
    steady_time give_up;
    asio::steady_timer done; // its expiry is give_up; canceled when all answers are there
    std::string failed;      // the last error, if any
    bool abandoned = false;  // nobody waits for it any more
    bool in_doubt = false;   // a COMMIT's answer was lost: what was seen before may have been seen by us
  };

  task<result<receipt>> store_in_spool(webhook row, steady_time until);
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  std::shared_ptr<batch> open_batch(std::size_t bytes);
  void close(const batch& b);
  [[nodiscard]] steady_time begins_at() const; // the next batch, if nothing else happens
  bool note_failed(const std::string& why);
  task<void> let_apply_catch_up();
  [[nodiscard]] bool may_go_on(const batch& b) const;
  task<void> store_batch(std::shared_ptr<batch> b);
  task<result<void>> keep_range(std::shared_ptr<batch> b, pg::range rows);
  task<result<void>> isolate(std::shared_ptr<batch> b, std::size_t row, std::string why);
  void answer(batch& b, pg::range rows, std::vector<receipt> receipts);
  void hand_over(const batch& b, pg::range rows, const std::vector<receipt>& receipts);
  task<void> hand_over_doubtful(const batch& b, pg::range rows, const std::vector<receipt>& receipts,
                                pg::connection& db);

  asio::any_io_executor executor_;
  database_monitor& db_;
  spool& spool_;
  apply_lane& next_;
  receiver_metrics& counts_;
  limits limits_;
  std::deque<std::shared_ptr<batch>> queue_; // the last one is still open
  std::list<std::shared_ptr<batch>> under_way_;
  std::vector<std::unique_ptr<runtime::wakeup>> idle_;
  std::size_t lanes_at_work_ = 0;
  steady_time begun_{};       // when a lane last went to work, or will at the latest
  steady_time ended_{};       // when a batch was last answered
  std::size_t last_rows_ = 0; // that one's
  std::size_t queued_rows_ = 0;
  std::size_t queued_bytes_ = 0;
  bool finishing_ = false;
};

} // namespace suivi::receiver
