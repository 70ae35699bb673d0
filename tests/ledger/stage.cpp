// Faults are done by signals, SQL and gates; healing puts them right in the order in which they stand in each
// other's way.
#include "tests/ledger/stage.hpp"

#include "common/maystro/status.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/run.hpp"

#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <vector>

namespace suivi::ledger {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

pg::connect_options judge_of(const std::string& url) {
  pg::connect_options with;
  with.url = url;
  with.application_name = "ledger";
  return with;
}

// Ids and bodies of the events after `from`, some at a time.
task<std::int64_t> read_after(pg::connect_options with, std::int64_t from, book& into) {
  static constexpr pg::statement ask{"events",
                                     "select id, raw from suivi.inbox where id > $1 order by id limit 2000"};
  auto db = co_await test::connected(with);
  for (;;) {
    pg::params after;
    after.integer(from);
    auto rows = co_await db.run(ask, std::move(after));
    if (!rows) throw std::runtime_error("the events cannot be read: " + to_string(rows.error()));
    for (std::size_t i = 0; i < rows->size(); ++i) {
      from = rows->integer(i, 0);
      into.find(from, rows->bytes(i, 1));
    }
    if (rows->empty()) co_return from;
  }
}

task<std::map<std::string, std::string>> read_orders(pg::connect_options with) {
  static constexpr pg::statement ask{"orders", "select \"reference\", \"shippingStatus\" from orders"
                                               " where \"shippingStatus\" is not null"};
  auto db = co_await test::connected(with);
  auto rows = co_await db.run(ask);
  if (!rows) throw std::runtime_error("the orders cannot be read: " + to_string(rows.error()));
  std::map<std::string, std::string> statuses;
  for (std::size_t i = 0; i < rows->size(); ++i) statuses.emplace(rows->text(i, 0), rows->text(i, 1));
  co_return statuses;
}

} // namespace

std::int64_t read_events(const std::string& database_url, std::int64_t event_id, book& into) {
  return test::run(read_after(judge_of(database_url), event_id, into));
}

stage::stage(stage_options options) {
  load_shop(options);
  to_database.emplace(cluster.url("shop", "shop"));
  environment_ = {{"DATABASE_URL", to_database->url()},
                  {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                  {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                  {"SUIVI_RECEIVER_SPOOL", disk_.path() + "/spool"}};
  start_receiver();
  heal();
}

stage::~stage() {
  thaw();
  receiver_.reset();
  for (auto& one : beside_) one.join();
}

void stage::load_shop(stage_options options) {
  cluster.execute("alter system set deadlock_timeout = '200ms'");
  cluster.execute("select pg_reload_conf()");
  cluster.execute("create role shop login"); // no superuser, for limits do not hold for those
  cluster.execute("create database shop owner shop");
  auto loaded =
      test::run_program("suivi-maystro-sim", {"load-shop", "--database", cluster.url("shop", "shop"),
                                              "--accounts", "example-a:example-key-1:A", "--base-url",
                                              "http://127.0.0.1:1", "--orders", "10", "--known", "5"});
  if (loaded.status != 0) throw std::runtime_error("no shop could be made: " + loaded.log);
  cluster.execute(
      R"(insert into customers ("id", "name", "phone", "updatedAt") values ('c', 'Client', '0550000001', now()))",
      "shop");
  auto orders = [&](char letter, int count) {
    cluster.execute(
        fmt::format(
            R"(insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "updatedAt")
      select '{0}' || n, '{0}' || n, 'c', 1, 'example-a', now() from generate_series(1, {1}) n)",
            letter, count),
        "shop");
  };
  orders('R', options.timed_orders);
  orders('U', options.untimed_orders);
}

std::string stage::webhook_url() const {
  return to_receiver->url() + "/webhooks/maystro/example-secret?account=example-a";
}

void stage::heal() {
  thaw();
  to_database->pass();
  to_receiver->pass();
  std::error_code ignored;
  fs::remove(disk_.path() + "/ballast", ignored);
  if (std::exchange(postgres_down_, false)) cluster.resume();
  for (auto& one : beside_) one.join();
  beside_.clear();
  if (std::exchange(few_connections_, false)) cluster.execute("alter database shop connection limit -1");
  if (receiver_ && !receiver_->runs()) {
    auto log = receiver_->log();
    throw std::runtime_error("the receiver ended by itself; its log:\n" +
                             log.substr(log.size() - std::min<std::size_t>(log.size(), 4000)));
  }
  if (!receiver_) start_receiver();
}

void stage::start_receiver() {
  receiver_.emplace("suivi-receiver", std::vector<std::string>(), environment_);
  auto port = receiver_->number_from_log("port");
  if (to_receiver)
    to_receiver->lead_to(static_cast<unsigned short>(port));
  else
    to_receiver.emplace("http://127.0.0.1:" + std::to_string(port));
}

void stage::kill_receiver() {
  receiver_->signal(SIGKILL);
  receiver_->wait();
  last_log_ = receiver_->log();
  receiver_.reset();
}

void stage::stop_receiver() {
  thaw();
  receiver_->signal(SIGTERM);
  int status = receiver_->wait(11s); // ten, and a moment for this machine
  last_log_ = receiver_->log();
  receiver_.reset();
  if (status != 0)
    throw std::runtime_error(fmt::format("told to stop, the receiver ended with status {}", status));
}

void stage::freeze_receiver() {
  receiver_->signal(SIGSTOP);
}

std::string stage::receiver_log() const {
  return last_log_ + (receiver_ ? receiver_->log() : "");
}

void stage::thaw() {
  if (receiver_) receiver_->signal(SIGCONT);
  for (auto pid : frozen_) ::kill(pid, SIGCONT);
  frozen_.clear();
}

void stage::kill_postgres() {
  postgres_down_ = true;
  cluster.kill();
}

void stage::halt_postgres() {
  thaw(); // else it would be waited for
  postgres_down_ = true;
  cluster.halt();
}

std::vector<pid_t> stage::backends() const {
  std::istringstream all(
      cluster.value("select string_agg(pid::text, ' ') from pg_stat_activity where usename = 'shop'"));
  std::vector<pid_t> pids;
  for (pid_t pid = 0; all >> pid;) pids.push_back(pid);
  return pids;
}

void stage::freeze_backend(pid_t backend) {
  if (::kill(backend, SIGSTOP) == 0) frozen_.push_back(backend);
}

void stage::beside(std::string sql) {
  beside_.emplace_back([this, sql = std::move(sql)] { try_statement(sql); });
}

bool stage::try_statement(const std::string& sql) {
  try {
    cluster.execute(sql, "shop");
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void stage::allow_few_connections() {
  few_connections_ = try_statement("alter database shop connection limit 1");
  try_statement("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop'");
}

void stage::fill_disk() {
  if (!disk_.why_not().empty()) return;
  std::ofstream ballast(disk_.path() + "/ballast", std::ios::binary);
  const std::string block(4096, 'x');
  while (ballast.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

std::int64_t stage::pending() const {
  auto port = to_receiver->url();
  auto said = test::http_get(port + "/readyz");
  auto at = said.body.find("\"spooled\":");
  auto in_database = cluster.value("select count(*) from suivi.pending", "shop");
  if (said.status != 200 || at == std::string::npos || in_database.empty()) return -1;
  if (said.body.find("\"down\"") != std::string::npos) return -1;
  // One that cannot be opened yet cannot be counted either.
  if (test::http_get(port + "/metrics").body.find("suivi_spool_usable 1") == std::string::npos) return -1;
  return std::stoll(said.body.substr(at + 10)) + std::stoll(in_database);
}

std::int64_t stage::read_events(std::int64_t event_id, book& into) const {
  return ledger::read_events(cluster.url("postgres", "shop"), event_id, into);
}

std::vector<std::string> stage::wrong_orders(const book& pages) const {
  auto statuses = test::run(read_orders(judge_of(cluster.url("postgres", "shop"))));
  std::vector<std::string> wrong;
  for (const auto& [reference, status] : pages.expected_orders()) {
    auto at = statuses.find(reference);
    auto expected = maystro::status_text(status);
    auto is = at == statuses.end() ? "nothing" : at->second;
    if (is != expected) wrong.push_back(fmt::format("{}: shows {}, should show {}", reference, is, expected));
  }
  return wrong;
}

std::string stage::outcomes() const {
  return cluster.value(
      "select string_agg(o || ' ' || n, ', ' order by o) from (select coalesce(e.outcome, i.outcome, 'none') "
      "as o,"
      " count(*) as n from suivi.inbox i left join suivi.event_outcome e on e.event_id = i.id group by 1) x",
      "shop");
}

} // namespace suivi::ledger
