// A receiver with a gate on either side of it, to its database and to whoever pushes webhooks, and what must
// hold afterwards whatever the gates did: each webhook that was acknowledged is in the events once, and
// applied.
#pragma once

#include "tests/programs/program.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/database.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/gate.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <set>

namespace suivi::test {

class gated_receiver {
 public:
  // Settings beside the usual ones, by their environment variables.
  // `database_name`: in the place of the database's address.
  explicit gated_receiver(const std::map<std::string, std::string>& more = {},
                          const std::string& database_name = "") {
    std::string& url = environment["DATABASE_URL"];
    if (!database_name.empty()) url.replace(url.find("127.0.0.1"), 9, database_name);
    auto loaded = run_program("suivi-maystro-sim", {"load-shop", "--database", db.owner_url(), "--accounts",
                                                    "example-a:example-key-1:A", "--base-url",
                                                    "http://127.0.0.1:1", "--orders", "10", "--known", "5"});
    CAPTURE(loaded.log);
    REQUIRE(loaded.status == 0);
    add_customer(db);
    add_orders(db, 1, 500, "'example-a'");
    environment.insert(more.begin(), more.end());
    process.emplace("suivi-receiver", std::vector<std::string>(), environment);
    auto port = std::to_string(process->number_from_log("port"));
    base = "http://127.0.0.1:" + port;
    to_receiver.emplace(base);
    wait_until("readiness", [&] { return readiness() == R"({"database":"up","spooled":0})"; });
  }

  [[nodiscard]] static std::string body(int n, int status = 31) {
    return a_webhook("u" + std::to_string(n), status, "R" + std::to_string(n));
  }
  // One webhook for the order Rn, through the gate; notes whether it was acknowledged.
  answer push(int n, int status = 31) {
    auto got =
        http_post(to_receiver->url() + "/webhooks/maystro/example-secret?account=example-a", body(n, status));
    if (got.status == 200 || got.status == 202) acknowledged.insert(n);
    return got;
  }
  answer push_next() { return push(++last); }
  // Each of them, within the courier's patience.
  void push_some(int count) {
    for (int i = 0; i < count; ++i) {
      auto begun = std::chrono::steady_clock::now();
      auto got = push_next();
      CAPTURE(got.body);
      CHECK((got.status == 200 || got.status == 202));
      CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(10 * slowness));
    }
  }

  // With the gates open again: something new is stored at once, and all is where it belongs.
  void recovers() {
    to_database.pass();
    to_receiver->pass();
    wait_until("the database and an empty spool",
               [&] { return readiness() == R"({"database":"up","spooled":0})"; });
    wait_until("a new webhook stored", [&] { return push_next().body.ends_with(R"("outcome":"stored"})"); });
    wait_until("nothing pending",
               [&] { return db.value("select count(*) from suivi.waiting_event") == "0"; });
    CHECK(db.value("select count(*) - count(distinct reference) from suivi.inbox") == "0");
    auto missing =
        "select coalesce(string_agg('R' || n, ' '), 'none') from unnest('{" +
        fmt::format("{}", fmt::join(acknowledged, ",")) +
        R"(}'::int[]) n where not exists (select from suivi.inbox where reference = 'R' || n) or not exists (
                     select from orders where "reference" = 'R' || n and "shippingStatus" = 'EXPÉDIÉ'
                       and "maystroOrderId" = 'u' || n))";
    CHECK(db.value(missing) == "none");
    CHECK(db.value("select count(*) from (select from suivi.change group by order_id, field having count(*) "
                   "> 1) doubled") == "0");
  }

  [[nodiscard]] std::string readiness() const { return http_get(base + "/readyz").body; }
  [[nodiscard]] bool database_is(const std::string& state) const {
    return readiness().starts_with(R"({"database":")" + state + "\"");
  }
  // A number of the metrics, -1 where there is none.
  [[nodiscard]] double metric(const std::string& name) const {
    return test::metric(http_get(base + "/metrics").body, name);
  }

  database db;
  folder spool;
  gate to_database{db.url()};
  std::map<std::string, std::string> environment{{"DATABASE_URL", to_database.url()},
                                                 {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                                                 {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_RECEIVER_SPOOL", spool.path() + "/made"}};
  std::optional<program> process;
  std::string base; // past the gate
  std::optional<gate> to_receiver;
  std::set<int> acknowledged;
  int last = 0;
};

} // namespace suivi::test
