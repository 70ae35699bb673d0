// A timer that is canceled by notify().
#include "common/runtime/wakeup.hpp"

namespace suivi::runtime {

wakeup::wakeup(asio::any_io_executor executor) : timer_(std::move(executor)) {}

void wakeup::notify() {
  notified_ = true;
  timer_.cancel();
}

task<void> wakeup::wait() {
  co_await wait_until(steady_time::max());
}

task<bool> wakeup::wait_until(steady_time when) {
  // Loops, for a timer's cancel() may also come from an earlier notify() whose completion is still queued.
  while (!notified_ && std::chrono::steady_clock::now() < when) {
    timer_.expires_at(when);
    boost::system::error_code ended;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }
  bool was_notified = notified_;
  notified_ = false;
  co_return was_notified;
}

} // namespace suivi::runtime
