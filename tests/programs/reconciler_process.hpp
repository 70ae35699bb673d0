// A shop whose accounts are the courier's stand-in's, sweeps of it by the real program, and what they are
// judged by: the stand-in's truth.
#pragma once

#include "tests/programs/program.hpp"
#include "tests/support/database.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <sstream>

namespace suivi::test {

namespace json = boost::json;

struct reconciler_process {
  std::string accounts;
  database db{holding::shop};
  std::map<std::string, std::string> environment{{"DATABASE_URL", db.url()},
                                                 {"SUIVI_RECONCILER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_RECONCILER_MAX_ORDERS", "0"}};
  std::optional<program> courier;
  std::string url;

  // `orders` parcels at the courier, as many orders in the shop; pages of five.
  reconciler_process(std::string named, int orders) : accounts(std::move(named)) {
    std::string many = std::to_string(orders);
    courier.emplace("suivi-maystro-sim",
                    std::vector<std::string>{"serve", "--accounts", accounts, "--orders", many, "--moving",
                                             "false", "--page-size", "5"});
    wait_until("the courier's address", [&] { return courier->output().find('\n') != std::string::npos; });
    url = courier->output().substr(0, courier->output().find('\n'));
    auto loading =
        run_program("suivi-maystro-sim", {"load-shop", "--database", db.owner_url(), "--accounts", accounts,
                                          "--base-url", url, "--orders", many, "--known", many});
    CAPTURE(loading.log);
    REQUIRE(loading.status == 0);
  }

  void set(const std::string& changes) const {
    auto done = http_post(url + "/control/settings", changes);
    CAPTURE(done.body);
    REQUIRE(done.status == 200);
  }

  [[nodiscard]] std::int64_t requests(const char* which) const {
    auto all = json::parse(http_get(url + "/control/counters").body);
    return all.as_object().at("requests").as_object().at(which).to_number<std::int64_t>();
  }

  // The reports by account.
  std::map<std::string, json::object> sweep(int expected_status) const {
    auto done = run_program("suivi-reconciler", {"sweep", "--full", "--json"}, environment);
    CAPTURE(done.log);
    CAPTURE(done.output);
    REQUIRE(done.status == expected_status);
    std::map<std::string, json::object> by_account;
    const json::value printed = json::parse(done.output);
    for (const json::value& report : printed.as_object().at("sweeps").as_array())
      by_account[std::string(report.as_object().at("account").as_string())] = report.as_object();
    return by_account;
  }

  // Orders whose shipping columns are not the courier's.
  [[nodiscard]] std::vector<std::string> differences(const std::string& account = "") const {
    std::istringstream lines(
        http_get(url + "/control/truth" + (account.empty() ? "" : "?account=" + account)).body);
    std::vector<std::string> wrong;
    std::string found = db.value("select json_object_agg(reference, json_build_array(\"trackingNumber\", "
                                 "\"shippingStatus\", \"maystroOrderId\"))::text from orders");
    auto orders = json::parse(found).as_object();
    for (std::string line; std::getline(lines, line);) {
      auto truth = json::parse(line).as_object();
      auto* order = orders.if_contains(truth.at("reference").as_string());
      json::array expected{truth.at("tracking"), truth.at("text"), truth.at("uuid")};
      if (order == nullptr || *order != expected) wrong.push_back(line);
    }
    return wrong;
  }
};

inline std::string text(const json::object& report, const char* field) {
  const json::value& v = report.at(field);
  return v.is_string() ? std::string(v.as_string()) : json::serialize(v);
}
inline std::int64_t number(const json::object& report, const char* field) {
  return report.at(field).to_number<std::int64_t>();
}

} // namespace suivi::test
