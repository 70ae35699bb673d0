// A courier behind a real socket for as long as a coroutine of a test runs.
#pragma once

#include "common/http/client/client.hpp"
#include "common/http/server/server.hpp"
#include "common/runtime/task_group.hpp"
#include "common/shop/accounts.hpp"
#include "tests/support/run.hpp"

#include <fmt/format.h>
#include <functional>
#include <stdexcept>

namespace suivi::test {

using courier_answer = std::function<http::response(const http::request&)>;
// Given an account of that courier and a client.
using beside = std::function<task<void>(shop::account who, http::client& client)>;

inline task<void> serve_beside(courier_answer answer, beside body) {
  auto executor = co_await asio::this_coro::executor;
  http::handler handler = [&answer](http::request request) -> task<http::response> {
    http::response r = answer(request);
    co_return r;
  };
  http::server server(executor, http::server_limits{}, handler);
  auto listening = server.listen("127.0.0.1:0");
  if (!listening) throw std::runtime_error(to_string(listening.error()));
  runtime::task_group serving(executor);
  serving.spawn("courier", server.run());
  http::client client(executor, http::client_limits{});
  shop::account who;
  who.id = who.name = "acc-1";
  who.courier.base_url = fmt::format("http://127.0.0.1:{}", server.port());
  who.courier.api_key = secret("example-key-1");
  std::exception_ptr failed;
  try {
    co_await body(who, client);
  } catch (...) {
    failed = std::current_exception();
  }
  client.close();
  server.drain(milliseconds(100));
  co_await serving.join();
  if (failed) std::rethrow_exception(failed);
}

inline void run_beside(courier_answer answer, beside body) {
  auto all = [&]() -> task<void> { return serve_beside(answer, body); };
  run(all);
}

} // namespace suivi::test
