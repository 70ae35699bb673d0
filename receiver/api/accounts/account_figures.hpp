// What an account's panel shows beside its state: coverage, webhooks, pace, and what is due next. Reads only,
// and nothing that grows with the number of orders or events.
#pragma once

#include "common/pg/connection.hpp"

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

namespace suivi::receiver {

// By account, for each of those, whether anything is known of it yet or not: the members coverage, untracked,
// webhooks, pace, nextFull, nextIncremental and hooksWanted. `only_account`: the shop's only one, or empty;
// webhooks whose address names no account are its own.
task<result<std::map<std::string, boost::json::object>>>
read_account_figures(pg::connection& db, std::vector<std::string> accounts, std::string only_account);

} // namespace suivi::receiver
