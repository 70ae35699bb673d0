// The intake lane: webhooks in, receipts out, each only after its COMMIT.
//
// Group commit without a timer: whatever arrives while a batch is being committed is the next batch. One
// batch on the wire for each lane (connection). A batch with a poisonous row is halved until the row stands
// alone; that one is kept as raw bytes. A lost COMMIT is sent again: the dedupe key makes it harmless.
// Everything is bounded; what does not fit, or takes too long, is an error, and the caller asks the courier
// to come again.
#pragma once

#include "common/runtime/wakeup.hpp"
#include "receiver/applier.hpp"
#include "receiver/database.hpp"
#include "receiver/inbox.hpp"
#include "receiver/measures.hpp"
#include "receiver/retry.hpp"

#include <deque>
#include <memory>

namespace suivi::receiver {

class intake {
 public:
  struct limits {
    std::size_t lanes = 2;
    std::size_t batch_rows = 500;
    std::size_t batch_bytes = 8 * 1024 * 1024;
    std::size_t queued_rows = 10'000;
    std::size_t queued_bytes = 64 * 1024 * 1024;
    milliseconds patience{8'000}; // from a batch's opening to the answer of its rows
  };

  intake(asio::any_io_executor executor, database& db, applier& next, measures& counts, limits within);

  // transient: nothing is known to be kept.
  task<result<receipt>> store(arrival row);

  // One call for each lane; returns after finish(), when the queue is empty.
  task<void> run_lane(std::size_t lane);
  // Stores what is queued and takes no more.
  void finish();

 private:
  struct batch {
    batch(const asio::any_io_executor& executor, steady_time give_up);
    std::vector<arrival> rows;
    std::vector<std::optional<result<receipt>>> answers;
    std::size_t bytes = 0;
    steady_time give_up;
    asio::steady_timer done; // its expiry is give_up; cancelled when all answers are there
  };

  std::shared_ptr<batch> open_batch(std::size_t bytes);
  task<void> keep(std::shared_ptr<batch> b);
  task<result<void>> keep_range(std::shared_ptr<batch> b, range rows);
  task<result<void>> isolate(std::shared_ptr<batch> b, std::size_t row, std::string why);
  void hand_over(const batch& b, range rows, const std::vector<receipt>& receipts, bool held,
                 std::vector<repeat>& again);

  asio::any_io_executor executor_;
  database& db_;
  applier& next_;
  measures& counts_;
  limits limits_;
  std::deque<std::shared_ptr<batch>> queue_; // the last one is still open
  std::vector<std::unique_ptr<runtime::wakeup>> idle_;
  std::size_t queued_rows_ = 0;
  std::size_t queued_bytes_ = 0;
  bool finishing_ = false;
};

} // namespace suivi::receiver
