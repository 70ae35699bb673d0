// A shop with a receiver in front of it and the courier's stand-in behind, and an operator who asks as an
// admin panel does.
#pragma once

#include "common/http/client/client.hpp"
#include "tests/programs/api_description.hpp"
#include "tests/programs/program.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/database.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <set>

namespace suivi::test {

namespace json = boost::json;

struct reply {
  unsigned status = 0; // 0: no answer
  http::header_list headers;
  std::string body;

  [[nodiscard]] json::value document() const {
    CAPTURE(body);
    boost::system::error_code failed;
    auto read = json::parse(body, failed);
    REQUIRE_FALSE(failed);
    return read;
  }
  [[nodiscard]] json::value at(std::string_view pointer) const { return document().at_pointer(pointer); }
  [[nodiscard]] std::string header(std::string_view name) const {
    return std::string(http::find_header(headers, name).value_or(""));
  }
};

inline reply send(http::client_request request) {
  return run([request]() -> task<reply> {
    auto executor = co_await asio::this_coro::executor;
    http::client client(executor, http::client_limits());
    auto got = co_await client.send(request, std::chrono::steady_clock::now() + patience);
    client.close();
    if (!got) co_return reply();
    co_return reply{got->status, std::move(got->headers), std::move(got->body)};
  });
}

// Every answer of the API, and of the webhooks' addresses, must be as it is described.
inline reply ask(std::string method, std::string url, std::string token = "", std::string body = "",
                 http::header_list headers = {}) {
  http::client_request request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.body = std::move(body);
  request.headers = std::move(headers);
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  auto verb = request.method;
  auto path = request.url.substr(std::min(request.url.find('/', 8), request.url.size()));
  auto got = send(std::move(request));
  if (got.status == 0) return got;
  auto wrong = differs_from_description(verb, path, got.status, got.header("Content-Type"), got.body);
  if (wrong.empty()) return got;
  CAPTURE(got.body);
  FAIL_CHECK(wrong);
  return got;
}

inline std::string text(const json::value& from) {
  return json::serialize(from);
}

inline std::set<std::string> names(const json::value& object) {
  std::set<std::string> all;
  for (const auto& member : object.as_object()) all.emplace(member.key());
  return all;
}

// Whether it is `{success:false,error:{message,code}}` with nothing else wrong.
inline bool is_error(const reply& got) {
  auto body = got.document();
  const auto* o = body.if_object();
  if (!o || !o->contains("success") || o->at("success") != false || !o->contains("error")) return false;
  const auto& e = o->at("error");
  return e.is_object() && e.at("message").is_string() && e.at("code").is_string() &&
         !e.at("message").as_string().empty();
}

struct operations_client {
  std::string accounts;
  database db{holding::shop};
  folder spool;
  std::map<std::string, std::string> environment{{"DATABASE_URL", db.url()},
                                                 {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                                                 {"SUIVI_ADMIN_TOKEN", "example-admin"},
                                                 {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_RECEIVER_SPOOL", spool.path()},
                                                 {"SUIVI_RECONCILER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_MAYSTRO_READ_LAG", "0s"}}; // the stand-in has none
  std::optional<program> courier;
  std::string courier_url;
  std::optional<program> receiver;
  std::string base;

  // Orders R1, R2, … of the account example-a beside those of the stand-in's parcels.
  explicit operations_client(std::string named = "example-a:example-key-1:Main", int parcels = 20,
                             int own_orders = 30)
      : accounts(std::move(named)) {
    auto many = std::to_string(parcels);
    courier.emplace("suivi-maystro-sim",
                    std::vector<std::string>{"serve", "--accounts", accounts, "--orders", many, "--moving",
                                             "false", "--page-size", "5"});
    wait_until("the courier's address", [&] { return courier->output().find('\n') != std::string::npos; });
    courier_url = courier->output().substr(0, courier->output().find('\n'));
    auto loading =
        run_program("suivi-maystro-sim", {"load-shop", "--database", db.owner_url(), "--accounts", accounts,
                                          "--base-url", courier_url, "--orders", many, "--known", many});
    CAPTURE(loading.log);
    REQUIRE(loading.status == 0);
    add_customer(db);
    db.execute(orders_sql("o", "R", 1, own_orders, "'example-a'"));
    start();
  }

  void start() {
    receiver.emplace("suivi-receiver", std::vector<std::string>(), environment);
    base = "http://127.0.0.1:" + std::to_string(receiver->number_from_log("port"));
    wait_until("readiness",
               [&] { return http_get(base + "/readyz").body == R"({"database":"up","spooled":0})"; });
  }
  void stop() {
    receiver->signal(SIGTERM);
    REQUIRE(receiver->wait() == 0);
  }
  void restart_with(const std::string& key, const std::string& value) {
    environment[key] = value;
    stop();
    start();
  }

  [[nodiscard]] reply operate(std::string method, const std::string& path, std::string body = "") const {
    return ask(std::move(method), base + "/api/v1/" + path, "example-admin", std::move(body));
  }
  // Asks again while the answer is 503, as a machine with much to do may make it for a moment.
  [[nodiscard]] reply operate_patiently(const std::string& method, const std::string& path) const {
    reply got;
    wait_until("an answer other than 503 of " + path, [&] {
      got = operate(method, path);
      return got.status != 503;
    });
    return got;
  }
  // 200, and that `data`.
  [[nodiscard]] json::value get_json(const std::string& path) const {
    auto got = operate_patiently("GET", path);
    CAPTURE(path);
    CAPTURE(got.body);
    REQUIRE(got.status == 200);
    CHECK(got.at("/success") == true);
    return got.at("/data");
  }

  [[nodiscard]] json::value push_raw(const std::string& body,
                                     const std::string& account = "example-a") const {
    auto address = base + "/webhooks/maystro/example-secret" + (account.empty() ? "" : "?account=" + account);
    auto got = ask("POST", address, "", body);
    CAPTURE(got.body);
    REQUIRE((got.status == 200 || got.status == 202));
    return got.document();
  }
  // A webhook of order R`n`; its event's id. One that was spooled has none yet: sent again it is a duplicate
  // and names the first.
  [[nodiscard]] std::string push(const std::string& reference, int status,
                                 const std::string& more = "") const {
    std::string body = R"({"event":"OrderStatusChanged","payload":{"id":"u-)" + reference + R"(","status":)" +
                       std::to_string(status) + R"(,"external_order_id":")" + reference + "\"" + more + "}}";
    json::value said;
    wait_until("a webhook of " + reference + " in the database", [&] {
      said = push_raw(body);
      return said.as_object().contains("id");
    });
    return std::string(said.at("id").as_string());
  }
  [[nodiscard]] std::string outcome(const std::string& id) const {
    return db.value("select coalesce(o.outcome, p.state, i.outcome, 'pending') from suivi.inbox i"
                    " left join suivi.event_outcome o on o.event_id = i.id"
                    " left join suivi.pending p on p.event_id = i.id where i.id = " +
                    id);
  }
  void await(const std::string& id, const std::string& wanted) const {
    wait_until("event " + id + " " + wanted, [&] { return outcome(id) == wanted; });
  }
  void courier_set(const std::string& changes) const {
    REQUIRE(http_post(courier_url + "/control/settings", changes).status == 200);
  }
};

} // namespace suivi::test
