// Waits for a stop signal or a failure, whichever comes first.
#include "common/runtime/lifetime.hpp"

#include "common/runtime/signals.hpp"

namespace suivi::runtime {

lifetime::lifetime(asio::any_io_executor executor) : wanted_(std::move(executor)) {}

std::function<void()> lifetime::on_failure() {
  return [this] {
    failed_ = true;
    wanted_.notify();
  };
}

task<void> lifetime::watch_signals() {
  co_await stop_requested();
  wanted_.notify();
}

task<void> lifetime::end_wanted() {
  co_await wanted_.wait();
}

} // namespace suivi::runtime
