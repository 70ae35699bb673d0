// One coroutine waits, any number of others wake it: the single-threaded condition variable.
//
// A notification while nobody waits is kept: the next wait returns at once. Not thread-safe; from another
// thread, post to the executor first.
#pragma once

#include "common/runtime/task.hpp"

namespace suivi::runtime {

class wakeup {
 public:
  explicit wakeup(asio::any_io_executor executor);

  void notify();
  // Until the next notify(), or one that was kept.
  task<void> wait();
  // True if notified, false if `when` came first.
  task<bool> wait_until(steady_time when);

 private:
  asio::steady_timer timer_;
  bool notified_ = false;
};

} // namespace suivi::runtime
