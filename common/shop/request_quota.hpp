// The quotas of couriers that have some, kept in the database for all programs together
// (0015_courier_limits.sql).
#pragma once

#include "common/courier/courier_api.hpp"
#include "common/pg/pool.hpp"

namespace suivi::shop {

// A courier's quotas. A short wait is waited out inside admit(); a longer one is an answer,
// "courier:throttled" with the time to come again. While the database is away nothing is admitted.
class request_quota final : public courier::request_gate {
 public:
  explicit request_quota(pg::pool& database) : database_(database) {}

  task<std::optional<refusal>> admit(std::string account, courier::request_limits limits,
                                     bool single) override;
  task<void> note(std::string account, courier::request_limits limits, quota_answer answer) override;

 private:
  pg::pool& database_;
};

} // namespace suivi::shop
