// When a process has to end, and with which status: an operator's signal ends it well, a lane that has failed
// does not.
//
// A program whose lane is gone would go on as if nothing were missing; so it ends, in order, and whoever
// looks after it starts it again. What was acknowledged is durable.
#pragma once

#include "common/runtime/wakeup.hpp"

#include <functional>

namespace suivi::runtime {

class lifetime {
 public:
  explicit lifetime(asio::any_io_executor executor);

  // What the task groups of lanes are given: a coroutine of theirs that fails ends the process. Outlived by
  // this object.
  [[nodiscard]] std::function<void()> on_failure();
  // A lane of its own: returns at the first SIGTERM or SIGINT; a second one ends the process at once.
  task<void> watch_signals();
  // Returns once there was a signal or a failure. One waiter.
  task<void> end_wanted();
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  wakeup wanted_;
  bool failed_ = false;
};

} // namespace suivi::runtime
