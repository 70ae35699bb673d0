// Structured concurrency: the owner of coroutines that run side by side.
//
// Every coroutine that is not awaited directly belongs to a group; there is no detached work. Stopping has
// two phases: the owner asks its parts to finish what they have begun, then cancel() ends what is left;
// join() returning is the proof that all of them ended. Single-threaded.
#pragma once

#include "common/runtime/task.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <functional>
#include <list>
#include <string>

namespace suivi::runtime {

class task_group {
 public:
  // Told at once that a coroutine of the group has failed.
  using failure_listener = std::function<void()>;

  explicit task_group(asio::any_io_executor executor, failure_listener on_failure = {});
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;
  // All coroutines must have ended: join() first. Checked.
  ~task_group();

  // `name` is for the log, where an exception other than cancellation ends the coroutine; such an exception
  // is a programmer's error: it is logged, and thrown by join(), or, where the group has one, the listener is
  // told instead.
  void spawn(std::string name, task<void> body);
  // Asks every running coroutine to end at its next wait (terminal cancellation); what has not begun does not
  // begin. May be repeated.
  void cancel();
  // Returns when every coroutine has ended. One waiter at a time. A waiter that is itself canceled cancels
  // the group, still waits for its end, and then ends by operation_aborted.
  task<void> join();
  // The same, but false if `deadline` came first; the coroutines go on then.
  task<bool> join_until(steady_time deadline);

  [[nodiscard]] std::size_t size() const { return running_.size(); }
  [[nodiscard]] asio::any_io_executor executor() const { return executor_; }

 private:
  struct entry {
    std::string name;
    asio::cancellation_signal signal;
    bool has_begun = false;
    bool is_canceled = false; // before it began
  };

  static task<void> begin(entry& own, task<void> body);
  void note_failure(const entry& of, std::string_view message, std::exception_ptr thrown);
  task<void> wait_until(steady_time deadline);

  asio::any_io_executor executor_;
  failure_listener on_failure_;
  std::list<entry> running_;
  asio::steady_timer ended_;
  std::exception_ptr failure_;
};

} // namespace suivi::runtime
