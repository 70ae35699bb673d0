// The quotas of couriers that have some, kept in the database for all programs together
// (0015_courier_limits.sql).
#pragma once

#include "common/courier/courier_api.hpp"
#include "common/pg/pool.hpp"

#include <array>
#include <map>
#include <string>

namespace suivi::shop {

// A courier's quotas. A short wait is waited out inside admit(); a longer one is an answer,
// "courier:throttled" with the time to come again. While the database is away nothing is admitted.
class request_quota final : public courier::request_gate {
 public:
  // `writes_nothing`: what is left is looked at, and the own requests are counted here alone; other programs
  // learn of them from the courier's next answer.
  explicit request_quota(pg::pool& database, bool writes_nothing = false)
      : database_(database), writes_nothing_(writes_nothing) {}

  task<std::optional<refusal>> admit(std::string account, courier::request_limits limits,
                                     bool single) override;
  task<void> note(std::string account, courier::request_limits limits, quota_answer answer) override;

 private:
  // Of the present second, minute, hour and day.
  struct own_window {
    instant start;
    std::int64_t taken = 0;
    std::optional<std::int64_t> reported; // what the courier said is left, less what was taken since
  };
  using own_windows = std::array<own_window, 4>;
  static milliseconds take_here(own_windows& own, const pg::rows& windows);

  pg::pool& database_;
  bool writes_nothing_;
  std::map<std::string, own_windows> own_; // by account
};

} // namespace suivi::shop
