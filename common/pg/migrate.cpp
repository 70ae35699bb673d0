// Every process that migrates takes one session-level advisory lock, by polling (so that the wait has an end
// and blocks nobody), and reads what has run only under it. PostgreSQL's DDL is transactional: a script and
// the row that records it commit together or not at all, so a migration that failed half-way is simply run
// again.
#include "common/pg/migrate.hpp"

#include "common/log/log.hpp"

#include <fmt/format.h>

namespace suivi::pg {
namespace {

constexpr milliseconds lock_patience{60'000};
constexpr milliseconds lock_poll{100};
constexpr milliseconds script_limit{10 * 60'000}; // a large shop's index takes minutes

// The key is any number that nobody else uses; this one spells "suivi".
constexpr statement try_lock{"", "select pg_try_advisory_lock(495942301289)"};
constexpr statement unlock{"", "select pg_advisory_unlock(495942301289)"};
constexpr statement table_there{"", "select to_regclass('suivi.schema_version') is not null,"
                                    " to_regnamespace('suivi') is not null"};
constexpr statement last_version{"", "select coalesce(max(version), 0) from suivi.schema_version"};
constexpr statement make_schema{"", "create schema suivi"};
constexpr statement make_table{"", "create table suivi.schema_version ("
                                   " version integer primary key, name text not null,"
                                   " applied_at timestamptz not null default now())"};
constexpr statement record{"", "insert into suivi.schema_version (version, name) values ($1, $2)"};
constexpr statement begin{"", "begin"};
constexpr statement commit{"", "commit"};
constexpr statement rollback{"", "rollback"};
constexpr statement no_server_limits{"", "select set_config('statement_timeout', '0', true),"
                                         " set_config('idle_in_transaction_session_timeout', '0', true)"};

struct schema_state {
  bool schema_there = false;
  bool table_there = false;
  std::int64_t version = 0;
};

task<result<schema_state>> inspect(connection& db) {
  schema_state found;
  auto there = co_await db.run(table_there);
  if (!there) co_return there.error();
  found.table_there = there->boolean(0, 0);
  found.schema_there = there->boolean(0, 1);
  if (!found.table_there) co_return found;
  auto last = co_await db.run(last_version);
  if (!last) co_return last.error();
  found.version = last->integer(0, 0);
  co_return found;
}

std::int64_t last_of(std::span<const migration> all) {
  return all.empty() ? 0 : all.back().version;
}

error newer(std::int64_t version, std::int64_t known) {
  return permanent("schema:newer",
                   fmt::format("the database's schema is version {}, this program knows {}", version, known));
}

task<result<void>> lock(connection& db) {
  auto deadline = std::chrono::steady_clock::now() + lock_patience;
  while (true) {
    auto got = co_await db.run(try_lock);
    if (!got) co_return got.error();
    if (got->boolean(0, 0)) co_return result<void>();
    if (std::chrono::steady_clock::now() >= deadline)
      co_return transient("schema:locked", "another process has been migrating for a minute");
    co_await runtime::sleep_for(lock_poll);
  }
}

task<result<void>> make_record_table(connection& db, const schema_state& found) {
  pipeline steps;
  steps.add(begin);
  if (!found.schema_there) steps.add(make_schema);
  steps.add(make_table);
  steps.add(commit);
  auto made = co_await db.run(std::move(steps));
  if (!made) co_return made.error();
  co_return result<void>();
}

task<result<void>> run_one(connection& db, const migration& script) {
  pipeline opening;
  opening.add(begin);
  opening.add(no_server_limits);
  auto opened = co_await db.run(std::move(opening));
  if (!opened) co_return opened.error();
  auto ran = co_await db.run_script(script.sql);
  if (!ran) co_return ran.error();
  pipeline closing;
  params which;
  which.integer(script.version).text(script.name);
  closing.add(record, std::move(which));
  closing.add(commit);
  auto closed = co_await db.run(std::move(closing));
  if (!closed) co_return closed.error();
  co_return result<void>();
}

// Under the lock.
task<result<int>> run_missing(connection& db, std::span<const migration> all) {
  auto found = co_await inspect(db);
  if (!found) co_return found.error();
  if (found->version > last_of(all)) co_return newer(found->version, last_of(all));
  if (!found->table_there) {
    auto made = co_await make_record_table(db, *found);
    if (!made) co_return made.error();
  }
  int ran = 0;
  for (const migration& script : all) {
    if (script.version <= found->version) continue;
    auto done = co_await run_one(db, script);
    if (!done) {
      error why = done.error();
      why.detail = fmt::format("{}: {}", script.name, why.detail);
      co_return why;
    }
    log::info("schema migrated", {{"version", script.version}, {"script", script.name}});
    ++ran;
  }
  co_return ran;
}

} // namespace

task<result<int>> migrate(connection& db, std::span<const migration> all) {
  auto found = co_await inspect(db);
  if (!found) co_return found.error();
  if (found->version > last_of(all)) co_return newer(found->version, last_of(all));
  if (found->table_there && found->version == last_of(all)) co_return 0;

  auto locked = co_await lock(db);
  if (!locked) co_return locked.error();
  auto usual_limit = db.answer_within(script_limit);
  auto ran = co_await run_missing(db, all);
  db.answer_within(usual_limit);
  // What failed or was lost ends with the session, the lock too; on a session that lives it is given back
  // here.
  if (db.alive() && db.in_transaction()) co_await db.run(rollback);
  if (db.alive()) co_await db.run(unlock);
  co_return ran;
}

task<result<int>> migrations_missing(connection& db, std::span<const migration> all) {
  auto found = co_await inspect(db);
  if (!found) co_return found.error();
  if (found->version > last_of(all)) co_return newer(found->version, last_of(all));
  int missing = 0;
  for (const migration& script : all) missing += script.version > found->version ? 1 : 0;
  co_return missing;
}

} // namespace suivi::pg
