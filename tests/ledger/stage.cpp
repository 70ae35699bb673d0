// Faults are done by signals, SQL and gates; healing puts them right in the order in which they stand in each
// other's way.
#include "tests/ledger/stage.hpp"

#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/run.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace suivi::ledger {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* database_name = "database.example";
constexpr int connections_max = 120;
constexpr const char* couriers =
    "example-a:example-key-1:A,example-g:example-key-2:G:guepex,example-n:example-key-3:N:nord_west";

sockaddr_in loopback_at(unsigned short port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  return at;
}

unsigned short free_port() {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = loopback_at(0);
  socklen_t size = sizeof at;
  bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 &&
               ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(at.sin_port);
}

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
  std::string url = to_database->url();
  if (names_.why_not().empty()) {
    names_.know(database_name);
    url.replace(url.find("127.0.0.1"), 9, database_name);
  }
  environment_ = {{"DATABASE_URL", url},
                  {"SUIVI_RECEIVER_MAX_CONNECTIONS", std::to_string(connections_max)},
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
  auto loaded = test::run_program(
      "suivi-maystro-sim", {"load-shop", "--database", cluster.url("shop", "shop"), "--accounts", couriers,
                            "--base-url", "http://127.0.0.1:1", "--orders", "10", "--known", "5"});
  if (loaded.status != 0) throw std::runtime_error("no shop could be made: " + loaded.log);
  cluster.execute(test::customer_sql() + test::orders_sql("R", "R", 1, options.timed_orders, "'example-a'") +
                      test::orders_sql("U", "U", 1, options.untimed_orders, "'example-a'") +
                      test::orders_sql("G", "G", 1, book::other_orders, "'example-g'") +
                      test::orders_sql("N", "N", 1, book::other_orders, "'example-n'"),
                  "shop");
  cluster.execute("update orders set \"trackingNumber\" = 'ECS' || \"id\" where \"id\" like 'N%'", "shop");
  guepex_secret_ = cluster.value(
      "select \"credentials\"->>'webhookSecret' from shipping_accounts where \"id\" = 'example-g'", "shop");
}

std::string stage::webhook_url() const {
  return to_receiver->url() + "/webhooks/maystro/example-secret?account=example-a";
}

std::string stage::guepex_url() const {
  return to_receiver->url() + "/webhooks/guepex/example-secret?account=example-g";
}

void stage::heal() {
  thaw();
  to_database->pass();
  to_receiver->pass();
  names_.know(database_name);
  for (int each : strangers_) ::close(each);
  strangers_.clear();
  std::error_code ignored;
  fs::remove(disk_.path() + "/ballast", ignored);
  if (std::exchange(postgres_down_, false)) cluster.resume();
  for (auto& one : beside_) one.join();
  beside_.clear();
  if (std::exchange(few_connections_, false)) {
    cluster.execute("alter database shop connection limit -1");
    cluster.execute("alter role shop connection limit -1");
  }
  // A table and its partitions are locked one after the other, which may be a deadlock with the receiver.
  if (std::exchange(slowed_down_, false))
    for (const char* table : {"suivi.inbox", "orders"})
      test::wait_until("no slow trigger", [&] {
        return try_statement(fmt::format("drop trigger if exists slow on {}", table));
      });
  if (receiver_ && !receiver_->runs()) {
    auto log = receiver_->log();
    throw std::runtime_error("the receiver ended by itself; its log:\n" +
                             log.substr(log.size() - std::min<std::size_t>(log.size(), 4000)));
  }
  if (std::exchange(without_log_, false) && receiver_) stop_receiver();
  if (!receiver_) start_receiver();
  put_spools_back();
}

void stage::start_receiver() {
  receiver_.emplace("suivi-receiver", std::vector<std::string>(), environment_);
  auto port = static_cast<unsigned short>(receiver_->number_from_log("port"));
  receiver_port_ = port;
  if (to_receiver)
    to_receiver->lead_to(port);
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

void stage::refuse_pool() {
  few_connections_ = try_statement("alter role shop connection limit 1");
  try_statement(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'suivi-receiver'");
}

void stage::slow_down(bool orders, milliseconds each_row) {
  slowed_down_ = true;
  try_statement(
      fmt::format("create or replace function take_a_while() returns trigger language plpgsql as $$ "
                  "begin perform pg_sleep({}); return new; end $$",
                  static_cast<double>(each_row.count()) / 1000));
  try_statement(
      fmt::format("set lock_timeout = '2s'; create trigger slow before {} for each row execute function "
                  "take_a_while()",
                  orders ? "update on orders" : "insert on suivi.inbox"));
}

void stage::silence_name_server() {
  names_.forget_all();
}

// The log first: whoever opens a new file must not find that of the former beside it.
void stage::move_spool(bool replace_by_garbage) {
  std::string from = disk_.path() + "/spool/spool.db";
  if (!fs::exists(from)) return;
  std::string to = fmt::format("{}/moved-{}", disk_.path(), moved_spools_.size());
  fs::create_directory(to);
  moved_spools_.push_back(to);
  std::error_code ignored;
  for (const char* part : {"-wal", "-shm", ""}) fs::rename(from + part, to + "/spool.db" + part, ignored);
  if (replace_by_garbage) std::ofstream(from) << std::string(8192, 'x');
}

// As an operator does who finds them.
void stage::put_spools_back() {
  for (const std::string& folder : moved_spools_) {
    std::map<std::string, std::string> settings = environment_;
    settings["SUIVI_RECEIVER_SPOOL"] = folder;
    test::finished drained;
    for (int tries = 0; tries < 5; ++tries) {
      drained = test::run_program("suivi-receiver", {"spool", "drain"}, settings);
      if (drained.status == 0) break;
    }
    if (drained.status != 0)
      throw std::runtime_error(fmt::format("a spool that was moved cannot be drained: {}", drained.log));
    fs::remove_all(folder);
  }
  moved_spools_.clear();
}

void stage::restart_without_log(bool closed) {
  stop_receiver();
  std::string pipe = disk_.path() + "/pipe";
  ::mkfifo(pipe.c_str(), 0600);
  std::map<std::string, std::string> settings = environment_;
  auto port = free_port();
  settings["SUIVI_RECEIVER_LISTEN"] = fmt::format("127.0.0.1:{}", port);
  settings["SUIVI_LOG_LEVEL"] = "debug";
  settings["SUIVI_LOG_FORMAT"] = "json";
  std::string how = closed ? "exec 2>&-" : "exec 2<>" + pipe;
  receiver_.emplace("/bin/sh", std::vector<std::string>{"-c", how + "; exec " SUIVI_BIN "/suivi-receiver"},
                    settings);
  without_log_ = true;
  wait_for_port(port);
  receiver_port_ = port;
  to_receiver->lead_to(port);
}

void stage::wait_for_port(unsigned short port) const {
  test::wait_until("the receiver's port", [&] {
    return test::http_get(fmt::format("http://127.0.0.1:{}/healthz", port)).status == 200;
  });
}

void stage::occupy_connections() {
  for (int n = 0; n < 2 * connections_max; ++n) {
    int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in there = loopback_at(receiver_port_);
    ::connect(socket, reinterpret_cast<sockaddr*>(&there), sizeof there);
    strangers_.push_back(socket);
  }
}

void stage::push_big_bodies(int count) {
  beside_.emplace_back([count, port = receiver_port_] {
    for (int n = 0; n < count; ++n) {
      const char* secret = n % 2 == 0 ? "example-secret" : "example-wrong";
      std::size_t bytes = n % 2 == 0 ? 300'000 : 250'000; // too large, or nobody's
      test::http_post(fmt::format("http://127.0.0.1:{}/webhooks/maystro/{}", port, secret),
                      std::string(bytes, '['));
    }
  });
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
  auto in_database = cluster.value("select count(*) from suivi.waiting_event", "shop");
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
    std::string is = at == statuses.end() ? "" : at->second;
    if (is != status) wrong.push_back(fmt::format("{}: shows \"{}\", not \"{}\"", reference, is, status));
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
