// What Suivi and the shop know of the accounts.
#pragma once

#include "common/pg/connection.hpp"

#include <boost/json/object.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

// By id: the rows of suivi.account, and of shipping_accounts without credentials, under their columns' names.
struct account_record {
  boost::json::object known;
  boost::json::object shop;
};
using account_records = std::map<std::string, account_record, std::less<>>;
task<result<account_records>> read_accounts(pg::connection& db, std::string only_account);
// So many accounts are read or written at a stretch, then others are served.
inline constexpr std::size_t accounts_at_a_stretch = 200;

// Writes the shop's columns of the last test (`problem`: none if it connected) and answers the company's
// name; nullopt where the shop's tables have no such account.
task<result<std::optional<std::string>>> note_account_test(pg::connection& db, std::string id, instant at,
                                                           std::optional<std::string> problem);

// What a test of the account's key found, for the problems: it is refused since now or before, or it is not.
task<result<void>> note_key(pg::connection& db, std::string id, bool refused,
                            std::optional<std::int64_t> latency_ms);
// Accounts whose key was refused.
task<result<std::vector<std::string>>> refused_keys(pg::connection& db);

// Asks the reconciler to register the account's hooks. False: none was seen for 30 seconds.
task<result<bool>> ask_for_hooks(pg::connection& db, std::string id, std::string name);
struct hooks_state {
  bool served = false; // what was asked for has been done
  std::vector<std::string> wanted, registered;
  std::optional<std::string> problem;
};
task<result<hooks_state>> read_hooks(pg::connection& db, std::string id);

} // namespace suivi::receiver
