// Puts the simulator together and lets its parcels move.
#include "tests/maystro_sim/simulator.hpp"

#include "tests/maystro_sim/control.hpp"
#include "tests/maystro_sim/courier/faults.hpp"

namespace suivi::sim {
namespace {

constexpr milliseconds tick{10};
constexpr milliseconds grace{2'000};

http::server_limits server_limits_of() {
  http::server_limits limits;
  limits.max_body_bytes = 1024 * 1024;
  limits.write_timeout = milliseconds(60'000); // the truth of a million orders is long
  return limits;
}

} // namespace

simulator::simulator(asio::any_io_executor executor, world_shape shape, std::vector<client_account> accounts,
                     settings begin, std::optional<move_log> moves)
    : moves_(std::move(moves)), courier_(std::move(shape), std::move(accounts), std::move(begin)),
      chance_(hash({courier_.all.shape().first.seed, 801})),
      pusher_(executor, courier_, courier_.all.shape().first.seed),
      server_(executor, server_limits_of(),
              [this](http::request request) { return answer(std::move(request)); }),
      stop_(executor), work_(executor) {
  if (!moves_) return;
  for (const moves_at& one : moves_->moves())
    for (std::uint64_t i = 0; i < one.count; ++i) courier_.all.move_one(one.when);
}

result<void> simulator::listen(std::string_view address_and_port) {
  return server_.listen(address_and_port);
}

task<void> simulator::run() {
  work_.spawn("serve", server_.run());
  work_.spawn("push", pusher_.run());
  co_await keep_moving();
  pusher_.stop();
  server_.drain(grace);
  co_await work_.join();
}

void simulator::stop() {
  stopping_ = true;
  stop_.notify();
}

task<void> simulator::keep_moving() {
  auto last = std::chrono::steady_clock::now();
  while (!stopping_) {
    co_await stop_.wait_until(last + tick);
    const auto here = std::chrono::steady_clock::now();
    if (courier_.set.moving) {
      const auto before = courier_.changes;
      const instant when = now() + milliseconds(courier_.set.clock_skew_ms);
      courier_.move(here - last, when);
      if (moves_ && courier_.changes > before) moves_->append({when, courier_.changes - before});
      spread_news();
    }
    last = here;
  }
}

void simulator::spread_news() {
  for (const auto& one : courier_.take_news()) pusher_.announce(one);
  for (const auto account : std::exchange(courier_.test_requests, {})) pusher_.announce_test(account);
}

task<http::response> simulator::answer(http::request request) {
  if (request.target.starts_with("/control/")) {
    auto response = control(courier_, pusher_, request, now() + milliseconds(courier_.set.clock_skew_ms));
    spread_news();
    co_return response;
  }
  // The answer shows a state between the request's arrival and its own departure: half of the latency before
  // it is made, half after.
  auto wait = courier_.set.latency_ms;
  if (courier_.set.jitter_ms > 0)
    wait += static_cast<std::int64_t>(chance_.below(static_cast<std::uint64_t>(courier_.set.jitter_ms) + 1));
  const milliseconds before(wait / 2);
  const milliseconds after(wait - wait / 2);
  if (before.count() > 0) {
    co_await runtime::sleep_for(before);
  }
  auto reply = courier_.answer(request, now() + milliseconds(courier_.set.clock_skew_ms), chance_);
  spread_news();
  if (after.count() > 0) {
    co_await runtime::sleep_for(after);
  }
  if (reply.status != 0)
    reply.headers.emplace_back("Date", http_date(now() + milliseconds(courier_.set.clock_skew_ms)));
  co_return reply;
}

} // namespace suivi::sim
