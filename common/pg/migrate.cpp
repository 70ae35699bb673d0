// Every process that migrates polls for an advisory lock that ends with its transaction (so that the wait has
// an end and blocks nobody, and a pooled session keeps nothing), and reads what has run only under it.
// PostgreSQL's DDL is transactional: a script and the row that records it commit together or not at all, so a
// migration that failed half-way is simply run again.
#include "common/pg/migrate.hpp"

#include "common/log/log.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::pg {
namespace {

constexpr milliseconds lock_patience{60'000};
constexpr milliseconds lock_poll{100};
constexpr milliseconds script_limit{10 * 60'000}; // a large shop's index takes minutes

constexpr statement begin{"", "begin"};
constexpr statement commit{"", "commit"};
constexpr statement rollback{"", "rollback"};
// A script has no limit of the server's. Who is gone without a word between two statements keeps the
// session's, so that the lock is free again soon.
constexpr statement try_lock{"", R"sql(
select pg_try_advisory_xact_lock($1), set_config('statement_timeout', '0', true)
)sql"};
constexpr statement find_history{"", R"sql(
select to_regnamespace('suivi') is not null, to_regclass('suivi.schema_version') is not null,
       (select count(*) = 2 from pg_attribute
        where attrelid = to_regclass('suivi.schema_version') and attname in ('checksum', 'compatible_from'))
)sql"};
constexpr statement make_schema{"", "create schema suivi"};
constexpr statement make_table{"", R"sql(
create table suivi.schema_version (
  version integer primary key, name text not null, applied_at timestamptz not null default now(), checksum text,
  compatible_from integer)
)sql"};
constexpr statement widen_table{"", R"sql(
alter table suivi.schema_version add column if not exists checksum text,
  add column if not exists compatible_from integer
)sql"};
// A script whose row does not say whom it suits suits those alone that know it.
constexpr statement versions{"", R"sql(
select coalesce(max(version), 0),
       coalesce(max(case when version > $1 then coalesce(compatible_from, version) end), 0)
from suivi.schema_version
)sql"};
constexpr statement versions_alone{"", R"sql(
select coalesce(max(version), 0), coalesce(max(case when version > $1 then version end), 0)
from suivi.schema_version
)sql"};
constexpr statement checksums{"", "select name, checksum from suivi.schema_version"
                                  " where checksum is not null order by version"};
constexpr statement record{"", "insert into suivi.schema_version (version, name, checksum, compatible_from)"
                               " values ($1, $2, $3, $4)"};

struct schema_state {
  bool schema_there = false;
  bool table_there = false;
  bool table_is_wide = false;
  std::int64_t version = 0;
  std::int64_t oldest_suited = 0; // a program must know this script to work on the schema
};

std::int64_t last_of(std::span<const migration> all) {
  return all.empty() ? 0 : all.back().version;
}

task<result<schema_state>> inspect(connection& db, std::int64_t known) {
  schema_state found;
  auto there = co_await db.run(find_history);
  if (!there) co_return there.error();
  found.schema_there = there->boolean(0, 0);
  found.table_there = there->boolean(0, 1);
  found.table_is_wide = there->boolean(0, 2);
  if (!found.table_there) co_return found;
  params with;
  with.integer(known);
  const statement& question = found.table_is_wide ? versions : versions_alone;
  auto last = co_await db.run(question, std::move(with));
  if (!last) co_return last.error();
  found.version = last->integer(0, 0);
  found.oldest_suited = last->integer(0, 1);
  co_return found;
}

bool is_too_new(const schema_state& found, std::int64_t known) {
  return found.version > known && found.oldest_suited > known;
}

error newer(const schema_state& found, std::int64_t known) {
  return permanent(
      "schema:newer",
      fmt::format("the database's schema is version {} and suits programs that know version {} or "
                  "later; this program knows {}: run the newer one",
                  found.version, found.oldest_suited, known));
}

task<void> leave(connection& db) {
  if (!db.alive() || !db.in_transaction()) co_return;
  auto ended = co_await db.run(rollback);
  (void)ended; // a connection that fails here is dead, which ends the transaction as well
}

// A transaction with the lock.
task<result<void>> open_locked(connection& db) {
  auto deadline = std::chrono::steady_clock::now() + lock_patience;
  while (true) {
    pipeline opening;
    opening.add(begin);
    params key;
    key.integer(migration_lock);
    std::size_t answer = opening.add(try_lock, std::move(key));
    auto got = co_await db.run(std::move(opening));
    if (!got) co_return got.error();
    if ((*got)[answer].boolean(0, 0)) co_return result<void>();
    co_await leave(db);
    if (std::chrono::steady_clock::now() >= deadline)
      co_return transient("schema:locked", "another process has been migrating for a minute");
    co_await runtime::sleep_for(lock_poll);
  }
}

task<result<void>> prepare_record(connection& db, const schema_state& found) {
  if (found.table_is_wide) co_return result<void>();
  pipeline steps;
  if (!found.schema_there) steps.add(make_schema);
  steps.add(found.table_there ? widen_table : make_table);
  auto made = co_await db.run(std::move(steps));
  if (!made) co_return made.error();
  co_return result<void>();
}

task<result<void>> run_one(connection& db, const migration& script) {
  auto ran = co_await db.run_script(script.sql);
  if (!ran) co_return ran.error();
  pipeline closing;
  params which;
  int suited = script.compatible_from == 0 ? script.version : script.compatible_from;
  which.integer(script.version).text(script.name).text(script.checksum).integer(suited);
  closing.add(record, std::move(which));
  closing.add(commit);
  auto closed = co_await db.run(std::move(closing));
  if (!closed) co_return closed.error();
  co_return result<void>();
}

// In a transaction with the lock: runs the next script and ends the transaction. False: there is none.
task<result<bool>> run_next(connection& db, std::span<const migration> all) {
  auto found = co_await inspect(db, last_of(all));
  if (!found) co_return found.error();
  if (is_too_new(*found, last_of(all))) co_return newer(*found, last_of(all));
  auto next = std::ranges::find_if(all, [&](const migration& one) { return one.version > found->version; });
  if (next == all.end() && found->table_there) co_return false;
  auto prepared = co_await prepare_record(db, *found);
  if (!prepared) co_return prepared.error();
  if (next == all.end()) {
    auto made = co_await db.run(commit);
    if (!made) co_return made.error();
    co_return false;
  }
  auto done = co_await run_one(db, *next);
  if (!done) {
    error why = done.error();
    why.detail = fmt::format("{}: {}", next->name, why.detail);
    co_return why;
  }
  log::info("schema migrated", {{"version", next->version}, {"script", next->name}});
  co_return true;
}

// Others may run some of the scripts between ours.
task<result<int>> run_missing(connection& db, std::span<const migration> all) {
  for (int ran = 0;; ++ran) {
    auto locked = co_await open_locked(db);
    if (!locked) co_return locked.error();
    auto more = co_await run_next(db, all);
    if (!more) co_return more.error();
    if (!*more) co_return ran;
  }
}

} // namespace

task<result<int>> migrate(connection& db, std::span<const migration> all) {
  auto found = co_await inspect(db, last_of(all));
  if (!found) co_return found.error();
  if (is_too_new(*found, last_of(all))) co_return newer(*found, last_of(all));
  if (found->table_there && found->version >= last_of(all)) co_return 0;

  auto usual_limit = db.answer_within(script_limit);
  auto ran = co_await run_missing(db, all);
  db.answer_within(usual_limit);
  co_await leave(db);
  co_return ran;
}

task<result<int>> migrations_missing(connection& db, std::span<const migration> all) {
  auto found = co_await inspect(db, last_of(all));
  if (!found) co_return found.error();
  if (is_too_new(*found, last_of(all))) co_return newer(*found, last_of(all));
  int missing = 0;
  for (const migration& script : all) missing += script.version > found->version ? 1 : 0;
  co_return missing;
}

task<result<schema_status>> read_schema_status(connection& db, std::span<const migration> all) {
  schema_status answer;
  auto found = co_await inspect(db, last_of(all));
  if (!found) co_return found.error();
  answer.version = found->version;
  if (!found->table_is_wide) co_return answer;
  auto stored = co_await db.run(checksums);
  if (!stored) co_return stored.error();
  for (std::size_t i = 0; i < stored->size(); ++i) {
    auto ours =
        std::ranges::find_if(all, [&](const migration& one) { return one.name == stored->text(i, 0); });
    if (ours != all.end() && ours->checksum != stored->text(i, 1)) answer.edited.emplace_back(ours->name);
  }
  co_return answer;
}

} // namespace suivi::pg
