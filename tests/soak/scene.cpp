// Programs started in the order in which they need each other.
#include "tests/soak/scene.hpp"

#include "common/pg/connection.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/sanitized.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace suivi::soak {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

const std::string accounts = "example-a:example-key-1:A";

double resident_megabytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

// Opens a transaction with a snapshot, and leaves it alone.
task<void> idle_in_transaction(pg::connect_options with, seconds length, const std::atomic<bool>& ending) {
  static constexpr pg::statement count_orders{"", "select count(*) from orders"};
  auto db = co_await pg::connection::connect(with);
  if (!db) co_return;
  auto begun = co_await db->run_script("begin isolation level repeatable read");
  auto probed = co_await db->run(count_orders);
  if (!begun || !probed) co_return;
  for (auto until = steady_clock::now() + length; !ending && steady_clock::now() < until;)
    co_await runtime::sleep_for(100ms);
}

} // namespace

scene::scene(scene_options options) : options_(options) {
  cluster_.execute("alter system set autovacuum_naptime = '5s'");
  cluster_.execute("select pg_reload_conf()");
  cluster_.execute("create role shop login");
  cluster_.execute("create database shop owner shop");
  courier_.emplace("suivi-maystro-sim",
                   std::vector<std::string>{"serve", "--accounts", accounts, "--orders",
                                            std::to_string(options_.courier_orders), "--changes-per-second",
                                            std::to_string(options_.courier_changes), "--moving", "false"});
  test::wait_until("the courier's address",
                   [&] { return courier_->output().find('\n') != std::string::npos; });
  courier_url_ = courier_->output().substr(0, courier_->output().find('\n'));
  load_shop();
  environment_ = {{"DATABASE_URL", cluster_.url("shop", "shop")},
                  {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                  {"SUIVI_ADMIN_TOKEN", "example-admin-token"},
                  {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                  {"SUIVI_RECEIVER_SPOOL", spool_.path() + "/made"},
                  {"SUIVI_RECONCILER_LISTEN", "127.0.0.1:0"},
                  {"SUIVI_RECONCILER_INCREMENTAL_EVERY", "10s"},
                  {"SUIVI_MAYSTRO_READ_LAG", "0s"},
                  {"SUIVI_RETENTION_EVENTS", "2d"}};
  receiver_.emplace("suivi-receiver", std::vector<std::string>(), environment_);
  receiver_url_ = "http://127.0.0.1:" + std::to_string(receiver_->number_from_log("port"));
  test::wait_until("readiness", [&] {
    return test::http_get(receiver_url_ + "/readyz").body.find("\"up\"") != std::string::npos;
  });
  add_aged_events();
  reconciler_.emplace("suivi-reconciler", std::vector<std::string>{"run"}, environment_);
  auto moving = test::http_post(courier_url_ + "/control/settings",
                                R"({"moving":true,"webhook_url":")" + receiver_url_ +
                                    R"(/webhooks/maystro/example-secret?account={account}"})");
  if (moving.status != 200) throw std::runtime_error("the courier's stand-in does not move: " + moving.body);
  bystander_ = std::thread([this] { forget_transactions(); });
}

scene::~scene() {
  ending_ = true;
  if (bystander_.joinable()) bystander_.join();
}

void scene::load_shop() {
  auto many = std::to_string(options_.courier_orders);
  auto loaded = test::run_program("suivi-maystro-sim",
                                  {"load-shop", "--database", cluster_.url("shop", "shop"), "--accounts",
                                   accounts, "--base-url", courier_url_, "--orders", many, "--known", many});
  if (loaded.status != 0) throw std::runtime_error("no shop could be made: " + loaded.log);
  cluster_.execute(test::customer_sql() + test::orders_sql("R", "R", 1, options_.own_orders, "'example-a'"),
                   "shop");
}

// Four days of the past, each with partitions of its own as the receiver would have made them.
void scene::add_aged_events() {
  for (int days = 3; days <= 6; ++days) {
    cluster_.execute(fmt::format(R"(
      do $$
      declare day date := (now() at time zone 'UTC')::date - {0};
      begin
        execute format('create table suivi.inbox_%s partition of suivi.inbox for values from (%L) to (%L)', to_char(day, 'YYYYMMDD'), day, day + 1);
        execute format('create table suivi.event_outcome_%s partition of suivi.event_outcome for values from (%L) to (%L)', to_char(day, 'YYYYMMDD'), day, day + 1);
        with aged as (
          insert into suivi.inbox (id, stored_on, received_at, raw, reference, status)
          select nextval('suivi.event_id'), day, day::timestamptz, convert_to('aged ' || day || ' ' || n, 'UTF8'), 'R1', 31
          from generate_series(1, {1}) n returning id, raw
        ), keys as (
          insert into suivi.inbox_key (key, event_id, stored_on) select sha256(raw), id, day from aged
        )
        insert into suivi.event_outcome (event_id, stored_on, outcome) select id, day, 'applied' from aged;
        execute 'alter table suivi.inbox_' || to_char(day, 'YYYYMMDD') || ' owner to shop';
        execute 'alter table suivi.event_outcome_' || to_char(day, 'YYYYMMDD') || ' owner to shop';
      end $$)",
                                 days, options_.aged_events / 4),
                     "shop");
  }
}

void scene::forget_transactions() {
  pg::connect_options with;
  with.url = cluster_.url("postgres", "shop");
  with.application_name = "bystander";
  with.idle_in_transaction_timeout = milliseconds(0);
  while (!ending_) {
    asio::io_context io(1);
    auto ended = [](std::exception_ptr) {};
    asio::co_spawn(io, idle_in_transaction(with, options_.held, ending_), ended);
    io.run();
    for (auto until = steady_clock::now() + options_.free; !ending_ && steady_clock::now() < until;)
      test::pause_briefly();
  }
}

std::string scene::webhook_url() const {
  return receiver_url_ + "/webhooks/maystro/example-secret?account=example-a";
}

void scene::measure(sample& into) const {
  into.receiver_megabytes = resident_megabytes(receiver_->id());
  into.reconciler_megabytes = resident_megabytes(reconciler_->id());
  std::istringstream rows(
      value(R"(select string_agg(concat_ws(' ', name, dead, megabytes, changed), ' ') from (
      select schemaname || '.' || regexp_replace(relname, '_([0-9]{6,8}|default)$', '') as name, sum(n_dead_tup) as dead,
             round(sum(pg_total_relation_size(relid)) / 1e6, 2) as megabytes, sum(n_tup_upd + n_tup_del) as changed
      from pg_stat_user_tables where schemaname = 'suivi' or relname in ('orders', 'shipping_accounts') group by 1) t)"));
  std::string name;
  table_state state;
  while (rows >> name >> state.dead_rows >> state.megabytes >> state.changed_rows) into.tables[name] = state;
}

void scene::ask_for_sweep() {
  (void)test::http_post(receiver_url_ + "/api/v1/sweeps", "{}", "Bearer example-admin-token");
}

bool scene::comes_to_rest() {
  ending_ = true;
  bystander_.join();
  (void)test::http_post(courier_url_ + "/control/stop-moving", "");
  auto quiet = [&] {
    auto counters = test::http_get(courier_url_ + "/control/counters").body;
    bool pushed = counters.find("\"pending\":0") != std::string::npos;
    return pushed && value("select count(*) from suivi.waiting_event where state <> 'parked'") == "0" &&
           value("select count(*) from suivi.account where lease_until > now()") == "0";
  };
  for (auto until = steady_clock::now() + 60s * test::slowness; !quiet(); test::pause_briefly())
    if (steady_clock::now() > until) return false;
  return true;
}

test::finished scene::verify() const {
  auto swept = test::run_program("suivi-reconciler", {"sweep", "--full"}, environment_);
  if (swept.status != 0) return swept;
  return test::run_program("suivi-reconciler", {"verify"}, environment_);
}

} // namespace suivi::soak
