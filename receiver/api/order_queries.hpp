// What operators ask of everything but the inbox: an order with its parcels and its timeline, sweeps,
// accounts, the reconciler. The second of the two files with the operations API's SQL.
#pragma once

#include "common/pg/connection.hpp"
#include "receiver/api/parameters.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

struct order_record {
  boost::json::object order; // the shop's shipping columns
  boost::json::array parcels;
  boost::json::array changes; // oldest first; the newest 10,000
};
task<result<std::optional<order_record>>> read_order(pg::connection& db, std::string reference);

// Reports as the reconciler prints them (contract § 5), with `running`, newest first.
task<result<std::vector<boost::json::object>>> read_sweeps(pg::connection& db, std::int64_t limit);
// Also one that was asked for and has not begun.
task<result<std::optional<boost::json::object>>> read_sweep(pg::connection& db, std::int64_t id);

struct asked_sweep {
  enum class answer { asked, running, no_reconciler };
  answer result = answer::no_reconciler;
  std::vector<std::int64_t> ids; // of the new ones, or of the one that runs
  std::string account;           // of the one that runs
};
task<result<asked_sweep>> ask_for_sweeps(pg::connection& db, std::vector<std::string> accounts,
                                         std::string kind);

struct scheduler_seen {
  bool there = false; // seen within 30 seconds
  std::optional<instant> started_at, stopped_at;
  std::int64_t sweeping = 0;
  std::optional<instant> last_start;
  std::optional<boost::json::object> last_finished; // the report, with `finishedAt`
};
task<result<scheduler_seen>> read_scheduler(pg::connection& db);

// By id: the rows of suivi.account, and of shipping_accounts without credentials, under their columns' names.
struct account_record {
  boost::json::object known;
  boost::json::object shop;
};
task<result<std::vector<std::pair<std::string, account_record>>>> read_accounts(pg::connection& db);
// Writes the shop's columns of the last test (`problem`: none if it connected) and answers the company's
// name; nullopt where the shop's tables have no such account.
task<result<std::optional<std::string>>> note_account_test(pg::connection& db, std::string id, instant at,
                                                           std::optional<std::string> problem);

// For the stream, like those of events.
task<result<std::int64_t>> last_change_number(pg::connection& db);
struct change_seen {
  std::int64_t number = 0;
  boost::json::object data;
};
task<result<std::vector<change_seen>>> changes_after(pg::connection& db, std::int64_t after,
                                                     std::vector<std::int64_t> known, std::int64_t most);

} // namespace suivi::receiver
