// signal_set for the first signal, the default disposition for the second.
#include "common/runtime/signals.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <sys/resource.h>

namespace suivi::runtime {

task<void> stop_requested() {
  auto executor = co_await asio::this_coro::executor;
  asio::signal_set signals(executor, SIGTERM, SIGINT);
  co_await signals.async_wait(asio::use_awaitable);
  signals.clear(); // a second signal finds the default disposition
}

void ignore_hangup_and_broken_pipe() {
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

task<void> at_each_hangup(std::function<void()> reload) {
  auto executor = co_await asio::this_coro::executor;
  asio::signal_set signals(executor, SIGHUP);
  for (;;) {
    co_await signals.async_wait(asio::use_awaitable);
    reload();
  }
}

std::size_t raise_open_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

} // namespace suivi::runtime
