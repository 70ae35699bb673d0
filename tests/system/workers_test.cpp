// Workers as processes: several share the accounts and one that dies or freezes is replaced, an account's
// trouble is its own, what was missed is caught up once, what is asked for begins at once and shows how far
// it has come.
#include "tests/programs/reconciler_process.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>

using namespace suivi::test;

namespace {

const std::string one = "example-a:example-key-1:A";
const std::string two = "example-a:example-key-1:A,example-b:example-key-2:B";

// A lease lapses after 6 seconds, and every 2 seconds it is looked whether one has.
constexpr std::chrono::seconds takeover_patience{60 * slowness};

template <class Condition>
void within(std::chrono::seconds limit, const std::string& description, Condition holds) {
  for (auto end = std::chrono::steady_clock::now() + limit; !holds(); pause_briefly())
    if (std::chrono::steady_clock::now() > end) give_up(description);
}

bool query_is_true(const reconciler_process& s, const std::string& question) {
  return s.db.value(question) == "t";
}

// Scheduled for half a day from now, so that nothing becomes due while a test looks.
void schedule_far_away(reconciler_process& s) {
  s.environment["SUIVI_RECONCILER_TIMEZONE"] = "UTC";
  s.environment["SUIVI_RECONCILER_SCHEDULE"] =
      s.db.value("select to_char(now() at time zone 'UTC' + interval '12 hours', 'HH24:MI')");
}

// Two workers of which the first is in the middle of a sweep of the only account: some pages are written,
// most are not.
struct two_workers {
  reconciler_process s{one, 300};
  std::optional<program> first, second;

  two_workers() {
    schedule_far_away(s);
    s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "0s";
    s.set(R"({"latency_ms":1000})"); // sixty pages, ten at once
    first.emplace("suivi-reconciler", std::vector<std::string>{"run"}, s.environment);
    wait_until("the first one's rows", [&] {
      return s.db.value("select to_regclass('suivi.sweep') is not null") == "t" &&
             s.db.number("select count(*) from suivi.change") > 0;
    });
    second.emplace("suivi-reconciler", std::vector<std::string>{"run"}, s.environment);
    wait_until("the second one", [&] { return second->log().find("started") != std::string::npos; });
    REQUIRE(query_is_true(s, "select count(*) = 1 and bool_and(finished_at is null) from suivi.sweep"));
  }

  void second_takes_over() {
    s.set(R"({"latency_ms":0})");
    within(takeover_patience, "a complete sweep by the second one", [&] {
      return s.db.number("select count(*) from suivi.sweep where verdict = 'complete' and kind = 'full'") ==
             1;
    });
    // Seconds after the lease has lapsed: its last renewal was within a second of the first one's last sign
    // of life.
    CHECK(s.db.number(
              "select extract(epoch from b.started_at - a.seen_at)::int from suivi.sweep a, suivi.sweep b "
              "where a.id < b.id order by a.id, b.id limit 1") <=
          10 + 10 * slowness); // ten, and what a busy machine takes
    CHECK(query_is_true(s,
                        "select (select term from suivi.sweep order by id desc limit 1) > (select term from "
                        "suivi.sweep order "
                        "by id limit 1)"));
    CHECK(s.differences().empty());
  }
};

// Everything a sweeper writes, but for its own report.
std::string written(const reconciler_process& s) {
  return s.db.value(R"sql(
select md5((select string_agg(o::text || o.xmin, ',' order by o."id") from orders o)) ||
       md5((select string_agg(p::text || p.xmin, ',' order by p.id) from suivi.parcel p)) ||
       md5((select string_agg(c::text, ',' order by c.id) from suivi.change c)) ||
       (select full_watermark::text || term from suivi.account) ||
       (select "requestCount" from shipping_accounts)
)sql");
}

} // namespace

TEST_CASE("a worker killed in mid-sweep is replaced by another within seconds of the lapse of its lease") {
  two_workers w;
  w.first->signal(SIGKILL);
  w.first->wait();
  w.second_takes_over();
  CHECK(w.s.db.value("select verdict || ' ' || reason from suivi.sweep order by id limit 1") ==
        "incomplete killed before its end");
  w.second->signal(SIGTERM);
  CHECK(w.second->wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("a worker that froze in mid-sweep and wakes up when another has taken over writes nothing more, "
          "and goes on") {
  two_workers w;
  w.first->signal(SIGSTOP);
  w.second_takes_over();
  // Since then the shop was edited by hand, and Suivi has lost what it knew of times: nothing but the term is
  // left to keep the pages that the first one has been sent from being written.
  w.s.db.execute(R"sql(update orders set "shippingStatus" = 'by hand'; delete from suivi.parcel)sql");
  std::string before = written(w.s);
  w.first->signal(SIGCONT);
  wait_until("the first one's word that it was replaced", [&] {
    return query_is_true(w.s,
                         "select reason like '%another reconciler took the account over%' from suivi.sweep "
                         "order by id limit 1");
  });
  CHECK(written(w.s) == before);
  CHECK(w.s.db.number("select count(*) from suivi.sweep where verdict = 'complete'") == 1);

  // The second ends; the first is of use again.
  w.second->signal(SIGTERM);
  CHECK(w.second->wait(std::chrono::seconds(10)) == 0);
  w.s.db.execute("update suivi.sweep set started_at = started_at - interval '1 day'");
  within(takeover_patience, "a sweep by the first one",
         [&] { return w.s.db.number("select count(*) from suivi.sweep where verdict = 'complete'") == 2; });
  CHECK(w.s.differences().empty());
  w.first->signal(SIGTERM);
  CHECK(w.first->wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE(
    "a sweep that an operator asked for is begun again where its worker is killed, and where it is stopped") {
  reconciler_process s(one, 300);
  schedule_far_away(s);
  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "0s";
  (void)s.sweep(0);
  std::optional<program> worker, other;
  worker.emplace("suivi-reconciler", std::vector<std::string>{"run"}, s.environment);
  wait_until("the first one", [&] { return s.db.number("select count(*) from suivi.reconciler") == 1; });
  for (int signal : {SIGKILL, SIGTERM}) {
    s.set(R"({"latency_ms":1000})"); // sixty pages, ten at once
    std::string id = s.db.value("select sweep from suivi.ask_for_sweeps('{example-a}', 'full')");
    wait_until("the sweep", [&] {
      return query_is_true(s, "select exists (select from suivi.sweep where id = " + id + ")");
    });
    other.emplace("suivi-reconciler", std::vector<std::string>{"run"}, s.environment);
    wait_until("the other one", [&] { return other->log().find("started") != std::string::npos; });
    worker->signal(signal);
    worker->wait();
    s.set(R"({"latency_ms":0})");
    within(takeover_patience, "a complete sweep by the other one", [&] {
      return query_is_true(
          s, "select exists (select from suivi.sweep where verdict = 'complete' and kind = 'full' and id > " +
                 id + ")");
    });
    CHECK(s.db.value("select verdict from suivi.sweep where id = " + id) == "incomplete");
    CHECK(s.db.number("select count(*) from suivi.sweep_request") == 0);
    worker.emplace("suivi-reconciler", std::vector<std::string>{"run"}, s.environment);
    wait_until("the next one", [&] { return worker->log().find("started") != std::string::npos; });
    other->signal(SIGTERM);
    CHECK(other->wait(std::chrono::seconds(10)) == 0);
  }
  CHECK(s.db.number("select count(*) from suivi.sweep where kind = 'full'") >= 1 + 4);
  worker->signal(SIGTERM);
  CHECK(worker->wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE(
    "a worker whose account is switched off, or given another address, in mid-sweep ends that sweep and "
    "begins another") {
  reconciler_process s(one, 300);
  schedule_far_away(s);
  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "0s";
  s.set(R"({"latency_ms":1000})"); // sixty pages, ten at once
  program worker("suivi-reconciler", {"run"}, s.environment);
  auto change_in_midst = [&](const std::string& change, const std::string& reason) {
    wait_until("a sweep's middle", [&] {
      return query_is_true(s, "select to_regclass('suivi.sweep') is not null") &&
             query_is_true(s,
                           "select exists (select from suivi.sweep where finished_at is null and pages > 0)");
    });
    s.db.execute("update shipping_accounts set " + change);
    within(takeover_patience, "its end", [&] {
      return s.db.value("select reason from suivi.sweep where abandoned order by id desc limit 1") == reason;
    });
  };
  change_in_midst(R"("isActive" = false)", "the account was deleted or switched off meanwhile");
  CHECK(query_is_true(s, "select lease_until is null and full_watermark is null from suivi.account"));
  s.db.execute(R"(update shipping_accounts set "isActive" = true)");
  change_in_midst(R"("baseUrl" = replace("baseUrl", '127.0.0.1', 'localhost'))",
                  "the account was given another key or address meanwhile");
  s.set(R"({"latency_ms":0})");
  within(takeover_patience, "a complete sweep", [&] {
    return query_is_true(
        s, "select exists (select from suivi.sweep where kind = 'full' and verdict = 'complete')");
  });
  CHECK(s.differences().empty());
  worker.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("an account whose courier is slow holds up no other account of the same worker") {
  reconciler_process s(two, 100);
  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "300ms";
  reconciler_process slow(one, 10);
  slow.set(R"({"latency_ms":20000})");
  s.db.execute("update shipping_accounts set \"baseUrl\" = '" + slow.url + "' where \"id\" = 'example-a'");
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("several sweeps of the other", [&] {
    return query_is_true(s, "select to_regclass('suivi.sweep') is not null") &&
           s.db.number(
               "select count(*) from suivi.sweep where account = 'example-b' and verdict = 'complete'") >= 3;
  });
  CHECK(query_is_true(
      s,
      "select count(*) = 1 and bool_and(finished_at is null) from suivi.sweep where account = 'example-a'"));
  CHECK(s.differences("example-b").empty());
  worker.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("what was missed in days of downtime is caught up by one full sweep") {
  reconciler_process s(one, 30);
  schedule_far_away(s);
  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "100ms";
  (void)s.sweep(0);
  s.db.execute("update suivi.sweep set started_at = now() - interval '3 days'");
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("sweeps of both kinds", [&] {
    return s.db.number(
               "select count(*) from suivi.sweep where kind = 'incremental' and verdict = 'complete'") >= 3;
  });
  CHECK(s.db.number("select count(*) from suivi.sweep where kind = 'full'") == 2);
  CHECK(s.db.value("select string_agg(kind, ' ' order by id) from (select id, kind from suivi.sweep order by "
                   "id limit 3) f") == "full full incremental");
  worker.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("a sweep that is asked for over the API begins within a second and shows how far it has come while "
          "it runs") {
  reconciler_process s(one, 200);
  schedule_far_away(s);
  auto environment = s.environment;
  environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "0s";
  environment["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:0";
  environment["SUIVI_ADMIN_TOKEN"] = "example-admin-token";
  environment["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  (void)s.sweep(0);
  program worker("suivi-reconciler", {"run"}, environment);
  program receiver("suivi-receiver", {"serve"}, environment);
  std::string base = fmt::format("http://127.0.0.1:{}", receiver.number_from_log("port"));
  std::string api = base + "/api/v1/sweeps", token = "Bearer example-admin-token";
  wait_until("readiness", [&] { return http_get(base + "/readyz").status == 200; });
  wait_until("the worker's sign of life", [&] {
    return s.db.number("select count(*) from suivi.reconciler where stopped_at is null") == 1 &&
           s.db.number("select count(*) from suivi.sweep where finished_at is null") == 0;
  });
  s.set(R"({"latency_ms":700})"); // forty pages, ten at once at most: some seconds
  std::string at = s.db.value("select clock_timestamp()");
  auto answer = http_post(api, "{}", token);
  CAPTURE(answer.body);
  REQUIRE(answer.status == 202);
  std::string id(json::parse(answer.body).at("data").at("id").as_string());
  bool moved = false;
  std::int64_t far = 0;
  wait_until("its end", [&] {
    auto response = http_get(api + "/" + id, token);
    if (response.status != 200) return false; // not begun
    const json::value report = json::parse(response.body).at("data");
    std::int64_t pages = report.at("pages").to_number<std::int64_t>();
    CHECK(pages >= far);
    moved = moved || (pages > 0 && pages < 40 && report.at("fetched").to_number<std::int64_t>() > 0);
    far = pages;
    return report.at("verdict").as_string() == "complete";
  });
  CHECK(moved);
  CHECK(query_is_true(s, "select started_at - '" + at +
                             "' < interval '1 second' from suivi.sweep where id = " + id));
  CHECK(http_post(api, R"({"account":"no-such"})", token).status == 404);
}

TEST_CASE("neither a hangup nor a broken pipe ends either program, and SIGTERM still does") {
  reconciler_process s{one, 5};
  schedule_far_away(s);
  s.environment["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:0";
  s.environment["SUIVI_RECEIVER_ALLOW_OPEN"] = "true";
  for (const char* name : {"suivi-reconciler", "suivi-receiver"}) {
    CAPTURE(name);
    program process(name, {}, s.environment);
    wait_until("its start", [&] { return process.log().find("\"listen\":") != std::string::npos; });
    process.signal(SIGHUP);
    process.signal(SIGPIPE);
    process.signal(SIGTERM);
    CHECK(process.wait() == 0);
  }
}

TEST_CASE("an account's sweeps keep apart by the worker's own clock, whatever the tables say is due") {
  reconciler_process s(one, 5);
  schedule_far_away(s);
  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "20s"; // ten between two starts at least
  run_program("suivi-reconciler", {"migrate"}, s.environment);
  s.db.execute(R"(create table begun (at timestamptz default clock_timestamp());
    create function long_ago() returns trigger language plpgsql security definer as $$
    begin insert into public.begun default values; new.started_at := now() - interval '2 days'; return new; end $$;
    create trigger long_ago before insert on suivi.sweep for each row execute function long_ago())");
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("a second sweep", [&] { return s.db.number("select count(*) from begun") >= 2; });
  // Without that they follow each other at once.
  CHECK(s.db.value("select min(at) filter (where n = 2) - min(at) > interval '5 s' "
                   "from (select at, row_number() over (order by at) as n from begun) b") == "t");
}

TEST_CASE("SIGHUP and SIGPIPE end no worker") {
  reconciler_process s(one, 3);
  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "1s";
  program worker("suivi-reconciler", {"run"}, s.environment);
  auto sweeps = [&] {
    return s.db.value("select to_regclass('suivi.sweep') is not null") == "t"
               ? s.db.number("select count(*) from suivi.sweep where verdict = 'complete'")
               : 0;
  };
  wait_until("a sweep", [&] { return sweeps() > 0; });
  for (int number : {SIGHUP, SIGPIPE}) {
    worker.signal(number);
    std::int64_t before = sweeps();
    wait_until("sweeps afterwards", [&] { return sweeps() > before + 1; });
  }
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}
