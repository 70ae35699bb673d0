// The operations API over a receiver without its server: a test asks as an operator would.
#pragma once

#include "common/maystro/envelope.hpp"
#include "receiver/api/operations_api.hpp"
#include "tests/postgres/receiver/in_process_receiver.hpp"
#include "tests/support/folder.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace suivi::receiver {

namespace json = boost::json;

struct operations_stage : receiver_inside {
  explicit operations_stage(const test::database& db)
      : receiver_inside(db), instead(io.get_executor(), spool_in(place.path())),
        api(io.get_executor(), settings, db.options(), watched, accounts, events, instead) {
    settings.receiver.admin_token = secret("example-admin");
  }

  task<void> begin_with_stream() {
    endless.spawn("stream", api.run());
    while (!accounts.loaded()) co_await runtime::sleep_for(10ms);
  }

  task<http::response> ask(std::string method, std::string target, std::string body = "") {
    http::request r;
    r.method = std::move(method);
    r.target = std::move(target);
    r.body = std::move(body);
    r.headers.emplace_back("Authorization", "Bearer example-admin");
    auto got = co_await answer(std::move(r));
    co_return got;
  }
  task<http::response> answer(http::request r) {
    auto where = find_route(r);
    auto got = co_await api.answer(std::move(r), std::move(where), boost::asio::ip::address());
    co_return got;
  }
  // The answer's JSON; `status` is checked.
  task<json::value> request_json(unsigned status, std::string method, std::string target,
                                 std::string body = "") {
    auto answer = co_await ask(std::move(method), std::move(target), std::move(body));
    CHECK(answer.status == status);
    co_return json::parse(answer.body);
  }

  static spool::options spool_in(const std::string& folder) {
    spool::options options;
    options.folder = folder;
    return options;
  }

  test::folder place;
  spool instead;
  operations api;
};

inline std::string text(const json::value& from) {
  return json::serialize(from);
}

// An event of an order that is not there yet.
inline webhook stranger(int n) {
  auto number = std::to_string(n);
  webhook a;
  a.received_at = suivi::now();
  a.raw = R"({"event":"OrderStatusChanged","payload":{"id":"s)" + number +
          R"(","status":31,"external_order_id":"S/)" + number + R"(","customer_phone":"0550000000"}})";
  a.event = maystro::decode(a.raw);
  a.key = choose_key(a.raw, a.event);
  return a;
}

inline webhook nonsense(std::string raw) {
  webhook a;
  a.received_at = suivi::now();
  a.raw = std::move(raw);
  a.event = maystro::decode(a.raw);
  a.key = choose_key(a.raw, a.event);
  return a;
}

} // namespace suivi::receiver
