// Book-keeping of running coroutines; the completion handler of each removes its entry.
#include "common/runtime/task_group.hpp"

#include "common/log/log.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <exception>

namespace suivi::runtime {

task_group::task_group(asio::any_io_executor executor, failure_listener on_failure)
    : executor_(executor), on_failure_(std::move(on_failure)), ended_(std::move(executor)) {}

task_group::~task_group() {
  if (!running_.empty()) {
    log::error("a task group was destroyed while its coroutines ran", {{"first", running_.front().name}});
    std::abort();
  }
}

// A coroutine that is canceled between its spawning and its first step, or by itself before it has ever
// waited, would throw out of the context's run(): Asio looks at its state once more at its end.
task<void> task_group::begin(entry& own, task<void> body) {
  own.has_begun = true;
  if (own.is_canceled) co_return;
  std::exception_ptr thrown;
  try {
    co_await std::move(body);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (thrown) std::rethrow_exception(thrown);
}

void task_group::spawn(std::string name, task<void> body) {
  auto self = running_.emplace(running_.end());
  self->name = std::move(name);
  auto finish = [this, self](std::exception_ptr thrown) {
    if (thrown) {
      try {
        std::rethrow_exception(thrown);
      } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::operation_aborted) note_failure(*self, e.what(), thrown);
      } catch (const std::exception& e) {
        note_failure(*self, e.what(), thrown);
      } catch (...) {
        note_failure(*self, "unknown exception", thrown);
      }
    }
    running_.erase(self);
    if (running_.empty()) ended_.cancel();
  };
  asio::co_spawn(executor_, begin(*self, std::move(body)),
                 asio::bind_cancellation_slot(self->signal.slot(), std::move(finish)));
}

void task_group::note_failure(const entry& of, std::string_view message, std::exception_ptr thrown) {
  log::error("a coroutine failed", {{"coroutine", of.name}, {"error", message}});
  if (on_failure_)
    on_failure_();
  else if (!failure_)
    failure_ = std::move(thrown);
}

void task_group::cancel() {
  // emit() may run completion handlers that erase entries: step first.
  for (auto it = running_.begin(); it != running_.end();) {
    auto current = it++;
    if (current->has_begun)
      current->signal.emit(asio::cancellation_type::terminal);
    else
      current->is_canceled = true;
  }
}

task<void> task_group::wait_until(steady_time deadline) {
  ended_.expires_at(deadline);
  boost::system::error_code ignored;
  co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

task<void> task_group::join() {
  bool canceled = false;
  while (!running_.empty()) {
    co_await wait_until(steady_time::max());
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none) continue;
    // The waiter is to end: so are its coroutines, and it may not leave before them.
    canceled = true;
    cancel();
    co_await asio::this_coro::reset_cancellation_state();
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (canceled) throw boost::system::system_error(asio::error::operation_aborted);
}

task<bool> task_group::join_until(steady_time deadline) {
  while (!running_.empty() && std::chrono::steady_clock::now() < deadline) {
    co_await wait_until(deadline);
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_await join();
  }
  if (!running_.empty()) co_return false;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  co_return true;
}

} // namespace suivi::runtime
