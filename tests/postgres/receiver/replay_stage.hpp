// A shop, an inbox and a replay, for tests; a courier behind a real socket if one is needed.
#pragma once

#include "common/http/client/client.hpp"
#include "common/http/server/server.hpp"
#include "common/maystro/envelope.hpp"
#include "common/runtime/task_group.hpp"
#include "receiver/replay/replay.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <functional>

namespace suivi::receiver {

using namespace std::chrono_literals;

inline std::string a_webhook(int n, int status) {
  auto text = std::to_string(n);
  return test::a_webhook("u" + text, status, "R" + text);
}

struct replay_stage {
  test::database db;
  instant received = suivi::now() - 1h;

  // Answers what is asked of the courier, where somebody may be asked.
  std::function<http::response(const http::request&)> courier;
  std::vector<std::string> requests; // of the courier

  replay_stage() { test::a_shop(db); }
  void orders(int from, int to) { db.execute(test::orders_sql("o", "R", from, to, "'acc-1'")); }
  // Kept as the receiver keeps them; nobody's, and due.
  void store(std::vector<std::string> bodies) {
    std::vector<webhook> rows;
    for (auto& raw : bodies) {
      webhook a;
      a.received_at = received;
      a.event = maystro::decode(raw);
      a.key = choose_key(raw, a.event);
      a.raw = std::move(raw);
      rows.push_back(std::move(a));
    }
    test::run([&]() -> task<void> {
      auto open = co_await test::connected(db.options());
      std::span<const webhook> all(rows);
      auto kept = co_await ingest(open, all, "");
      REQUIRE(kept);
    });
  }
  // As if a receiver had found no order for what is pending.
  void park() { db.execute("update suivi.pending set state = 'parked', due_at = now() + interval '1 hour'"); }

  replay_report replayed(replay_selection selection, bool dry_run = false, std::FILE* file = nullptr,
                         bool legacy = false) {
    replay_report report;
    auto whole = [&]() -> task<void> {
      auto executor = co_await asio::this_coro::executor;
      http::handler answer = [this](http::request request) -> task<http::response> {
        requests.push_back(request.target);
        co_return courier(request);
      };
      http::server server(executor, http::server_limits{}, answer);
      runtime::task_group serving(executor);
      config::settings settings;
      if (courier) {
        REQUIRE(server.listen("127.0.0.1:0"));
        serving.spawn("courier", server.run());
        settings.base_urls[index_of(default_courier)] = "http://127.0.0.1:" + std::to_string(server.port());
      }
      database_monitor watched(executor, db.options(), 2);
      http::client client(executor, {});
      account_registry accounts(watched, client, settings);
      co_await accounts.refresh();
      REQUIRE(accounts.loaded());
      replay_options how;
      how.door.dry_run = dry_run;
      how.owner = "the replay";
      how.patience = 1500ms;
      replay again(watched.connections(), accounts, how);
      auto only = accounts.resolve(std::nullopt).value_or("");
      auto from = file     ? file_source(selection, file)
                  : legacy ? legacy_source(selection)
                           : inbox_source(selection, only);
      auto ended = co_await again.run(*from);
      CHECK(ended);
      report = again.report();
      watched.connections().close();
      client.close();
      if (courier) server.drain(100ms);
      co_await serving.join();
    };
    test::run(whole);
    return report;
  }

  std::string status_of(const std::string& order) {
    return db.value(R"(select "shippingStatus" from orders where "id" = ')" + order + "'");
  }
};

inline std::string counts(const replay_report& r) {
  std::string text;
  for (const auto& one : to_json(r))
    if (one.value().is_uint64() && one.value().get_uint64() > 0) {
      if (!text.empty()) text += ' ';
      text += std::string(one.key()) + ' ' + std::to_string(one.value().get_uint64());
    }
  return text;
}

inline replay_selection of(const char* outcome) {
  replay_selection selection;
  REQUIRE(take_outcome(outcome, selection));
  return selection;
}

inline std::FILE* lines(const std::string& text) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::fwrite(text.data(), 1, text.size(), file);
  std::rewind(file);
  return file;
}

} // namespace suivi::receiver
