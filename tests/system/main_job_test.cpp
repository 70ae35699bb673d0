// The main job through the real binaries: webhooks that arrive are applied, what was lost the sweep finds,
// and in the end every order the courier knows shows what the courier has.
#include "tests/programs/program.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/database.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <sstream>

using namespace suivi::test;
namespace json = boost::json;

namespace {

const std::string accounts = "example-a:example-key-1:A,example-b:example-key-2:B";

struct shop {
  database db{holding::shop};
  std::map<std::string, std::string> environment{{"DATABASE_URL", db.url()},
                                                 {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                                                 {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_RECONCILER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_RECONCILER_MAX_ORDERS", "0"},
                                                 {"SUIVI_MAYSTRO_READ_LAG", "0s"}}; // the stand-in has none
};

std::string first_line(program& p) {
  wait_until("a line on standard output", [&] { return p.output().find('\n') != std::string::npos; });
  std::string text = p.output();
  return text.substr(0, text.find('\n'));
}

std::int64_t counter(const std::string& courier, const char* name) {
  auto all = json::parse(http_get(courier + "/control/counters").body);
  return all.as_object().at(name).to_number<std::int64_t>();
}

double metric_of(const std::string& base, const std::string& name) {
  return metric(http_get(base + "/metrics").body, name);
}

// Orders whose shipping columns are not the courier's.
std::vector<std::string> differences(const shop& s, const std::string& courier) {
  std::istringstream lines(http_get(courier + "/control/truth").body);
  std::vector<std::string> wrong;
  std::string found = s.db.value("select json_object_agg(reference, json_build_array(\"trackingNumber\", "
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

// Every order with all its columns and the transaction that wrote it last.
json::object written_orders(const shop& s) {
  auto all = s.db.value(
      "select json_object_agg(reference, to_jsonb(o) || jsonb_build_object('written by', xmin::text))::text"
      " from orders o");
  return json::parse(all).as_object();
}

void check_nothing_written(const json::object& before, const json::object& after) {
  REQUIRE(before.size() == after.size());
  for (const auto& [reference, row] : before)
    for (const auto& [column, value] : row.as_object()) {
      std::string was = json::serialize(value), is = json::serialize(after.at(reference).at(column));
      CAPTURE(std::string(reference));
      CAPTURE(std::string(column));
      CHECK(was == is);
    }
}

// Events that nobody has to look at again: applied, or parked because the shop has no such order.
bool all_settled(const shop& s) {
  return s.db.number("select count(*) from suivi.waiting_event where state <> 'parked'") == 0;
}

// A pull's clock is the courier's Date, in whole seconds: within a second of the last webhook or single read
// a sweep could not tell which of the two is newer, and would rightly leave the order to another read.
bool in_a_later_second(const shop& s) {
  return s.db.value("select greatest((select max(pulled_at) from suivi.parcel), (select max(received_at) "
                    "from suivi.inbox))"
                    " < now() - interval '1100 ms'") == "t";
}

json::object sweep(const shop& s, int& status) {
  auto done = run_program("suivi-reconciler", {"sweep", "--full", "--json"}, s.environment);
  status = done.status;
  CAPTURE(done.log);
  REQUIRE((done.status == 0 || done.status == 3));
  return json::parse(done.output).as_object();
}

std::int64_t total(const json::object& reports, const char* field) {
  std::int64_t sum = 0;
  for (const auto& report : reports.at("sweeps").as_array())
    sum += report.at(field).to_number<std::int64_t>();
  return sum;
}

void push_some_hundred_changes(const shop& s, const std::string& url, const std::string& base) {
  auto set = http_post(
      url + "/control/settings",
      R"({"webhook_url":")" + base +
          R"(/webhooks/maystro/example-secret?account={account}","changes_per_second":400,"moving":true})");
  REQUIRE(set.status == 200);
  wait_until("some hundred changes", [&] { return counter(url, "changes") >= 300; });
  REQUIRE(http_post(url + "/control/stop-moving", "{}").status == 200);
  wait_until("no webhook under way", [&] { return counter(url, "pending") == 0; });
  wait_until("no event pending", [&] { return metric_of(base, "suivi_events_pending") == 0; });
  wait_until("no event to be applied or confirmed", [&] { return all_settled(s); });
  wait_until("a later second", [&] { return in_a_later_second(s); });
  CHECK(counter(url, "lost") > 0);
  CHECK(counter(url, "delivered") > 0);
  CHECK(s.db.number("select count(*) from suivi.inbox") == counter(url, "delivered"));
  CHECK(differences(s, url).size() > 0);
}

} // namespace

TEST_CASE("a fifth of the webhooks is lost and after one sweep every order is as the courier has it") {
  shop s;
  program courier("suivi-maystro-sim", {"serve", "--accounts", accounts, "--orders", "400", "--moving",
                                        "false", "--webhook-loss", "0.2"});
  std::string url = first_line(courier);
  auto loading =
      run_program("suivi-maystro-sim", {"load-shop", "--database", s.db.owner_url(), "--accounts", accounts,
                                        "--base-url", url, "--orders", "800", "--known", "400"});
  CAPTURE(loading.log);
  REQUIRE(loading.status == 0);
  CHECK(differences(s, url).size() > 0);

  program receiver("suivi-receiver", {}, s.environment);
  std::string base = "http://127.0.0.1:" + std::to_string(receiver.number_from_log("port"));
  wait_until("readiness", [&] { return http_get(base + "/readyz").status == 200; });

  push_some_hundred_changes(s, url, base);

  int status = -1;
  auto first = sweep(s, status);
  CHECK(status == 0);
  CHECK(total(first, "backfilled") > 0);
  CHECK(total(first, "missedByWebhook") > 0);
  auto wrong = differences(s, url);
  for (const std::string& line : wrong) MESSAGE(line);
  CHECK(wrong.empty());
  CHECK(s.db.number("select count(*) - count(distinct \"trackingNumber\") from orders where "
                    "\"trackingNumber\" is not null") == 0);

  auto before = written_orders(s);
  auto second = sweep(s, status);
  CHECK(status == 0);
  CHECK(total(second, "backfilled") + total(second, "statusChanged") == 0);
  check_nothing_written(before, written_orders(s));

  receiver.signal(SIGTERM);
  CHECK(receiver.wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("the worker sweeps what was never swept, tells its health, and ends with status 0 on SIGTERM") {
  shop s;
  program courier("suivi-maystro-sim",
                  {"serve", "--accounts", accounts, "--orders", "100", "--moving", "false"});
  std::string url = first_line(courier);
  REQUIRE(run_program("suivi-maystro-sim", {"load-shop", "--database", s.db.owner_url(), "--accounts",
                                            accounts, "--base-url", url, "--orders", "200", "--known", "100"})
              .status == 0);
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("every order right", [&] { return differences(s, url).empty(); });
  worker.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("without any account a sweep is status 2 and one line") {
  shop s;
  REQUIRE(run_program("suivi-maystro-sim",
                      {"load-shop", "--database", s.db.owner_url(), "--accounts", accounts, "--base-url",
                       "http://127.0.0.1:1", "--orders", "20", "--known", "10"})
              .status == 0);
  s.db.execute("update shipping_accounts set \"isActive\" = false");
  auto done = run_program("suivi-reconciler", {"sweep"}, s.environment);
  CHECK(done.status == 2);
  CHECK(std::count(done.log.begin(), done.log.end(), '\n') == 1);
}
