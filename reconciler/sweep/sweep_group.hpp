// Sweeps of several accounts side by side: one's failure is never another's. An account whose lease somebody
// else holds is waited for, or passed over.
#pragma once

#include "reconciler/sweep/account_sweep.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace suivi::reconciler {

class sweep_group {
 public:
  sweep_group(asio::any_io_executor executor, pg::pool& database, http::client& client, std::string owner);

  struct outcome {
    std::vector<shop::sweep_report> reports; // in the order of the accounts
    std::vector<std::string> passed_over;    // accounts whose lease could not be had in time
    std::optional<error> failed;             // the database could not be asked for a lease
  };
  // `patience`: how long to wait for a lease; `say` is told once for each account that is waited for. May be
  // called again after it has returned.
  task<outcome> run(std::vector<shop::account> accounts, sweep_options options, milliseconds patience,
                    std::function<void(const std::string&)> say);
  // Ends what is under way and keeps later runs from starting.
  void stop();
  [[nodiscard]] bool stopped() const { return stopping_; }
  // Ends the sweeps of accounts that are not among these any more, or have another key or address there.
  void stop_changed(std::span<const shop::account> in_force);

  // Of the sweeps under way, together.
  [[nodiscard]] account_sweep::progress how_far() const;

 private:
  struct slot {
    shop::account account;
    std::unique_ptr<account_sweep> sweep;
    std::optional<shop::sweep_report> done;
    bool passed_over = false;
  };
  task<void> run_one(slot& here, sweep_options options, milliseconds patience,
                     std::function<void(const std::string&)> say);
  task<std::optional<lease>> wait_for_lease(const shop::account& account, std::optional<instant> due_since,
                                            milliseconds patience,
                                            std::function<void(const std::string&)> say);

  task<void> drop_claims(lease held, bool of_default_courier);

  asio::any_io_executor executor_;
  pg::pool& database_;
  http::client& client_;
  std::string owner_;
  std::vector<slot> slots_;
  std::optional<error> failed_;
  bool stopping_ = false;
};

} // namespace suivi::reconciler
