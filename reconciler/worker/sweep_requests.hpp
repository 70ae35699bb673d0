// Sweeps that operators ask for (suivi.sweep_request), begun within a second, each on its own so that none
// waits for another account's; and the worker's sign of life, without which nobody can ask.
//
// A request is fulfilled by whichever sweep of its account begins next, here or elsewhere: that one takes its
// id. Where that sweep is killed or stopped, another one is begun for the same request.
#pragma once

#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"
#include "reconciler/services/services.hpp"
#include "reconciler/sweep/sweep_group.hpp"

#include <functional>
#include <list>
#include <string>

namespace suivi::reconciler {

struct sweep_request {
  std::string account;
  std::string kind;
};

// Says that `owner` is alive, and by which schedule it sweeps; answers what nobody has begun yet.
task<result<std::vector<sweep_request>>> show_life(pg::connection& db, std::string owner,
                                                   const config::settings& s, bool first);
task<result<void>> remove_worker(pg::connection& db, std::string owner);
// It cannot be fulfilled.
task<result<void>> forget_request(pg::connection& db, std::string account);

class sweep_request_poller {
 public:
  // `on_failure`: of a coroutine here, see task_group.
  sweep_request_poller(services& p, std::function<void(const shop::sweep_report&)> on_report,
                       std::function<void()> on_failure = {});

  // Until stop(); returns when every sweep begun here has ended.
  task<void> run();
  // Ends what is under way.
  void stop();
  // … of accounts that are not as they were (sweep_group).
  void stop_changed(std::span<const shop::account> in_force);

 private:
  struct requested_sweep {
    requested_sweep(services& p, sweep_request request)
        : account(std::move(request.account)), kind(std::move(request.kind)),
          round(p.executor, p.database, p.client, p.owner) {}
    std::string account, kind;
    sweep_group round;
    bool ended = false;
  };

  task<void> poll();
  task<void> serve(requested_sweep& v);
  task<void> leave();

  services& p_;
  std::function<void(const shop::sweep_report&)> on_report_;
  runtime::wakeup wake_;
  runtime::task_group sweeps_;
  std::list<requested_sweep> visits_;
  bool stopping_ = false;
  bool first_ = true;
};

} // namespace suivi::reconciler
