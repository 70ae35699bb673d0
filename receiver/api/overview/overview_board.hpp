// The state of the shop as far as it was looked at last: for the overview, the list of problems, the stream
// and the metrics. Looks again where the last look is older than a moment; while the database is away the
// last figures stay, and the problem is added.
#pragma once

#include "common/config/settings.hpp"
#include "common/pg/pool.hpp"
#include "common/shop/problems/problem_facts.hpp"
#include "receiver/api/overview/overview_json.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/spool/spool.hpp"

namespace suivi::receiver {

// A shop whose state is dear to read is read more seldom: a fifth of the time at most goes into it.
[[nodiscard]] milliseconds overview_good_for(milliseconds reading_took);

class overview_board {
 public:
  overview_board(const config::settings& s, database_monitor& db, account_registry& accounts,
                 pg::pool& connections, const spool& instead);

  // Never fails for want of the database; an error is a permanent one.
  task<result<overview>> latest();
  // What was looked at last, with what is known without the database as of now.
  [[nodiscard]] overview last() const;

  // Notes since when the database is away; ends by cancellation only.
  task<void> watch();

 private:
  task<result<overview>> read();
  task<result<overview>> read_from(pg::connection& db, std::vector<shop::known_account> accounts,
                                   std::vector<std::string> ids);
  void note_programs();

  const config::settings& settings_;
  database_monitor& db_;
  account_registry& accounts_;
  pg::pool& connections_;
  const spool& spool_;
  overview last_;
  steady_time read_at_{};
  milliseconds took_{0}; // the last read
  steady_time begun_;
  std::optional<instant> away_since_, spool_unusable_since_, clocks_apart_since_;
};

} // namespace suivi::receiver
