// Templates are built once for each content (their name holds its hash) under an advisory lock, since ctest
// runs many test programs at once; a template counts as ready when it is marked as one, which is the last
// step.
#include "tests/support/database.hpp"

#include "common/pg/migrate.hpp"
#include "common/schema/schema.hpp"
#include "tests/support/run.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace suivi::test {
namespace {

template <class T>
T need(result<T> got) {
  if (!got) throw std::runtime_error(to_string(got.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*got);
}

std::string file_text(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

pg::connect_options patient(std::string url) {
  pg::connect_options options;
  options.url = std::move(url);
  options.application_name = "suivi-test";
  options.connect_timeout = milliseconds(30'000 * slowness);
  options.statement_timeout = milliseconds(170'000 * slowness);
  options.answer_timeout = milliseconds(175'000 * slowness);
  return options;
}

task<pg::connection> open(const std::string& url) {
  auto options = patient(url);
  auto opened = co_await pg::connection::connect(options);
  co_return need(std::move(opened));
}

task<void> script(pg::connection& db, const std::string& sql) {
  auto done = co_await db.run_script(sql);
  need(std::move(done));
}

task<bool> yes(pg::connection& db, const std::string& sql) {
  pg::statement question{"", sql};
  auto got = co_await db.run(question);
  auto table = need(std::move(got));
  co_return !table.empty() && !table.null(0, 0) && table.boolean(0, 0);
}

std::string shop_sql() {
  return file_text(SUIVI_TEST_DATA "/shop.sql");
}

// FNV-1a: names need to differ, not to withstand anybody.
std::uint64_t hash(std::uint64_t h, std::string_view text) {
  for (unsigned char c : text) h = (h ^ c) * 1099511628211ULL;
  return h;
}

// Roles are the cluster's, and several test programs may come here at once.
std::string least_role_there() {
  return fmt::format("do $$ begin create role {0} login password '{0}'; "
                     "exception when duplicate_object or unique_violation then null; end $$",
                     least_role);
}

// What a database's copy does not bring along.
std::string database_rights(std::string_view name) {
  return fmt::format("revoke all on database {0} from public; grant connect, create on database {0} to {1}",
                     name, least_role);
}

task<void> fill(std::string url, bool migrated) {
  auto db = co_await open(url);
  auto role = least_role_there();
  co_await script(db, role);
  auto sql = shop_sql() + "; revoke all on schema public from public;";
  co_await script(db, sql);
  run_rights_script(url, least_role);
  if (!migrated) co_return;
  auto as_program = with_user(url, least_role);
  auto program = co_await open(as_program);
  auto ran = co_await pg::migrate(program, schema::all());
  need(std::move(ran));
}

// Returns the template's name.
task<std::string> ready_template(pg::connection& cluster, bool migrated) {
  std::uint64_t content = hash(14695981039346656037ULL, shop_sql());
  content = hash(content, file_text(SUIVI_RIGHTS_SCRIPT));
  if (migrated)
    for (const auto& m : schema::all()) content = hash(content, m.sql);
  auto name = fmt::format("suivi_template_{}_{:016x}", migrated ? "migrated" : "shop", content);
  auto is_ready = fmt::format("select datistemplate from pg_database where datname = '{}'", name);
  bool there = co_await yes(cluster, is_ready);
  if (there) co_return name;

  auto lock = fmt::format("select pg_try_advisory_lock({})", content & 0x7fffffffffffULL);
  while (true) {
    bool locked = co_await yes(cluster, lock);
    if (locked) break;
    co_await runtime::sleep_for(milliseconds(50));
  }
  there = co_await yes(cluster, is_ready);
  if (!there) {
    auto drop = fmt::format("drop database if exists {} with (force)", name);
    auto create = fmt::format("create database {}", name);
    auto mark = fmt::format("alter database {} is_template true", name);
    co_await script(cluster, drop);
    co_await script(cluster, create);
    co_await fill(with_database(cluster_url(), name), migrated);
    co_await script(cluster, mark);
  }
  auto unlock = fmt::format("select pg_advisory_unlock({})", content & 0x7fffffffffffULL);
  co_await yes(cluster, unlock);
  co_return name;
}

// SUIVI_TEST_POOLER names a file with HOST:PORT of a PgBouncer in transaction mode: then programs go through
// it.
std::string for_programs(const std::string& owner_url) {
  std::string url = with_user(owner_url, least_role);
  const char* file = std::getenv("SUIVI_TEST_POOLER");
  if (file == nullptr || *file == '\0') return url;
  std::string address = file_text(file);
  while (!address.empty() && address.back() == '\n') address.pop_back();
  std::size_t begin = url.find('@') + 1;
  url.replace(begin, url.find('/', begin) - begin, address);
  return with_parameters(url, "pgbouncer=true");
}

task<void> create(std::string name, holding contents) {
  auto url = cluster_url();
  auto cluster = co_await open(url);
  std::string from = "template0";
  if (contents != holding::nothing)
    from = co_await ready_template(cluster, contents == holding::migrated_shop);
  auto drop = fmt::format("drop database if exists {} with (force)", name);
  auto make = fmt::format("create database {} template {} strategy file_copy", name, from);
  co_await script(cluster, drop);
  co_await script(cluster, make);
  if (contents == holding::nothing) co_return;
  auto rights = database_rights(name);
  co_await script(cluster, rights);
}

// What a test does to tables while programs use them may meet them in a deadlock. PostgreSQL undoes all of
// the script then, so that it is simply run again.
void run_beside_programs(owner_session& owner, const std::string& sql) {
  for (int again = 10;; --again) {
    try {
      return owner.execute(sql);
    } catch (const std::runtime_error& failed) {
      bool deadlock = std::string_view(failed.what()).find("40P01") != std::string_view::npos;
      if (!deadlock || again == 0) throw;
    }
  }
}

} // namespace

std::string cluster_url() {
  if (const char* chosen = std::getenv("SUIVI_TEST_DATABASE"); chosen != nullptr && *chosen != '\0')
    return chosen;
  std::string url = file_text(SUIVI_TEST_CLUSTER "/url");
  while (!url.empty() && url.back() == '\n') url.pop_back();
  return url;
}

std::string with_database(std::string_view url, std::string_view name) {
  auto question = url.find('?');
  auto authority = url.find("//");
  if (authority == std::string_view::npos) throw std::runtime_error("the test database's URL must be a URI");
  auto slash = url.find('/', authority + 2);
  std::string out(url.substr(0, std::min(slash, question)));
  out += '/';
  out += name;
  if (question != std::string_view::npos) out += url.substr(question);
  return out;
}

std::string with_user(std::string_view url, std::string_view user) {
  std::string out(url);
  std::size_t begin = out.find("//") + 2;
  std::size_t end = out.find('@', begin);
  if (end == std::string::npos) throw std::runtime_error("the test database's URL must name a user");
  return out.replace(begin, end - begin, fmt::format("{0}:{0}", user));
}

void run_rights_script(const std::string& url, std::string_view role) {
  std::string command =
      fmt::format("psql -X -q -v role={} -f '{}' '{}' >/dev/null", role, SUIVI_RIGHTS_SCRIPT, url);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("deploy/rights.sql failed");
}

std::string with_parameters(std::string_view url, std::string_view parameters) {
  return fmt::format("{}{}{}", url, url.find('?') == std::string_view::npos ? '?' : '&', parameters);
}

database::database(holding contents) {
  static int made = 0;
  name_ = fmt::format("suivi_test_{}_{}", getpid(), ++made);
  owner_url_ = with_database(cluster_url(), name_);
  url_ = contents == holding::nothing ? owner_url_ : for_programs(owner_url_);
  run(create(name_, contents));
  owner_ = std::make_unique<owner_session>(patient(owner_url_));
}

void database::give_rights() {
  execute(least_role_there() + "; revoke all on schema public from public; " + database_rights(name_));
  run_rights_script(owner_url_, least_role);
  url_ = for_programs(owner_url_);
}

database::~database() {
  try {
    owner_session(patient(cluster_url()))
        .execute(fmt::format("drop database if exists {} with (force)", name_));
  } catch (const std::exception&) {
    // The cluster goes after the run anyway, and its databases with it.
  }
}

pg::connect_options database::options() const {
  pg::connect_options options;
  options.url = url_;
  options.application_name = "suivi-test";
  return options;
}

pg::connect_options database::owner_options() const {
  pg::connect_options as_owner = options();
  as_owner.url = owner_url_;
  // What a test holds is held however busy the machine is.
  as_owner.idle_in_transaction_timeout = milliseconds(0);
  return as_owner;
}

void database::execute(std::string_view sql) const {
  run_beside_programs(*owner_, std::string(sql));
}

void database::execute_apart(std::string_view sql) const {
  owner_->execute_apart(std::string(sql));
}

std::string database::value(std::string_view sql) const {
  return owner_->value(std::string(sql));
}

std::int64_t database::number(std::string_view sql) const {
  return std::stoll(value(sql));
}

} // namespace suivi::test
