// What the screen asks of the real receiver: whether the business is right, orders searched and filtered, the
// journal, webhooks one by one, sweeps folded, and what an operator can have done.
#include "tests/programs/operations_client.hpp"
#include "tests/support/gate.hpp"

using namespace suivi;
using namespace suivi::test;

namespace {

std::set<std::string> kinds(const operations_client& s) {
  std::set<std::string> all;
  auto data = s.get_json("problems");
  for (const auto& p : data.at("problems").as_array()) all.emplace(p.at("kind").as_string());
  return all;
}

std::vector<std::string> references(const json::value& data) {
  std::vector<std::string> all;
  for (const auto& o : data.at("orders").as_array()) all.emplace_back(o.at("reference").as_string());
  return all;
}

struct with_worker : operations_client {
  std::optional<program> worker;
  with_worker() {
    environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "0s";
    worker.emplace("suivi-reconciler", std::vector<std::string>{"run"}, environment);
  }
  void await_complete() const {
    wait_until("a complete full sweep", [&] {
      return db.value("select count(*) from suivi.sweep where verdict = 'complete'") != "0";
    });
  }
};

} // namespace

TEST_CASE(
    "the overview is unknown before the first complete sweep, and says then how many orders are covered") {
  with_worker s;
  auto first = s.get_json("overview");
  CHECK(first.at("timezone") == "Africa/Algiers");
  s.await_complete();
  wait_until("a sample after the sweep", [&] {
    auto sampled = s.get_json("overview");
    return sampled.at_pointer("/coverage/withTracking") == s.get_json("coverage").at("withTracking") &&
           sampled.at("lastComplete").is_string() && sampled.at_pointer("/freshness/open").as_int64() > 0;
  });
  auto overview = s.get_json("overview");
  auto counted = s.get_json("coverage");
  CHECK(overview.at_pointer("/coverage/total") == counted.at("total"));
  CHECK(overview.at_pointer("/coverage/withTracking") == counted.at("withTracking"));
  CHECK(overview.at_pointer("/coverage/coveragePercentage") == counted.at("coveragePercentage"));
  CHECK(overview.at_pointer("/coverage/weekAgo").is_null());
  CHECK(overview.at("lastComplete").is_string());
  CHECK(overview.at_pointer("/untracked/olderThanSeconds") == 21'600);
  CHECK(overview.at_pointer("/freshness/boundSeconds") == 86'400);
  CHECK(overview.at_pointer("/freshness/open").as_int64() > 0);
  CHECK(overview.at_pointer("/missed/period") == "7d");
  wait_until("the times of the next sweeps",
             [&] { return s.get_json("overview").at("nextFull").is_string(); });
  wait_until("the schedule", [&] {
    return text(s.get_json("overview").at("schedule")) == R"(["00:00","06:00","12:00","18:00"])";
  });
}

TEST_CASE("a webhook that is not understood is a problem with a view, and gone when it is deleted") {
  operations_client s;
  auto bad = s.push_raw("nonsense");
  auto id = std::string(bad.at("id").as_string());
  auto all = s.get_json("problems").at("problems").as_array();
  bool found = false;
  for (const auto& p : all)
    if (p.at("kind") == "quarantined") {
      found = true;
      CHECK(p.at("severity") == "attention");
      CHECK(p.at("count") == 1);
      CHECK(p.at("since").is_string());
      CHECK(p.at("view") == "#/webhooks?outcome=quarantined");
      CHECK(p.at("action").is_null());
    }
  CHECK(found);
  CHECK(s.get_json("overview").at_pointer("/waiting/quarantined") == 1);
  auto gone = s.operate("POST", "webhooks/events/delete", R"({"ids":[")" + id + R"(","999","x"]})");
  CHECK(gone.status == 200);
  CHECK(gone.at("/data/deleted") == 1);
  CHECK(gone.at("/data/refused").as_array().empty());
  wait_until("no quarantined webhook", [&] { return !kinds(s).contains("quarantined"); });
}

TEST_CASE("a stopped reconciler is late, most severe first, and its leaving is seen by itself") {
  with_worker s;
  wait_until("a reconciler", [&] { return s.db.number("select count(*) from suivi.reconciler") == 1; });
  s.worker->signal(SIGTERM);
  REQUIRE(s.worker->wait() == 0);
  wait_until("no reconciler", [&] { return kinds(s).contains("no_reconciler"); });
  CHECK(s.get_json("problems").at_pointer("/problems/0/severity") == "late");
  auto overview = s.get_json("overview");
  CHECK(overview.at("verdict") == "late");
  CHECK(text(overview.at("reasons")).find("no_reconciler") != std::string::npos);
  CHECK(overview.at("since").is_string());
  s.worker.emplace("suivi-reconciler", std::vector<std::string>{"run"}, s.environment);
  wait_until("a reconciler again", [&] { return !kinds(s).contains("no_reconciler"); });
}

TEST_CASE(
    "a refused key is a problem with a test as its action, and goes when the courier accepts it again") {
  operations_client s;
  s.db.execute(
      R"(update shipping_accounts set "credentials" = '{"apiKey":"example-wrong"}' where "id" = 'example-a')");
  auto tested = s.operate("POST", "accounts/example-a/test");
  CHECK(tested.status == 200);
  CHECK(tested.at("/success") == false);
  CHECK(tested.at("/data/isConnected") == false);
  REQUIRE(kinds(s).contains("key_refused"));
  auto problem = s.get_json("problems").at_pointer("/problems/0");
  CHECK(problem.at("account") == "example-a");
  CHECK(problem.at("accountName") == "Main");
  CHECK(problem.at_pointer("/action/path") == "/api/v1/accounts/example-a/test");
  s.db.execute(
      R"(update shipping_accounts set "credentials" = '{"apiKey":"example-key-1"}' where "id" = 'example-a')");
  wait_until("the key is accepted", [&] { return !kinds(s).contains("key_refused"); });
}

TEST_CASE("orders are listed by views, filters, search and cursor, newest first") {
  operations_client s;
  s.db.execute(
      R"(update orders set "createdAt" = now() at time zone 'UTC' - interval '10 days', "status" = 'SHIPPED'
                  where "id" in ('o1', 'o2', 'o3');
                  update orders set "status" = 'PENDING' where "id" = 'o3';
                  update orders set "shippingAccountId" = null where "id" = 'o4')");
  auto untracked = s.get_json("orders?view=untracked&account=example-a&query=R");
  CHECK(references(untracked) == std::vector<std::string>{"R2", "R1"});
  CHECK(untracked.at_pointer("/orders/0/why") == "not_asked");
  CHECK(untracked.at_pointer("/orders/0/courier") == "maystro");
  CHECK(untracked.at_pointer("/orders/0/trackingNumber").is_null());
  wait_until("a fresh sample", [&] { return s.get_json("orders").at_pointer("/counts/unassigned") == 1; });
  CHECK(references(s.get_json("orders?view=unassigned")) == std::vector<std::string>{"R4"});
  CHECK(references(s.get_json("orders?query=R17")) == std::vector<std::string>{"R17"});
  auto shipped = s.get_json("orders?status=SHIPPED&query=R");
  CHECK(shipped.at("orders").as_array().size() == 2);

  std::set<std::string> overview;
  std::string next;
  std::int64_t all = s.db.number("select count(*) from orders");
  for (int page = 0; page < 20; ++page) {
    auto data = s.get_json("orders?limit=7&after=" + next);
    for (const auto& reference : references(data)) CHECK(overview.insert(reference).second);
    if (data.at("next").is_null()) break;
    next = data.at("next").as_string();
  }
  CHECK(static_cast<std::int64_t>(overview.size()) == all);

  auto id = s.push("R5", 32, R"(,"alert_reason":"nobody there")");
  s.await(id, "applied");
  CHECK(references(s.get_json("orders?view=alerted&query=R5")) == std::vector<std::string>{"R5"});
  CHECK(s.get_json("orders?query=u-R5").at_pointer("/orders/0/changedBy") == "webhook");
  for (const char* bad : {"orders?view=x", "orders?limit=0", "orders?after=x"})
    CHECK(s.operate("GET", bad).status == 400);
}

TEST_CASE("the journal goes back page by page and an event is shown in full, its body masked") {
  operations_client s;
  for (int n = 1; n <= 3; ++n) s.await(s.push("R" + std::to_string(n), 31), "applied");
  auto id = s.push("R4", 31, R"(,"customer_name":"Hidden One")");
  s.await(id, "applied");
  std::size_t all = 0;
  std::string before;
  do {
    auto page = s.get_json("changes?limit=2&before=" + before);
    all += page.at("changes").as_array().size();
    before = page.at("next").is_null() ? "" : std::string(page.at("next").as_string());
  } while (!before.empty());
  CHECK(static_cast<std::int64_t>(all) == s.db.number("select count(*) from suivi.change"));
  CHECK(s.get_json("changes").at_pointer("/changes/0/reference") == "R4");

  auto event = s.get_json("webhooks/events/" + id);
  CHECK(event.at("account") == "example-a");
  CHECK(event.at("settledAt").is_string());
  CHECK(event.at("bytes").as_int64() > 50);
  CHECK(std::string(event.at("raw").as_string()).find("Hidden") == std::string::npos);
  CHECK(std::string(event.at("raw").as_string()).find("\"R4\"") != std::string::npos);
  for (const char* nothing : {"webhooks/events/999999", "webhooks/events/x", "webhooks/events/-1"})
    CHECK(s.operate("GET", nothing).status == 404);

  auto page = s.get_json("webhooks/events?after=&limit=3&payload=false&settled=true");
  CHECK(names(page.at("pagination")) == std::set<std::string>{"limit", "next"});
  CHECK_FALSE(page.at_pointer("/events/0").as_object().contains("payload"));
  CHECK(page.at_pointer("/events/0").as_object().contains("settledAt"));
  auto rest = s.get_json("webhooks/events?limit=3&after=" +
                         std::string(page.at_pointer("/pagination/next").as_string()));
  CHECK(rest.at("events").as_array().size() == 1);
  CHECK_FALSE(rest.at_pointer("/events/0").as_object().contains("settledAt"));
  CHECK(rest.at_pointer("/pagination/next").is_null());
  CHECK(s.get_json("webhooks/events?account=example-a").at_pointer("/pagination/totalCount") == 4);
  CHECK(s.operate("GET", "webhooks/events?account=example-b").status == 404);
  auto too_many = R"({"ids":["1")" + [] {
    std::string more;
    for (int n = 0; n < 1000; ++n) more += ",\"1\"";
    return more;
  }() + "]}";
  CHECK(s.operate("POST", "webhooks/events/delete", too_many).status == 400);
}

TEST_CASE("sweeps are listed by kind, verdict and cursor, and the incremental ones folded") {
  operations_client s;
  s.db.execute(R"(insert into suivi.account (id, name) values ('example-a', 'Main');
    insert into suivi.sweep (account, account_name, kind, term, owner, finished_at, verdict, pages)
    select 'example-a', 'Main', case when n % 4 = 0 then 'full' else 'incremental' end, 1, 'x', now(),
           case when n = 8 then 'incomplete' else 'complete' end, n
    from generate_series(1, 12) n)");
  CHECK(s.get_json("sweeps?kind=full").at("sweeps").as_array().size() == 3);
  CHECK(s.get_json("sweeps?verdict=incomplete").at("sweeps").as_array().size() == 1);
  CHECK(s.operate("GET", "sweeps?account=example-b").status == 404);
  auto first = s.get_json("sweeps?limit=5");
  auto second = s.get_json("sweeps?limit=50&after=" + std::string(first.at("next").as_string()));
  CHECK(second.at("sweeps").as_array().size() == 7);
  CHECK(second.at("next").is_null());
  auto folded = s.get_json("sweeps?fold=true").at("sweeps").as_array();
  REQUIRE(folded.size() == 6);
  CHECK(folded[0].at("kind") == "full");
  CHECK(folded[1].at("folded") == 3);
  CHECK(folded[1].at("pages") == 11 + 10 + 9);
  CHECK(folded[1].at("account") == "example-a");
  s.db.execute(R"(update suivi.sweep set started_at = now() - (13 - pages) * interval '1 hour',
                         finished_at = now() - (13 - pages) * interval '1 hour' + interval '1 minute';
    insert into suivi.sample (account, at, orders, tracked, untracked, unknown, open, told, alerted, unchecked)
    values ('example-a', now() - interval '2 hours', 0, 0, 0, 0, 0, 7, 0, 0))");
  auto with_reported = s.get_json("sweeps?fold=true").at("sweeps").as_array();
  CHECK(with_reported[0].at("told") == 7);
  CHECK(with_reported[1].at("told") == 7);
  CHECK(with_reported[2].at("told") == 0);
  CHECK(with_reported[4].at("told").is_null()); // none before it
  CHECK_FALSE(s.get_json("sweeps?kind=full").at_pointer("/sweeps/0").as_object().contains("told"));
  CHECK(s.operate("GET", "sweeps?kind=x").status == 400);
}

TEST_CASE("the courier is asked for an order at once, its answer applied, and what cannot be asked is told") {
  operations_client s;
  auto reference = s.db.value(
      R"(select "reference" from orders where "trackingNumber" is null and "id" !~ '^o[0-9]+$' order by 1 limit 1)");
  REQUIRE_FALSE(reference.empty());
  auto got = s.operate("POST", "orders/" + reference + "/ask");
  CAPTURE(got.body);
  CHECK(got.status == 200);
  CHECK(got.at("/success") == true);
  CHECK(got.at("/data/outcome") == "applied");
  CHECK(got.at("/data/order/trackingNumber").is_string());
  CHECK_FALSE(got.at("/data/changes").as_array().empty());
  CHECK(s.operate("POST", "orders/" + reference + "/ask").at("/data/outcome") == "unchanged");
  auto absent = s.operate("POST", "orders/R7/ask");
  CHECK(absent.status == 200);
  CHECK(absent.at("/success") == true);
  CHECK(absent.at("/data/outcome") == "not_found");
  CHECK(s.operate("POST", "orders/nothing/ask").status == 404);
}

TEST_CASE("hooks are registered by the reconciler while the operator waits, and without one that is told") {
  operations_client s;
  auto alone = s.operate("POST", "accounts/example-a/hooks");
  CHECK(alone.status == 503);
  CHECK_FALSE(alone.header("Retry-After").empty());
  CHECK(s.operate("POST", "accounts/nobody/hooks").status == 404);
  s.environment["SUIVI_RECEIVER_PUBLIC_URL"] = "https://shop.example";
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("a reconciler", [&] { return s.db.number("select count(*) from suivi.reconciler") == 1; });
  auto got = s.operate("POST", "accounts/example-a/hooks");
  CAPTURE(got.body);
  CHECK(got.status == 200);
  CHECK(got.at("/success") == true);
  CHECK(got.at("/data/problem").is_null());
  CHECK(got.at("/data/wanted").as_array().size() == got.at("/data/registered").as_array().size());
  auto account = s.get_json("accounts").at_pointer("/accounts/0");
  CHECK(account.at_pointer("/hooks/wanted") == got.at("/data/wanted"));
  CHECK(account.at("courier") == "maystro");
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

TEST_CASE("figures over time are there for each name and period, and what is none of them is named") {
  operations_client s;
  s.await(s.push("R1", 31), "applied");
  for (const char* name : {"coverage", "webhooks", "missed", "freshness"})
    for (const char* period : {"1h", "24h", "7d", "30d", "90d"}) {
      auto series = s.get_json("series?name=" + std::string(name) + "&period=" + period);
      CHECK(series.at("name") == name);
      CHECK(series.at("stepSeconds").as_int64() > 0);
    }
  auto webhooks = s.get_json("series?name=webhooks&period=1h").at("points").as_array();
  REQUIRE_FALSE(webhooks.empty());
  CHECK(webhooks[0].at("applied") == 1);
  auto of_account = s.get_json("series?name=coverage&period=24h&account=example-a").at("points").as_array();
  REQUIRE_FALSE(of_account.empty());
  CHECK_FALSE(of_account[0].as_object().contains("byAccount"));
  CHECK(s.operate("GET", "series?name=coverage&account=nobody").status == 404);
  CHECK(s.operate("GET", "series?name=x").status == 400);
  CHECK(s.operate("GET", "series?name=coverage&period=2h").status == 400);
}

TEST_CASE("while the database is away the overview and the problems are answered from the last figures") {
  operations_client s;
  gate to_database(s.db.url());
  s.restart_with("DATABASE_URL", to_database.url());
  wait_until("figures", [&] { return s.get_json("overview").at_pointer("/coverage/total").as_int64() > 0; });
  to_database.refuse();
  to_database.sever();
  wait_until("the problem", [&] { return kinds(s).contains("database_away"); });
  auto overview = s.get_json("overview");
  CHECK(overview.at("verdict") == "late");
  CHECK(overview.at_pointer("/coverage/total").as_int64() > 0);
  CHECK(overview.at("asOf").is_string());
  CHECK(s.operate("GET", "orders").status == 503);
  to_database.pass();
  wait_until("the database is back", [&] { return !kinds(s).contains("database_away"); });
}

TEST_CASE("the description of the API is OpenAPI 3.1, needs no token, and has every address") {
  operations_client s;
  auto got = ask("GET", s.base + "/api/v1/openapi.json");
  CHECK(got.status == 200);
  CHECK(got.header("Content-Type") == "application/json");
  CHECK(got.document() == api_document());
  CHECK(std::string(api_document().at("openapi").as_string()).starts_with("3.1"));
  CHECK(api_document().at("paths").as_object().size() > 25);
}
