// The facts of common/verdict that the database tells. Reads only, and nothing that grows with the number of
// orders or events: what would is taken from the last sample.
#pragma once

#include "common/courier_list/parts.hpp"
#include "common/pg/connection.hpp"
#include "common/verdict/problems.hpp"

#include <string>
#include <vector>

namespace suivi::shop {

struct known_account {
  std::string id, name;
  bool has_key = true;
  courier_kind courier = default_courier;
};

// `accounts`: the active ones. What the database does not tell (the spool, the database's own absence) is
// left at its default.
task<result<suivi::verdict::facts>> read_problem_facts(pg::connection& db,
                                                       std::vector<known_account> accounts);

} // namespace suivi::shop
