// The database goes, processes are killed, the database comes back: every webhook that was answered with 2xx is in the
// events once and applied.
#include "tests/support/connected.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"
#include "tests/system/program.hpp"

#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

using namespace suivi;
using namespace suivi::test;

namespace {

constexpr int orders = 2000;

// A cluster of the test's own, with a shop in it, that can be stopped as by a crash.
class cluster {
 public:
  cluster() {
    control("start");
    std::ifstream(folder_.path() + "/url") >> url_;
    auto loaded = run_program("suivi-maystro-sim", {"load-shop", "--database", url_, "--accounts", "example-a:example-key-1:A",
                                                    "--base-url", "http://127.0.0.1:1", "--orders", "10", "--known", "5"});
    CAPTURE(loaded.log);
    REQUIRE(loaded.status == 0);
    script("alter database postgres set synchronous_commit = on"); // the run's clusters do without
    script(R"(insert into customers ("id", "name", "phone", "updatedAt") values ('c', 'Client', '0550000001', now());
      insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "updatedAt")
      select 'o' || n, 'R' || n, 'c', 1, (select "id" from shipping_accounts limit 1), now()
      from generate_series(1, 2000) n)");
  }
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;
  ~cluster() { std::system(command("stop").c_str()); }

  void halt() { control("halt"); }
  void resume() { control("resume"); }
  [[nodiscard]] const std::string& url() const { return url_; }

  void script(std::string sql) const {
    auto steps = [&]() -> task<void> {
      auto db = co_await connected(options());
      auto done = co_await db.run_script(sql);
      REQUIRE(done);
    };
    run(steps);
  }
  // "" where the database is not there.
  [[nodiscard]] std::string value(std::string sql) const {
    auto steps = [&]() -> task<std::string> {
      auto with = options();
      auto db = co_await pg::connection::connect(with);
      if (!db) co_return "";
      pg::statement what{"", sql};
      auto rows = co_await db->run(what);
      if (!rows) co_return "";
      co_return std::string(rows->text(0, 0));
    };
    return run(steps);
  }

 private:
  [[nodiscard]] pg::connect_options options() const {
    pg::connect_options with;
    with.url = url_;
    return with;
  }
  [[nodiscard]] std::string command(const std::string& verb) const {
    return SUIVI_TEST_SUPPORT "/cluster.sh " + verb + " " + folder_.path() + " >/dev/null 2>&1";
  }
  void control(const std::string& verb) const {
    CAPTURE(verb);
    REQUIRE(std::system(command(verb).c_str()) == 0);
  }

  folder folder_;
  std::string url_;
};

// Starts, is killed and starts again with the same settings and the same spool.
struct receiver {
  receiver(const cluster& db, const std::string& spool)
      : environment{{"DATABASE_URL", db.url()},
                    {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                    {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                    {"SUIVI_RECEIVER_SPOOL", spool}} {
    start();
  }

  void start() {
    process.emplace("suivi-receiver", std::vector<std::string>(), environment);
    base = "http://127.0.0.1:" + std::to_string(process->number_from_log("port"));
    wait_until("readiness", [&] { return http_get(base + "/readyz").status == 200; });
  }
  void kill() {
    process->signal(SIGKILL);
    process->wait();
  }
  // Whether it was acknowledged; notes the answer.
  bool push(int n) {
    auto id = std::to_string(n);
    auto got = http_post(base + "/webhooks/maystro/example-secret?account=example-a",
                         R"({"event":"OrderStatusChanged","payload":{"id":"u)" + id + R"(","status":31,"external_order_id":"R)" +
                             id + "\"}}");
    if (got.status == 200 || got.status == 202) acknowledged.insert(n);
    if (got.body == R"({"success":true,"outcome":"spooled"})" && got.status == 202) ++spooled;
    return got.status == 200 || got.status == 202;
  }
  void push_all(int from, int to) {
    for (int n = from; n < to; ++n) push(n);
  }
  [[nodiscard]] double metric(const std::string& name) const {
    std::istringstream lines(http_get(base + "/metrics").body);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    return -1;
  }
  [[nodiscard]] std::string readiness() const { return http_get(base + "/readyz").body; }

  std::map<std::string, std::string> environment;
  std::optional<program> process;
  std::string base;
  std::set<int> acknowledged;
  int spooled = 0;
};

void check_everything_acknowledged_is_there_once(const cluster& db, const receiver& r) {
  CHECK(db.value("select count(*) - count(distinct reference) from suivi.inbox") == "0");
  for (int n : r.acknowledged) {
    CAPTURE(n);
    auto id = std::to_string(n);
    CHECK(db.value("select count(*) from suivi.inbox where reference = 'R" + id + "'") == "1");
  }
  auto applied = R"(select count(*) from suivi.inbox i join orders o on o."reference" = i.reference
                    where o."shippingStatus" = 'EXPÉDIÉ' and o."maystroOrderId" = i.uuid)";
  CHECK(db.value(applied) == db.value("select count(*) from suivi.inbox"));
}

} // namespace

TEST_CASE("the database crashes and the receiver is killed twice and nothing acknowledged is lost or doubled") {
  cluster db;
  folder spool;
  receiver r(db, spool.path() + "/made");
  CHECK(r.readiness() == R"({"database":"up","spooled":0})"); // ready means: the database was looked for
  r.push_all(1, 11);
  CHECK(r.acknowledged.size() == 10);
  CHECK(r.spooled == 0);

  // The crash comes between them, wherever that is.
  std::thread courier([&] { r.push_all(11, 61); });
  wait_until("some more events", [&] { return db.value("select count(*) > 15 from suivi.inbox") == "t"; });
  db.halt();
  courier.join();
  CHECK(r.acknowledged.size() == 60);
  r.push_all(61, 81);
  CHECK(r.acknowledged.size() == 80);
  CHECK(r.spooled >= 20);
  auto kept = std::to_string(r.spooled);
  CHECK(r.readiness() == R"({"database":"down","spooled":)" + kept + "}");
  CHECK(r.metric("suivi_spool_events") == r.spooled);
  CHECK(r.metric("suivi_spool_oldest_seconds") > 0);
  CHECK(r.metric("suivi_events_pending") >= r.spooled);

  std::thread doomed([&] { r.push_all(81, 200); });
  wait_until("some in the spool", [&] { return r.metric("suivi_spool_events") > r.spooled - 1; });
  r.kill();
  doomed.join();
  r.start();
  CHECK(http_get(r.base + "/readyz").status == 200);
  r.push_all(200, 220);

  db.resume();
  wait_until("an empty spool", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  wait_until("no event pending", [&] { return r.metric("suivi_events_pending") == 0; });
  check_everything_acknowledged_is_there_once(db, r);
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("killed in the middle of the drain the receiver drains the rest at its next start") {
  cluster db;
  folder spool;
  receiver r(db, spool.path());
  wait_until("the database", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  // The drain's second batch stays at its 550th webhook.
  db.script(R"(create function linger() returns trigger language plpgsql as $$
    begin if new.reference = 'R550' then perform pg_sleep(3600); end if; return new; end $$;
    create trigger linger before insert on suivi.inbox for each row execute function linger())");
  db.halt();
  wait_until("absence", [&] { return r.readiness().starts_with(R"({"database":"down")"); });
  r.push_all(1, 701);
  CHECK(r.spooled == 700);
  db.resume();
  wait_until("the second batch under way",
             [&] { return db.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "1"; });
  CHECK(db.value("select count(*) from suivi.inbox") == "500");
  r.kill();
  // The server knows nothing of the kill and would go on.
  db.script("select pg_terminate_backend(pid, 5000) from pg_stat_activity where wait_event = 'PgSleep'");
  db.script("drop trigger linger on suivi.inbox");
  r.start();
  wait_until("an empty spool", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  wait_until("no event pending", [&] { return r.metric("suivi_events_pending") == 0; });
  check_everything_acknowledged_is_there_once(db, r);
}

TEST_CASE("a spool that is full means 503 with the database away and room again afterwards") {
  cluster db;
  folder spool;
  receiver r(db, spool.path());
  r.environment["SUIVI_RECEIVER_SPOOL_MAX"] = "4KiB";
  r.kill();
  db.halt();
  r.start();
  int taken = 0;
  while (taken < orders && r.push(taken + 1)) ++taken;
  CHECK(taken > 5);
  CHECK(taken < 100);
  CHECK(http_get(r.base + "/readyz").status == 503);
  db.resume();
  wait_until("an empty spool", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  CHECK(r.push(taken + 1));
  wait_until("no event pending", [&] { return r.metric("suivi_events_pending") == 0; });
  check_everything_acknowledged_is_there_once(db, r);
}
