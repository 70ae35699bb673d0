// Which parcels `verify --sample` reads: of orders drawn by chance. Reads only.
#pragma once

#include "common/decision/observation.hpp"
#include "common/pg/connection.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace suivi::reconciler {

// Draws from all orders of the accounts that have a tracking number or a courier id, whether a parcel is
// known here or not: what the shop had before Suivi came counts as well. Orders without account are asked for
// under each of the accounts where `adopt_unassigned`, and under the account that adopted them in any case.
struct sample_question {
  std::vector<std::string> accounts;
  std::vector<std::string> by_number; // of these, whose courier is asked by tracking number alone
  std::int64_t orders_max = 0;
  bool adopt_unassigned = true;
};

// By account. An order's parcels, else its courier id (of `by_number` its tracking number), else its
// reference.
task<result<std::map<std::string, std::vector<shop::wanted_read>>>> draw_sample(pg::connection& db,
                                                                                sample_question which);

} // namespace suivi::reconciler
