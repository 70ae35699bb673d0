// The operations API of the real receiver where the courier and the reconciler have their say: coverage,
// timelines, sweeps, accounts, the old scheduler's shape, and the stream.
#include "common/http/message/message.hpp"
#include "tests/programs/operations_client.hpp"
#include "tests/programs/stream_client.hpp"
#include "tests/support/builders.hpp"

#include <fmt/format.h>

using namespace suivi;
using namespace suivi::test;

namespace {

const std::set<std::string> report_members{
    "id",        "account",    "accountName",     "kind",      "verdict",
    "reason",    "startedAt",  "seconds",         "pages",     "fetched",
    "matched",   "backfilled", "statusChanged",   "unchanged", "unmatched",
    "conflicts", "stale",      "missedByWebhook", "lookups",   "requests",
    "retries",   "throttled"};

void make_order(const operations_client& s, const std::string& reference) {
  add_order(s.db, "id-" + reference, reference, "'example-a'");
}

// At the courier; its uuid.
std::string make_parcel(const operations_client& s, const std::string& reference, int status,
                        const std::string& more = "") {
  auto body = fmt::format(R"({{"account":"example-a","reference":"{}","known":true,"status":{}{}}})",
                          reference, status, more);
  auto made = http_post(s.courier_url + "/control/orders", body);
  CAPTURE(made.body);
  REQUIRE(made.status < 300);
  return std::string(json::parse(made.body).at("instance_uuid").as_string());
}

json::value timeline(const operations_client& s, const std::string& reference) {
  return s.get_json("orders/" + http::percent_encode(reference));
}

// "source field from>to ids", one a change of the column.
std::vector<std::string> changes_of(const operations_client& s, const std::string& reference,
                                    std::string_view field) {
  std::vector<std::string> all;
  auto order = timeline(s, reference);
  std::string last;
  for (const auto& c : order.at("changes").as_array()) {
    CHECK(std::string(c.at("at").as_string()) >= last);
    last = c.at("at").as_string();
    if (c.at("field").as_string() != json::string_view(field.data(), field.size())) continue;
    std::string ids;
    if (const auto* event = c.as_object().if_contains("eventId"))
      ids += " event " + std::string(event->as_string());
    if (const auto* sweep = c.as_object().if_contains("sweepId"))
      ids += " sweep " + std::string(sweep->as_string());
    all.push_back(fmt::format("{} {}>{}{}", std::string(c.at("source").as_string()), text(c.at("from")),
                              text(c.at("to")), ids));
  }
  return all;
}

finished sweep(const operations_client& s, std::string max_orders = "0") {
  auto with = s.environment;
  with["SUIVI_RECONCILER_MAX_ORDERS"] = std::move(max_orders);
  return run_program("suivi-reconciler", {"sweep", "--full", "--json"}, with);
}

std::string swept_id(const finished& done) {
  CAPTURE(done.log);
  REQUIRE(done.status == 0);
  return std::string(json::parse(done.output).at_pointer("/sweeps/0/id").as_string());
}

// A pull's clock is the courier's Date, in whole seconds.
void await_a_later_second(const operations_client& s) {
  wait_until("a later second", [&] {
    return s.db.value("select coalesce(greatest((select max(pulled_at) from suivi.parcel), (select "
                      "max(received_at) from suivi.inbox))"
                      " < now() - interval '1100 ms', true)") == "t";
  });
}

// By a dry run, which changes nothing, and then in earnest.
void check_replays_are_named(operations_client& s) {
  auto id = s.push("R1", 31);
  s.await(id, "applied");
  s.db.execute(R"(update orders set "shippingStatus" = 'by hand' where "id" = 'o1')");
  auto dry =
      s.operate("POST", "webhooks/replay", R"({"ids":[")" + id + R"("],"outcome":"all","dryRun":true})");
  CHECK(dry.at("/data/applied") == 1);
  CHECK(text(dry.at("/data/changes")) ==
        R"([{"reference":"R1","field":"shippingStatus","from":"by hand","to":"EXPÉDIÉ"}])");
  CHECK(s.db.value(R"(select "shippingStatus" from orders where "id" = 'o1')") == "by hand");
  auto again = s.operate("POST", "webhooks/replay", R"({"ids":[")" + id + R"("],"outcome":"all"})");
  CHECK(again.status == 200);
  CHECK(text(again.at("/data")) ==
        R"({"selected":1,"applied":1,"unchanged":0,"stale":0,"parked":0,"conflict":0,"quarantined":0,)"
        R"("failed":0,"confirming":0,"ignored":0})");
  CHECK(changes_of(s, "R1", "shippingStatus") ==
        std::vector<std::string>{"webhook null>\"EXPÉDIÉ\" event " + id,
                                 "replay \"by hand\">\"EXPÉDIÉ\" event " + id});
}

void check_a_triggered_sweep(operations_client& s) {
  auto triggered = s.operate("POST", "scheduler/trigger/shipping");
  CHECK(triggered.status == 202);
  CHECK(triggered.at("/success") == true);
  CHECK(triggered.at("/message") == "Shipping Status sync triggered successfully");
  auto next = std::string(triggered.at("/data/id").as_string());
  wait_until("the triggered sweep's end",
             [&] { return s.get_json("sweeps/" + next).at("verdict") == "complete"; });
  auto status = s.operate("GET", "scheduler/status");
  CHECK(status.at("/status") == "running");
  CHECK(status.at("/isRunning") == true);
  CHECK(status.at("/stoppedAt").is_null());
  CHECK(status.at("/lastSyncs/shippingStatus/lastResults/id").as_string() == next);
  CHECK(status.at("/lastSyncs/shippingStatus/lastEnd").is_string());
  CHECK(status.at("/lastSyncs/shippingStatus/lastError").is_null());
  CHECK(names(status.at("/lastSyncs")) == std::set<std::string>{"ecomanager", "shippingStatus", "cleanup"});
}

void check_requested_once(operations_client& s, const std::string& id) {
  for (const char* path : {"sweeps", "scheduler/trigger/shipping"}) {
    auto twice = s.operate("POST", path, "{}");
    CHECK(twice.status == 409);
    CHECK(is_error(twice));
    CHECK(twice.at("/data/id").as_string() == id);
    CHECK(twice.at("/error/id").as_string() == id);
  }
}

void check_its_report(operations_client& s, const std::string& id) {
  auto report = s.get_json("sweeps/" + id);
  for (const auto& name : report_members) CHECK_MESSAGE(names(report).contains(name), name);
  CHECK(report.at("kind") == "full");
  CHECK(report.at("reason").is_null());
  auto newest = s.get_json("sweeps?limit=1").at("sweeps").as_array();
  REQUIRE(newest.size() == 1);
  CHECK(newest[0].at("id").as_string() == id);
}

} // namespace

TEST_CASE("coverage counts the orders of accounts and those of them with a tracking number") {
  operations_client s("example-a:example-key-1:Main,example-b:example-key-2:Second", 0, 3);
  s.db.execute(
      R"(update orders set "trackingNumber" = 'T1' where "id" = 'o1'; update orders set "trackingNumber" = '' where "id" = 'o2';
    insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "trackingNumber", "updatedAt")
    values ('x1', 'X1', 'c', 1, null, 'T2', now()))");
  auto answered = s.operate("GET", "coverage").body; // to the letter: two decimals, as people write them
  CHECK(
      answered ==
      R"({"success":true,"data":{"total":3,"withTracking":1,"withoutTracking":2,"coveragePercentage":33.33,"byAccount":[)"
      R"({"accountId":"example-a","accountName":"Main","total":3,"withTracking":1,"withoutTracking":2,)"
      R"("coveragePercentage":33.33}]}})");
  s.db.execute("delete from orders");
  auto none = s.get_json("coverage");
  CHECK(none.at("total") == 0);
  CHECK(none.at("coveragePercentage").to_number<double>() == 100);
}

TEST_CASE("an order's timeline names what brought each change, by webhook, sweep, look-up, confirming read "
          "and replay") {
  operations_client s;
  const std::string odd = "CMD/2026 é#1?";
  make_order(s, odd);
  auto uuid = make_parcel(s, odd, 41);
  make_order(s, "OLD");
  make_parcel(s, "OLD", 15, R"(,"createdAt":"2020-01-01T00:00:00Z")");

  auto first = swept_id(sweep(s, "5"));
  CHECK(changes_of(s, odd, "shippingStatus") ==
        std::vector<std::string>{"sweep null>\"LIVRÉ\" sweep " + first});
  auto looked_up = changes_of(s, "OLD", "trackingNumber");
  REQUIRE(looked_up.size() == 1);
  CHECK(looked_up[0].starts_with("lookup null>"));
  CHECK(looked_up[0].ends_with(" sweep " + first));

  // Without a time a webhook takes no parcel out of 41: the courier is asked, and says something else again.
  await_a_later_second(s);
  REQUIRE(http_post(s.courier_url + "/control/orders/" + uuid + "/status", R"({"status":42,"push":false})")
              .status < 300);
  auto said = s.push_raw(R"({"event":"x","payload":{"id":")" + uuid + R"(","status":22}})");
  auto doubted = std::string(said.at("id").as_string());
  wait_until("the confirming read", [&] { return changes_of(s, odd, "shippingStatus").size() == 2; });
  CHECK(changes_of(s, odd, "shippingStatus")[1].starts_with("confirm \"LIVRÉ\">"));
  CHECK(changes_of(s, odd, "shippingStatus")[1].ends_with(" event " + doubted));

  check_replays_are_named(s);
  auto order = timeline(s, odd);
  CHECK(names(order) == std::set<std::string>{"order", "parcels", "changes"});
  CHECK(names(order.at("order")) == std::set<std::string>{"id", "reference", "status", "trackingNumber",
                                                          "shippingStatus", "maystroOrderId", "alertedAt",
                                                          "alertReason", "abortReason", "additionalMetaData",
                                                          "shippingAccountId", "updatedAt"});
  CHECK(std::string(order.at_pointer("/order/reference").as_string()) == odd);
  CHECK(order.at("parcels").as_array().size() == 1);
  CHECK(order.at_pointer("/parcels/0/shown") == true);
  CHECK(s.operate("GET", "orders/CMD/2026").status == 404);
  CHECK(s.operate("GET", "orders/unknown").status == 404);
}

TEST_CASE("a sweep is asked for, begins at once, is told while it runs, and cannot be asked for twice") {
  operations_client s;
  auto nobody = s.operate("POST", "sweeps", "{}");
  CHECK(nobody.status == 503);
  CHECK(nobody.header("Retry-After") != "");
  CHECK(s.operate("POST", "sweeps", R"({"account":"nobody"})").status == 404);
  CHECK(s.get_json("sweeps").at("sweeps").as_array().empty());
  auto idle = s.operate("GET", "scheduler/status");
  CHECK(idle.at("/isRunning") == false);
  CHECK(names(idle.document()) == std::set<std::string>{"success", "data", "status", "isRunning", "startedAt",
                                                        "stoppedAt", "activeJobs", "lastSyncs"});

  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "0s";
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("the first sweep's end", [&] {
    return s.db.value("select to_regclass('suivi.sweep') is not null and exists (select from suivi.sweep "
                      "where verdict = 'complete')") == "t";
  });
  auto in_flight = [&] {
    return s.get_json("accounts").at("accounts").as_array()[0].at("pace").at("inFlight");
  };
  CHECK(in_flight() == 0);
  s.courier_set(R"({"latency_ms":2500})"); // it shows itself every second
  auto requested = s.operate("POST", "sweeps", R"({"account":"example-a","kind":"full"})");
  CAPTURE(requested.body);
  REQUIRE(requested.status == 202);
  auto id = std::string(requested.at("/data/id").as_string());
  wait_until("its beginning", [&] { return s.get_json("sweeps/" + id).at("running") == true; });
  // Within a second of being asked for; the rest is for a machine under load.
  CHECK(s.db.value("select clock_timestamp() - started_at < interval '3 s' from suivi.sweep where id = " +
                   id) == "t");
  check_requested_once(s, id);
  CHECK(s.operate("GET", "scheduler/status").at("/activeJobs") == 1);
  wait_until("requests on their way", [&] { return in_flight() == 1; }); // page 1 alone
  s.courier_set(R"({"latency_ms":0})");
  wait_until("its end", [&] { return s.get_json("sweeps/" + id).at("verdict") == "complete"; });
  check_its_report(s, id);
  check_a_triggered_sweep(s);
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

TEST_CASE("an account is really tested and its row says when and how that ended") {
  operations_client s;
  auto column = [&](const std::string& name) {
    return s.db.value("select \"" + name + "\"::text from shipping_accounts where \"id\" = 'example-a'");
  };
  auto good = s.operate("POST", "accounts/example-a/test");
  CHECK(good.status == 200);
  CHECK(good.at("/success") == true);
  CHECK(names(good.at("/data")) == std::set<std::string>{"accountId", "accountName", "companyName",
                                                         "isConnected", "responseTime", "testedAt"});
  CHECK(good.at("/data/isConnected") == true);
  CHECK(column("lastTestStatus") == "success");
  CHECK(column("lastTestError") == "NULL");
  auto when = column("lastTestAt");
  s.courier_set(R"({"refused_tokens":["example-key-1"]})");
  auto bad = s.operate("POST", "accounts/example-a/test");
  CHECK(bad.status == 200);
  CHECK(bad.at("/success") == false);
  CHECK(bad.at("/data/isConnected") == false);
  CHECK(bad.body.find("example-key") == std::string::npos);
  CHECK(column("lastTestStatus") == "error");
  CHECK(column("lastTestError") != "NULL");
  CHECK(column("lastTestAt") > when);
  auto listed = s.get_json("accounts").at("accounts").as_array();
  REQUIRE(listed.size() == 1);
  for (const char* name : {"id", "name", "hasCredentials", "health", "problem", "breaker", "hooks",
                           "lastTestAt", "lastTestStatus", "lastTestError"})
    CHECK_MESSAGE(listed[0].as_object().contains(name), name);
  CHECK(listed[0].at("lastTestStatus") == "error");
  CHECK(text(listed).find("example-key") == std::string::npos);
  // One that the shop has only just added is known too.
  s.db.execute(R"(insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
                  select 'fresh', 'Fresh', "companyId", '{}', now() from shipping_accounts limit 1)");
  auto fresh = s.operate("POST", "accounts/fresh/test");
  CHECK(fresh.status == 200);
  CHECK(fresh.at("/success") == false);
  CHECK(s.operate("POST", "accounts/nobody/test").status == 404);
}

TEST_CASE("the stream tells of events, changes and sweeps as they come") {
  operations_client s;
  stream_client here(s.base);
  here.await(": here is what happens from now on");
  CHECK(here.received().find("Content-Type: text/event-stream") != std::string::npos);
  auto id = s.push("R1", 31);
  here.await("event: change\ndata: {\"reference\":\"R1\"");
  here.await("\"eventId\":\"" + id + "\"");
  here.await("\"id\":\"" + id + "\"");
  here.await("\"outcome\":\"applied\"");
  CHECK(here.received().find("event: event\ndata: {") != std::string::npos);
  CHECK(here.received().find("customer") == std::string::npos);
  auto swept = swept_id(sweep(s));
  here.await("event: sweep\ndata: {\"id\":\"" + swept + "\"");
  here.await("\"verdict\":\"complete\"");
}

TEST_CASE("who reads the stream too slowly is told so and cut off while others miss nothing") {
  operations_client s;
  stream_client lazy(s.base, true), eager(s.base);
  auto begun = std::chrono::steady_clock::now();
  eager.await("from now on");
  std::string filler(1000, 'x');
  constexpr int rounds = 30, changes = 500;
  for (int round = 0; round < rounds; ++round) {
    s.db.execute(fmt::format("insert into suivi.change (order_id, account, parcel, source, field, to_value) "
                             "select 'o1', 'example-a', 'u', 1,"
                             " 'notes', '{}' || n from generate_series(1, {}) n",
                             filler + std::to_string(round) + " ", changes));
    eager.await(fmt::format("x{} {}\"", round, changes));
  }
  lazy.await_end();
  // Nothing can be said to somebody who has read nothing for as long as a piece may take to be sent.
  bool dropped = lazy.received().find("event: dropped\ndata: {\"reason\":") != std::string::npos;
  CHECK((dropped || std::chrono::steady_clock::now() - begun > std::chrono::seconds(20)));
  CHECK(lazy.received().size() < eager.received().size());
  CHECK(eager.received().find("event: dropped") == std::string::npos);
  CHECK(eager.received().find("event: skipped") == std::string::npos);
  std::size_t count = 0;
  for (auto at = eager.received().find("event: change"); at != std::string::npos;
       at = eager.received().find("event: change", at + 1))
    ++count;
  CHECK(count == rounds * changes);
  // There is room for another one, and the receiver is well.
  stream_client next(s.base);
  next.await("from now on");
  CHECK(s.operate("GET", "coverage").status == 200);
}
