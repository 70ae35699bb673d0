// One sweep of one account: the pages as its plan asks for them (plan/list_plan.hpp), their rows
// through the door, the doubts settled by single reads, orders looked up by reference, in an incremental
// sweep also a turn of rotation, and a report that says whether the list was read whole.
//
// Writes nothing in a dry run, the report's row included. A sweep that is killed leaves its row saying so.
// stop() ends it early, with an incomplete report and the lease freed. One run() for each object.
#pragma once

#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"
#include "common/shop/sweep_report.hpp"
#include "reconciler/plan/list_plan.hpp"
#include "reconciler/store/tracking_numbers.hpp"
#include "reconciler/sweep/listed_dates.hpp"
#include "reconciler/sweep/single_reads.hpp"
#include "reconciler/sweep/sweep_context.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace suivi::reconciler {

class account_sweep {
 public:
  // `held`: the account's lease; none in a dry run.
  account_sweep(asio::any_io_executor executor, pg::pool& database, http::client& client,
                shop::account account, sweep_options options, std::optional<lease> held);

  task<shop::sweep_report> run();
  void stop(std::string why = "stopped before its end");

  struct progress {
    std::size_t pages = 0;
    std::int64_t rows = 0;
    std::optional<std::int64_t> rows_expected;
  };
  [[nodiscard]] progress how_far() const;

 private:
  task<void> fetch(int page);
  void note_unreadable(int page, const read_result<shipment_page>& got);
  task<void> keep();
  task<void> share_pause(pg::connection& db);
  task<void> heed_pause(pg::connection& db);
  task<void> read_pages();
  task<void> plan_numbers(pg::connection& db);
  task<void> note_unknown_numbers();

  task<void> begin();
  task<void> end();
  [[nodiscard]] shop::sweep_report so_far() const;
  void judge();
  void push_rows(std::vector<shipment> rows, const courier::response_meta& meta);

  sweep_context sweep_;
  single_reads singles_;
  list_plan plan_;
  bool of_changes_ = false; // the list is of what changed since a day
  listed_dates dates_;
  std::unordered_map<std::string, numbered_order>
      unread_;             // by tracking number, where that is what is asked for
  runtime::wakeup ending_; // wakes keep()
  runtime::task_group helpers_;

  shop::sweep_report report_;
  steady_time began_;
  bool ended_ = false;
  bool lease_unkept_ = false; // lost, for the database could not be asked
  std::optional<error> not_begun_;
  std::vector<std::string> guarded_; // tables of the shop of which a policy may hide rows
  read_failures failures_;
};

} // namespace suivi::reconciler
