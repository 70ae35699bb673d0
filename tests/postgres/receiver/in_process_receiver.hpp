// The receiver without its server, against a real database and shop, for a test to look into.
#pragma once

#include "common/http/client/client.hpp"
#include "common/maystro/envelope.hpp"
#include "common/runtime/task_group.hpp"
#include "receiver/apply/pollers.hpp"
#include "receiver/intake/intake.hpp"
#include "receiver/intake/spool_drain.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/sanitized.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <set>

namespace suivi::receiver {

using namespace std::chrono_literals;

inline webhook order(int n, int status = 31) {
  auto text = std::to_string(n);
  webhook a;
  a.received_at = suivi::now();
  a.raw = R"({"event":"x","payload":{"id":"u)" + text + R"(","status":)" + std::to_string(status) +
          R"(,"external_order_id":"R)" + text + "\"}}";
  a.event = maystro::decode(a.raw);
  a.key = choose_key(a.raw, a.event);
  return a;
}

// The receiver without its server; runs on the test's thread until the test's own coroutine has ended.
struct receiver_inside {
  explicit receiver_inside(const test::database& db, intake::limits within = {})
      : where(db), watched(io.get_executor(), db.options(), 4), client(io.get_executor(), {}),
        accounts(watched, client, settings), events(io.get_executor(), watched, accounts, counts, {}, "me"),
        again(io.get_executor(), watched, events), spooling(io.get_executor(), {.folder = folder.path()}),
        in(io.get_executor(), watched, spooling, events, counts, within),
        drain(io.get_executor(), watched, in, spooling, counts), endless(io.get_executor()),
        lanes(io.get_executor()), own(io.get_executor()) {
    test::a_shop(db, 100);
  }

  // The lanes are stopped in whatever they are doing when `body` has ended, as a process is: once for each
  // test.
  void run(task<void> body) {
    own.spawn("test", begin_and_end(std::move(body)));
    io.restart();
    io.run_for(180s * test::slowness);
    REQUIRE(own.size() == 0);
    REQUIRE(endless.size() == 0);
  }

  task<void> begin_and_end(task<void> body) {
    endless.spawn("watch", watched.run([this] { drain.hurry(); }, [this] { in.divert_to_spool(); }));
    endless.spawn("drain", drain.run());
    endless.spawn("accounts", accounts.run());
    endless.spawn("orphans", again.claim_orphans());
    endless.spawn("in", in.run_lane(0));
    endless.spawn("apply", events.run());
    endless.spawn("apply beside", events.run_beside());
    while (!watched.is_up()) co_await runtime::sleep_for(10ms);
    co_await std::move(body);
    endless.cancel();
    co_await endless.join();
  }

  task<void> store_one(webhook row, result<receipt>& answer) {
    auto kept = co_await in.store(std::move(row));
    answer = std::move(kept);
  }
  // Side by side.
  task<std::vector<result<receipt>>> store(std::vector<webhook> rows) {
    std::vector<result<receipt>> answers(rows.size(), transient("test:none", ""));
    for (std::size_t i = 0; i < rows.size(); ++i)
      lanes.spawn("store", store_one(std::move(rows[i]), answers[i]));
    co_await lanes.join();
    co_return answers;
  }
  // Until the question's answer is `wanted`.
  task<void> until(std::string question, std::string wanted) {
    auto give_up = std::chrono::steady_clock::now() + 30s * test::slowness;
    std::string last = where.value(question);
    for (; last != wanted && std::chrono::steady_clock::now() < give_up; last = where.value(question))
      co_await runtime::sleep_for(20ms);
    CHECK(last == wanted); // not asked again: what follows by itself may be under way by then
  }

  const test::database& where;
  asio::io_context io{1};
  config::settings settings;
  metrics::registry series;
  receiver_metrics counts{series};
  database_monitor watched;
  http::client client;
  account_registry accounts;
  apply_lane events;
  pollers again;
  test::folder folder;
  spool spooling;
  intake in;
  spool_drain drain;
  runtime::task_group endless;
  runtime::task_group lanes;
  runtime::task_group own;
};

inline constexpr const char* nothing_pending = "select count(*) from suivi.waiting_event";

} // namespace suivi::receiver
