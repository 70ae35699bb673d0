// Sends webhooks, each by a coroutine of its own.
#include "tests/soak/pulse.hpp"

#include "common/http/client/client.hpp"
#include "common/runtime/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace suivi::soak {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

pulse::pulse(std::string url, ledger::book& pages, int per_second)
    : url_(std::move(url)), pages_(pages), per_second_(per_second), thread_([this] { work(); }) {}

pulse::~pulse() {
  stop();
}

void pulse::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<double> pulse::take_latencies() {
  std::lock_guard lock(guard_);
  return std::exchange(latencies_, {});
}

void pulse::work() {
  asio::io_context io(1);
  runtime::task_group root(io.get_executor());
  root.spawn("beat", beat());
  io.run();
}

task<void> pulse::beat() {
  auto executor = co_await asio::this_coro::executor;
  http::client client(executor, http::client_limits());
  runtime::task_group pushes(executor);
  std::minstd_rand random(1);
  for (auto due = steady_clock::now(); !stopping_; due += 1'000'000us / per_second_) {
    co_await runtime::sleep_until(due);
    pushes.spawn("push", push(client, pages_.compose(random)));
  }
  co_await pushes.join();
  client.close();
}

task<void> pulse::push(http::client& client, ledger::message message) {
  http::client_request request;
  request.method = "POST";
  request.url = url_;
  request.body = message.body;
  auto begun = steady_clock::now();
  auto got = co_await client.send(request, begun + 10s);
  std::chrono::duration<double, std::milli> took = steady_clock::now() - begun;
  if (!got || (got->status != 200 && got->status != 202)) {
    ++failures_;
    co_return;
  }
  auto outcome = boost::json::parse(got->body).at("outcome").as_string();
  pages_.acknowledge(message.number, {std::string(outcome), std::nullopt});
  std::lock_guard lock(guard_);
  latencies_.push_back(took.count());
}

} // namespace suivi::soak
