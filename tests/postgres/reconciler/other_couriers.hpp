// Guepex and Nord West of a few literal parcels behind a real socket, and one sweep of an account there.
#pragma once

#include "common/json/json_fields.hpp"
#include "tests/postgres/reconciler/courier_server.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/builders.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cctype>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace suivi::test {

struct guepex_row {
  std::string tracking, order_id, status;
  std::string since = "2026-01-31 12:00:00";

  [[nodiscard]] std::string json() const {
    return fmt::format(
        R"({{"tracking":"{}","order_id":"{}","last_status":"{}","date_last_status":"{}",)"
        R"("date_creation":"2026-01-30 10:00:00","price":2500,"firstname":"Amine","pin":"1"}})",
        tracking, order_id, status, since);
  }
};

struct guepex_stand_in {
  std::vector<guepex_row> rows;
  std::size_t page_size = 1'000;
  std::vector<std::string> requests;
  std::string minute_left = "40";
  bool throttles = false;
  std::string retry_after; // of these
  bool ignores_filter = false;
  std::function<void()> before_page; // what happens between two pages

  http::response answer(const http::request& request) {
    http::response r;
    requests.push_back(request.target);
    r.headers.emplace_back("x-minute-quota-left", minute_left);
    if (http::find_header(request.headers, "X-API-ID") != "id-1" ||
        http::find_header(request.headers, "X-API-TOKEN") != "example-key-1") {
      r.status = 401;
      return r;
    }
    if (throttles) {
      r.status = 429;
      if (!retry_after.empty()) r.headers.emplace_back("Retry-After", retry_after);
      return r;
    }
    auto target = http::parse_target(request.target);
    if (target->segments.size() == 2) { // parcels/{tracking}
      for (const guepex_row& row : rows)
        if (row.tracking == target->segments[1]) {
          r.body = row.json();
          return r;
        }
      r.body = R"({"has_more":false,"total_data":0,"data":[]})";
      return r;
    }
    if (before_page && requests.size() > 1) before_page();
    std::vector<const guepex_row*> listed;
    auto wanted = target->find("order_id");
    bool by_number = !wanted && target->find("tracking");
    if (by_number) wanted = target->find("tracking");
    if (ignores_filter) wanted.reset();
    std::string list = "," + std::string(wanted.value_or("")) + ",";
    for (const guepex_row& row : rows) { // its own blanks do not keep a parcel from being found
      std::string_view key = without_blanks(by_number ? row.tracking : row.order_id);
      if (!wanted || list.find(fmt::format(",{},", key)) != std::string::npos) listed.push_back(&row);
    }
    std::size_t from = (std::stoul(std::string(target->find("page").value_or("1"))) - 1) * page_size;
    std::string data;
    for (std::size_t i = from; i < std::min(listed.size(), from + page_size); ++i)
      data += (data.empty() ? "" : ",") + listed[i]->json();
    r.body = fmt::format(R"({{"has_more":{},"total_data":{},"data":[{}],"links":{{"self":"x"}}}})",
                         from + page_size < listed.size(), listed.size(), data);
    return r;
  }
};

inline task<void> sweep_of(const database& db, shop::account who, http::client& client,
                           reconciler::sweep_options options, shop::sweep_report& into) {
  auto executor = co_await asio::this_coro::executor;
  pg::pool_options pool;
  pool.connect = db.options();
  pg::pool connections(executor, pool);
  reconciler::sweep_group round(executor, connections, client, "test");
  std::vector<shop::account> accounts{who};
  auto outcome = co_await round.run(std::move(accounts), options, milliseconds(10'000), nullptr);
  connections.close();
  into = outcome.reports.at(0);
}

inline shop::sweep_report sweep(stage& s, courier_kind courier, courier_answer answer) {
  shop::sweep_report report;
  run_beside(std::move(answer), [&](shop::account who, http::client& client) {
    who.courier.courier = courier;
    who.courier.user = secret("id-1");
    return sweep_of(s.db, std::move(who), client, s.options, report);
  });
  return report;
}

inline shop::sweep_report sweep(stage& s, guepex_stand_in& courier) {
  return sweep(s, courier_kind::guepex, [&](const http::request& r) { return courier.answer(r); });
}

// Parcels by tracking number, in any case; `entries` is each one's activity, by the number in capitals.
struct nord_west_stand_in {
  std::map<std::string, std::string> entries;
  std::vector<std::size_t> batch_sizes;

  http::response answer(const http::request& request) {
    http::response r;
    auto body = boost::json::parse(request.body).as_object();
    if (request.target != "/get/trackings/info" || body.at("api_token") != "example-key-1" ||
        body.at("user_guid") != "id-1") {
      r.status = 422;
      r.body = R"({"errors":{"api_token":["wrong"]}})";
      return r;
    }
    auto numbers = body.at("trackings").as_array();
    batch_sizes.push_back(numbers.size());
    std::string found;
    for (const auto& number : numbers) {
      std::string in_capitals(number.as_string());
      std::ranges::transform(in_capitals, in_capitals.begin(),
                             [](unsigned char c) { return std::toupper(c); });
      auto at = entries.find(in_capitals);
      if (at == entries.end()) continue;
      found += fmt::format(
          R"({}"{}":{{"OrderInfo":{{"tracking":"{}","client":"Amine","montant":2500}},"activity":[{}]}})",
          found.empty() ? "" : ",", at->first, at->first, at->second);
    }
    r.body = found.empty() ? "[]" : "{" + found + "}";
    return r;
  }
};

inline std::string entry(std::string_view key, std::string_view at) {
  return fmt::format(R"({{"event_key":"{}","date":"{}"}})", key, at);
}

inline shop::sweep_report sweep(stage& s, nord_west_stand_in& courier) {
  return sweep(s, courier_kind::nord_west, [&](const http::request& r) { return courier.answer(r); });
}

} // namespace suivi::test
