// Orders whose parcels a courier can only be asked for by tracking number, which the shop itself has.
#pragma once

#include "common/pg/connection.hpp"
#include "reconciler/store/lease.hpp"

#include <string>
#include <vector>

namespace suivi::reconciler {

struct numbered_order {
  std::string id;
  std::string reference;
  std::string number;
};

// The account's orders (never one without account) with a tracking number whose state is not final, or was
// edited by hand since; those never read first, then the longest unread. Two orders with one number, however
// it is spelled, are left out: whose it is nobody can tell. `limit`: 0 = all.
task<result<std::vector<numbered_order>>> orders_to_read(pg::connection& db, std::string account,
                                                         std::int64_t limit);

// Those that are left out: several orders bear their number. By reference, at most `limit`.
task<result<std::vector<std::string>>> orders_of_shared_numbers(pg::connection& db, std::string account,
                                                                std::int64_t limit);

// Remembers, under the term, that the courier did not know these orders' numbers.
task<result<void>> note_unanswered(pg::connection& db, lease held, std::vector<std::string> order_ids);

// In requests of at most `size` numbers.
[[nodiscard]] std::vector<std::vector<std::string>> batches_of(const std::vector<numbered_order>& orders,
                                                               std::size_t size);

} // namespace suivi::reconciler
