// A receiver and a database of its own that a test may stop, freeze or refuse it, and what must hold
// afterwards.
#pragma once

#include "tests/programs/program.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

namespace suivi::test {

constexpr int orders_of_cluster = 2000;

// A cluster of the test's own, with a shop in it, that can be stopped as by a crash.
class cluster {
 public:
  cluster() {
    control("start");
    std::ifstream(folder_.path() + "/url") >> url_;
    auto loaded = run_program("suivi-maystro-sim",
                              {"load-shop", "--database", url_, "--accounts", "example-a:example-key-1:A",
                               "--base-url", "http://127.0.0.1:1", "--orders", "10", "--known", "5"});
    CAPTURE(loaded.log);
    REQUIRE(loaded.status == 0);
    script("alter database postgres set synchronous_commit = on"); // the run's clusters do without
    script(customer_sql() + orders_sql("o", "R", 1, 2000, R"((select "id" from shipping_accounts limit 1))"));
  }
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;
  ~cluster() {
    thaw();
    (void)std::system(command("stop").c_str());
  }

  void halt() { control("halt"); }
  void resume() { control("resume"); }
  // Every process of it stands still, as on a machine that hangs: connections stay open and nothing answers.
  void freeze() {
    frozen_ = server_processes();
    kill(frozen_.front(), SIGSTOP);
    frozen_ = server_processes(); // no new ones from here on
    for (pid_t one : frozen_) kill(one, SIGSTOP);
  }
  void thaw() {
    for (pid_t one : frozen_) kill(one, SIGCONT);
    frozen_.clear();
  }
  // Puts a line before all others that say who may connect.
  void admit(const std::string& rule) const {
    auto path = location() + "/data/pg_hba.conf";
    std::stringstream others;
    others << std::ifstream(path).rdbuf();
    std::ofstream(path) << rule << "\n" << others.str();
    script("select pg_reload_conf()");
  }
  [[nodiscard]] std::string server_log() const {
    std::stringstream all;
    all << std::ifstream(location() + "/log").rdbuf();
    return all.str();
  }
  // Ends the receiver's sessions, as a server does that is shut down (57P01).
  void end_sessions() const {
    script("select pg_terminate_backend(pid) from pg_stat_activity where application_name like "
           "'suivi-receiver%'");
  }
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
      pg::statement query{"", sql};
      auto rows = co_await db->run(query);
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

  [[nodiscard]] std::string location() const {
    std::string place;
    std::ifstream(folder_.path() + "/location") >> place;
    return place;
  }
  // The postmaster and its children.
  [[nodiscard]] std::vector<pid_t> server_processes() const {
    std::vector<pid_t> all(1);
    std::ifstream(location() + "/data/postmaster.pid") >> all[0];
    auto number = std::to_string(all[0]);
    std::ifstream children("/proc/" + number + "/task/" + number + "/children");
    for (pid_t one = 0; children >> one;) all.push_back(one);
    return all;
  }

  folder folder_;
  std::string url_;
  std::vector<pid_t> frozen_;
};

// Starts, is killed and starts again with the same settings and the same spool.
struct receiver {
  receiver(const std::string& database, const std::string& spool, const std::string& spool_max = "1GiB")
      : environment{{"DATABASE_URL", database},
                    {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                    {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                    {"SUIVI_ADMIN_TOKEN", "example-admin"},
                    {"SUIVI_RECEIVER_SPOOL", spool},
                    {"SUIVI_RECEIVER_SPOOL_MAX", spool_max}} {
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
                         R"({"event":"OrderStatusChanged","payload":{"id":"u)" + id +
                             R"(","status":31,"external_order_id":"R)" + id + "\"}}");
    bool kept = got.status == 200 || got.status == 202;
    std::lock_guard hold(noting_);
    if (kept) acknowledged.insert(n);
    if (got.body == R"({"success":true,"outcome":"spooled"})" && got.status == 202) ++spooled;
    if (!kept && got.status != 0) MESSAGE("webhook ", n, " was answered ", got.status, " ", got.body);
    return kept;
  }
  // As a courier does: a few at a time, and what a busy disk makes a 503 is sent again.
  void push_all(int from, int to) {
    constexpr int senders_max = 8;
    std::atomic<int> next = from;
    auto send = [&] {
      for (int n = next++; n < to; n = next++)
        for (int tries = 0; tries < 3 && !push(n); ++tries) {
        }
    };
    std::vector<std::jthread> senders;
    for (int i = 0; i < senders_max; ++i) senders.emplace_back(send);
  }
  [[nodiscard]] double metric(const std::string& name) const {
    return test::metric(http_get(base + "/metrics").body, name);
  }
  [[nodiscard]] std::string readiness() const { return http_get(base + "/readyz").body; }

  std::map<std::string, std::string> environment;
  std::optional<program> process;
  std::string base;
  std::set<int> acknowledged;
  int spooled = 0;

 private:
  std::mutex noting_;
};

inline void check_everything_acknowledged_is_there_once(const cluster& db, const receiver& r) {
  CHECK(db.value("select count(*) - count(distinct reference) from suivi.inbox") == "0");
  auto missing = "select coalesce(string_agg('R' || n, ' '), 'none') from unnest('{" +
                 fmt::format("{}", fmt::join(r.acknowledged, ",")) +
                 "}'::int[]) n where not exists (select from suivi.inbox where reference = 'R' || n)";
  CHECK(db.value(missing) == "none");
  auto applied = R"(select count(*) from suivi.inbox i join orders o on o."reference" = i.reference
                    where o."shippingStatus" = 'EXPÉDIÉ' and o."maystroOrderId" = i.uuid)";
  CHECK(db.value(applied) == db.value("select count(*) from suivi.inbox"));
}

} // namespace suivi::test
