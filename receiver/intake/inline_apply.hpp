// Webhooks applied in the very transaction that stores them, which is the cheaper way by far.
//
// Not where that would delay their answers: while the apply lane has more due than it can take, or for a
// while after it failed or took long. What it cannot settle is pending afterwards, and handed to the apply
// lane.
#pragma once

#include "receiver/apply/apply_lane.hpp"
#include "receiver/inbox/ingest.hpp"
#include "receiver/services/account_registry.hpp"

#include <span>
#include <vector>

namespace suivi::receiver {

class inline_apply {
 public:
  inline_apply(account_registry& accounts, apply_lane& lane, shop::door_options door)
      : accounts_(accounts), lane_(lane), door_(door) {}

  // Whether so many rows may be applied in this way now.
  [[nodiscard]] bool is_allowed(std::size_t rows) const;
  // On an error nothing is stored, unless its kind is in_doubt; the connection is outside a transaction, or
  // dead.
  task<result<std::vector<receipt>>> store(pg::connection& db, std::span<const webhook> rows);

 private:
  task<result<std::vector<receipt>>> try_store(pg::connection& db, std::span<const webhook> rows);

  account_registry& accounts_;
  apply_lane& lane_;
  shop::door_options door_;
  steady_time retry_at_{};
  int failures_ = 0; // in a row
};

} // namespace suivi::receiver
