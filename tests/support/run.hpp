// Runs one coroutine of a test to its end on an io_context of its own.
//
// Promises: returns its value or throws what it threw; throws after a generous limit instead of hanging;
// throws if the coroutine ended but left work behind (a pending operation that leaked).
#pragma once

#include "common/runtime/task.hpp"
#include "tests/support/sanitized.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <concepts>
#include <optional>
#include <stdexcept>

namespace suivi::test {

constexpr std::chrono::seconds run_limit{180 * slowness};

namespace inside {

template <class T>
task<void> keep(task<T> body, std::optional<T>& value) {
  auto got = co_await std::move(body);
  value.emplace(std::move(got));
}

inline void run_to_end(asio::io_context& context, task<void> body) {
  bool ended = false;
  std::exception_ptr thrown;
  auto finish = [&](std::exception_ptr e) {
    ended = true;
    thrown = e;
  };
  asio::co_spawn(context, std::move(body), finish);
  context.restart();
  context.run_for(run_limit);
  if (thrown) std::rethrow_exception(thrown);
  if (!ended) throw std::runtime_error("a test's coroutine did not end within its limit");
  if (!context.stopped()) throw std::runtime_error("a test's coroutine left work behind");
}

} // namespace inside

// On a context that outlives it, for what is used by several.
template <class T>
T run(asio::io_context& context, task<T> body) {
  if constexpr (std::is_void_v<T>) {
    inside::run_to_end(context, std::move(body));
  } else {
    std::optional<T> value;
    inside::run_to_end(context, inside::keep(std::move(body), value));
    return std::move(*value);
  }
}

template <class T>
T run(task<T> body) {
  asio::io_context context;
  return run(context, std::move(body));
}

// The same for a function that returns the coroutine, typically a lambda: it is kept alive until the end.
template <std::invocable F>
auto run(F body) {
  return run(body());
}

} // namespace suivi::test
