// One sweep of one account: the pages as its plan asks for them (plan.hpp, incremental.hpp), their rows
// through the door, the doubts settled by single reads, orders looked up by reference, in an incremental
// sweep also a turn of rotation, and a report that says whether the list was read whole.
//
// Writes nothing in a dry run, the report's row included. A sweep that is killed leaves its row saying so.
// stop() ends it early, with an incomplete report and the lease freed. One run() for each object.
#pragma once

#include "common/http/client.hpp"
#include "common/pg/pool.hpp"
#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"
#include "common/shop/accounts.hpp"
#include "reconciler/pace/paced_courier.hpp"
#include "reconciler/plan/list_plan.hpp"
#include "reconciler/store/sweep_history.hpp"
#include "reconciler/store/sweep_record.hpp"
#include "reconciler/sweep/lookups.hpp"
#include "reconciler/sweep/options.hpp"
#include "reconciler/sweep/rotation.hpp"
#include "reconciler/sweep/row_queue.hpp"
#include "reconciler/sweep/tally.hpp"

#include <optional>

namespace suivi::reconciler {

class account_sweep {
 public:
  // `held`: the account's lease; none in a dry run.
  account_sweep(asio::any_io_executor executor, pg::pool& database, http::client& client, shop::account who,
                sweep_options options, std::optional<lease> held);

  task<shop::sweep_report> run();
  void stop();

  struct progress {
    std::size_t pages = 0;
    std::int64_t rows = 0;
    std::optional<std::int64_t> rows_expected;
  };
  [[nodiscard]] progress how_far() const;

 private:
  task<void> fetch(int page);
  task<void> keep();
  task<void> read_pages();
  task<void> drain();

  // sweep_singles.cpp
  enum class single { answered, absent, failed, stopped };
  task<single> ask(shop::wanted_read wanted, shop::source as);
  task<bool> turn();
  [[nodiscard]] bool ending_early() const;
  void answered_one();
  void note_clock(const maystro::reading& how);
  task<void> settle_doubts();
  void gather_doubts();
  [[nodiscard]] instant settled_from(const shop::wanted_read& wanted) const;
  void start_due_doubts();
  task<void> settle_one(shop::wanted_read wanted);
  task<void> look_up();
  task<void> look_up_one(unfound_order order);
  task<void> rotate();
  task<void> reread_one(open_parcel parcel);

  task<void> begin();
  task<void> end();
  [[nodiscard]] shop::sweep_report so_far() const;
  void judge();
  void offer(std::vector<maystro::shipment> rows, const maystro::reading& how);

  pg::pool& database_;
  shop::account who_;
  sweep_options options_;
  std::optional<lease> held_;
  std::optional<std::int64_t> id_;

  courier courier_;
  list_plan plan_;
  tally counted_;
  runtime::wakeup wake_;   // an answer came, a slice is done, stop()
  runtime::wakeup ending_; // wakes keep()
  runtime::task_group fetchers_;
  runtime::task_group helpers_;
  feed feed_;

  shop::sweep_report report_;
  steady_time began_;
  std::size_t in_flight_ = 0; // pages and single reads being asked for
  bool stopping_ = false;
  bool ended_ = false;
  bool lease_lost_ = false;
  bool lease_unkept_ = false; // … for the database could not be asked
  std::optional<error> not_begun_;
  struct settling {
    instant begun; // of the last single read
    int reads = 0;
  };
  std::map<std::string, shop::wanted_read> doubts_; // waiting, by doubt_key
  std::map<std::string, settling> settled_;         // read, or being read
  std::size_t doubts_undone_ = 0;
  milliseconds courier_behind_{0}; // the courier's clock behind ours, as far as its answers told
  std::int64_t lookups_ = 0;
  std::vector<lookup_answer> lookup_answers_;
  std::vector<reread> rereads_;
  std::string first_failure_; // of a page, for the reason
};

} // namespace suivi::reconciler
