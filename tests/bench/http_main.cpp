// bench-http: the project's own HTTP server with a handler that answers at once. What it serves a second is
// what a receiver without any database could. `bench-http PORT_FILE` until SIGTERM.
#include "common/http/server/server.hpp"
#include "common/runtime/signals.hpp"
#include "common/runtime/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <fstream>

namespace suivi::bench {
namespace {

task<http::response> answer(http::request) {
  http::response kept;
  kept.body = R"({"success":true,"id":"1234567","outcome":"stored"})";
  co_return kept;
}

task<void> serve(http::server& server) {
  auto executor = co_await asio::this_coro::executor;
  runtime::task_group group(executor);
  group.spawn("server", server.run());
  co_await runtime::stop_requested();
  server.drain(seconds(1));
  co_await group.join();
}

} // namespace
} // namespace suivi::bench

int main(int argc, char** argv) {
  using namespace suivi;
  if (argc != 2) {
    std::fputs("usage: bench-http PORT_FILE\n", stderr);
    return 2;
  }
  runtime::raise_open_file_limit();
  asio::io_context context(1);
  http::server server(context.get_executor(), {}, bench::answer);
  if (auto bound = server.listen("127.0.0.1:0"); !bound) {
    std::fprintf(stderr, "bench-http: %s\n", to_string(bound.error()).c_str());
    return 1;
  }
  std::ofstream(argv[1]) << server.port() << '\n';
  asio::co_spawn(context, bench::serve(server), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  context.run();
  return 0;
}
