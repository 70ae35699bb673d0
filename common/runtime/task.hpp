// The coroutine type of the whole project, and waiting.
//
// Everything of a process runs on one io_context and one thread, so coroutines need no locks; what blocks
// (fsync, getaddrinfo) has a thread of its own behind an asynchronous face. House rule: `co_await` stands
// alone on its line, with named operands.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace suivi {

namespace asio = boost::asio;

template <class T>
using task = asio::awaitable<T>;

namespace runtime {

// Ends early, by boost::system::system_error(operation_aborted), only when the coroutine is canceled.
inline task<void> sleep_until(steady_time when) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, when);
  co_await timer.async_wait(asio::use_awaitable);
}

inline task<void> sleep_for(std::chrono::milliseconds duration) {
  return sleep_until(steady_now() + duration);
}

} // namespace runtime
} // namespace suivi
