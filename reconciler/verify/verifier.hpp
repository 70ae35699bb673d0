// One account's courier read for a comparison: its whole list, or single parcels. Differences are read a
// second time before they are told, for between the courier's answer and the look at the order a webhook may
// have come.
//
// Writes nothing. One call of read_list() or read_singly() for each object.
#pragma once

#include "common/pg/pool.hpp"
#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"
#include "common/shop/accounts.hpp"
#include "reconciler/pace/courier_options.hpp"
#include "reconciler/pace/paced_courier.hpp"
#include "reconciler/plan/list_plan.hpp"
#include "reconciler/verify/compare/comparison.hpp"

#include <map>
#include <string>

namespace suivi::reconciler {

struct verify_options : courier_options {
  bool adopt_unassigned = true; // orders without account are compared too
};

[[nodiscard]] verify_options verify_options_of(const config::settings& settings);

class verifier {
 public:
  verifier(asio::any_io_executor executor, pg::pool& database, http::client& client,
           const shop::account& account, verify_options options);

  task<void> read_list();
  task<void> read_singly(std::vector<shop::wanted_read> wanted);
  // Afterwards: settles what may be no difference, and says where orders may have been hidden.
  task<void> confirm();

  [[nodiscard]] const comparison& found() const { return found_; }
  [[nodiscard]] std::int64_t unreadable() const { return unreadable_; }
  [[nodiscard]] const std::string& why_not_all() const { return why_not_all_; } // empty: all was read
  [[nodiscard]] const std::optional<error>& failed() const { return failed_; }  // the database

  struct progress {
    std::int64_t done = 0;
    std::optional<std::int64_t> of;
  };
  [[nodiscard]] progress how_far() const;

 private:
  task<void> heed_pause();
  task<void> read_policies();
  task<void> plan_numbers();
  task<void> fetch(int page);
  void note_unreadable(int page, const std::string& why);
  task<void> read_one(shop::wanted_read wanted, comparison& into, bool counts);
  task<void> compare(std::vector<shop::observation> rows, comparison& into);
  task<void> read_all(std::vector<shop::wanted_read> wanted, comparison& into, bool counts);

  pg::pool& database_;
  shop::account account_;
  verify_options options_;
  paced_courier courier_;
  list_plan plan_{page_plan(0)};
  std::map<std::string, std::string> orders_by_number_; // references, where the courier tells none
  comparison found_;
  runtime::wakeup wake_;
  runtime::task_group fetchers_;
  int in_flight_ = 0;
  std::int64_t rows_read_ = 0, single_reads_ = 0, single_wanted_ = 0, unreadable_ = 0;
  std::string why_not_all_;
  read_failures failures_;
  std::optional<error> failed_;
};

} // namespace suivi::reconciler
