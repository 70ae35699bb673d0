// A shop with two courier accounts, receivers of the real program in front of it, webhooks pushed at them by
// hand, and what became of each, as the operations API tells it.
#pragma once

#include "tests/programs/courier_process.hpp"
#include "tests/programs/program.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/database.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <memory>
#include <thread>

namespace suivi::test {

namespace json = boost::json;

// As long after the start of 2026 as `second` says, which is long ago.
inline std::string time_of(int second) {
  char text[32];
  std::snprintf(text, sizeof text, "2026-01-01T%02d:%02d:%02dZ", second / 3600, second / 60 % 60,
                second % 60);
  return text;
}

struct receiver_shop {
  database db;
  std::map<std::string, std::string> environment{{"DATABASE_URL", db.url()},
                                                 {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                                                 {"SUIVI_ADMIN_TOKEN", "example-token"},
                                                 {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"}};

  // Orders "R<n>" with ids "o<n>", all of account a.
  explicit receiver_shop(int orders, const std::string& courier_url = "http://127.0.0.1:1") {
    add_customer(db);
    db.execute(R"(
      insert into shipping_accounts ("id", "name", "companyId", "credentials", "baseUrl", "updatedAt")
      select a, a, "id", json_build_object('apiKey', 'example-key-' || a), ')" +
               courier_url + R"(', now()
      from shipping_companies, unnest(array['a', 'b']) a where "slug" = 'maystro')");
    add_orders(1, orders);
  }
  void add_orders(int first, int last, const std::string& account = "'a'") const {
    test::add_orders(db, first, last, account);
  }
  [[nodiscard]] std::string column(int order, const std::string& name) const {
    return db.value("select \"" + name + "\"::text from orders where \"id\" = 'o" + std::to_string(order) +
                    "'");
  }
  [[nodiscard]] std::string status(int order) const { return column(order, "shippingStatus"); }
  [[nodiscard]] bool all_applied() const {
    return db.number("select count(*) from suivi.waiting_event") == 0;
  }
  // Fields that were written more often than to one value after the other, each once.
  [[nodiscard]] std::int64_t doubles() const {
    return db.number("select count(*) from (select 1 from suivi.change group by order_id, field, to_value "
                     "having count(*) > 1) d");
  }
};

class receiver_process {
 public:
  explicit receiver_process(std::map<std::string, std::string> environment)
      : environment_(std::move(environment)) {
    start();
  }

  void start() {
    process.emplace("suivi-receiver", std::vector<std::string>(), environment_);
    base = "http://127.0.0.1:" + std::to_string(process->number_from_log("port"));
    wait_until("readiness",
               [&] { return http_get(base + "/readyz").body.find("\"up\"") != std::string::npos; });
  }
  void kill() {
    process->signal(SIGKILL);
    process->wait();
  }
  // The event's id; "" where it was not acknowledged.
  std::string push(const std::string& body, const std::string& account = "a") const {
    auto got = http_post(
        base + "/webhooks/maystro/example-secret" + (account.empty() ? "" : "?account=" + account), body);
    if (got.status != 200) return "";
    return std::string(json::parse(got.body).as_object().at("id").as_string());
  }
  [[nodiscard]] json::array events(const std::string& query = "") const {
    auto got = http_get(base + "/api/v1/webhooks/events?limit=1000" + query, "Bearer example-token");
    CAPTURE(got.body);
    REQUIRE(got.status == 200);
    return json::parse(got.body).as_object().at("data").as_object().at("events").as_array();
  }
  [[nodiscard]] json::object event(const std::string& id) const {
    for (const auto& one : events())
      if (one.as_object().at("id").as_string() == id) return one.as_object();
    return {};
  }
  [[nodiscard]] std::string outcome(const std::string& id) const {
    auto one = event(id);
    return one.empty() ? "" : std::string(one.at("outcome").as_string());
  }
  [[nodiscard]] std::string error(const std::string& id) const {
    auto one = event(id);
    const auto* text = one.if_contains("error");
    return text != nullptr && text->is_string() ? std::string(text->as_string()) : "";
  }
  // Waits for it; what it was instead shows in the failure.
  void becomes(const std::string& id, const std::string& wanted) const {
    std::string last;
    for (auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;
         pause_briefly())
      if ((last = outcome(id)) == wanted) return;
    FAIL("an event became " << last << " and not " << wanted << ": " << json_text(event(id)));
  }
  [[nodiscard]] double metric(const std::string& name) const {
    return test::metric(http_get(base + "/metrics").body, name);
  }

  std::optional<program> process;
  std::string base;

 private:
  std::map<std::string, std::string> environment_;
};

// Rows of `orders`, locked by somebody's transaction until release().
class row_lock {
 public:
  row_lock(const database& db, const std::string& which, const std::string& table = "orders") : db_(db) {
    holder_ = std::thread([&db, which, table] {
      try {
        db.execute_apart("begin; select 1 from " + table + " where " + which +
                         " for update; select pg_sleep(" + std::to_string(900 * slowness) + ")");
      } catch (const std::exception&) { // terminated by release()
      }
    });
    wait_until("the locks", [&] { return db_.number(sleeping) == 1; });
  }
  row_lock(const row_lock&) = delete;
  row_lock& operator=(const row_lock&) = delete;
  ~row_lock() { release(); }
  void release() {
    if (!holder_.joinable()) return;
    // By its words: a signal wakes a sleeper for a moment.
    db_.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like 'begin; "
                "select 1 from %'"
                " and datname = current_database() and pid <> pg_backend_pid()");
    holder_.join();
  }

 private:
  static constexpr const char* sleeping =
      "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()";
  const database& db_;
  std::thread holder_;
};

} // namespace suivi::test
