// SQL, and copying row by row.
#include "receiver/spool/spool_layout.hpp"

#include <cstdint>

namespace suivi::receiver {
namespace {

constexpr std::int64_t layout = 1; // PRAGMA user_version
constexpr const char* make_tables = R"(
  begin;
  create table webhook (
    id          integer primary key autoincrement,
    received_at integer not null, -- microseconds since 1970, UTC
    account     blob,             -- as the address named it
    raw         blob not null,
    cost        integer not null  -- counted against the spool's size
  );
  pragma user_version = 1;
  commit)";

// Counting the webhooks themselves reads all of their bytes, and a neighbor's every change makes it
// necessary. Triggers count in older programs too.
constexpr const char* make_totals = R"(
  create table totals (rows integer not null, bytes integer not null);
  insert into totals select count(*), coalesce(sum(cost), 0) from webhook;
  create trigger count_in after insert on webhook begin
    update totals set rows = rows + 1, bytes = bytes + new.cost;
  end;
  create trigger count_out after delete on webhook begin
    update totals set rows = rows - 1, bytes = bytes - old.cost;
  end;
  commit)";

result<bool> has_totals(sqlite& db) {
  auto there = db.number("select count(*) from sqlite_master where name = 'totals'");
  if (!there) return there.error();
  return *there > 0;
}

// Rows that can be read, upwards from the first and, past the damage, downwards from the last.
class salvage_pass {
 public:
  salvage_pass(const sqlite& from, sqlite& to) : from_(from), to_(to) {}

  std::size_t run() {
    copy("select id, received_at, account, raw, cost from webhook order by id", true);
    copy("select id, received_at, account, raw, cost from webhook order by id desc", false);
    return copied_;
  }

 private:
  void copy(const char* sql, bool upwards) {
    auto ask = sqlite_statement::prepare(from_, sql);
    auto put = sqlite_statement::prepare(
        to_,
        "insert or ignore into webhook (id, received_at, account, raw, cost) values (?1, ?2, ?3, ?4, ?5)");
    if (!ask || !put || !to_.run("begin immediate")) return;
    std::int64_t last = upwards ? 0 : INT64_MAX;
    std::size_t count = 0;
    for (;;) {
      auto more = ask->step();
      if (!more || !*more) break;
      auto id = ask->integer(0);
      if (upwards ? id <= last : id >= last || id <= top_) break; // in circles, or where the first pass was
      last = id;
      if (!put_row(*ask, *put)) break;
      ++count;
    }
    if (upwards) top_ = last;
    auto committed = to_.run("commit");
    if (committed) copied_ += count;
  }

  static bool put_row(const sqlite_statement& row, sqlite_statement& put) {
    auto account = row.bytes(2);
    auto raw = row.bytes(3);
    put.bind(1, row.integer(0));
    put.bind(2, row.integer(1));
    if (row.null(2))
      put.bind_null(3);
    else
      put.bind_bytes(3, account);
    put.bind_bytes(4, raw);
    put.bind(5, row.integer(4));
    auto done = put.step();
    put.reset();
    return done.has_value();
  }

  const sqlite& from_;
  sqlite& to_;
  std::int64_t top_ = 0;
  std::size_t copied_ = 0;
};

} // namespace

result<void> prepare_database(sqlite& db) {
  if (auto done = db.run("pragma journal_mode = wal; pragma synchronous = full"); !done) return done.error();
  auto version = db.number("pragma user_version");
  if (!version) return version.error();
  auto tables = db.number("select count(*) from sqlite_master");
  if (!tables) return tables.error();
  bool is_new = *version == 0 && *tables == 0;
  if (!is_new && *version != layout) return permanent("spool:corrupt", "not a spool of this version");
  return is_new ? db.run(make_tables) : result<void>();
}

result<void> keep_totals(sqlite& db) {
  auto there = has_totals(db);
  if (!there) return there.error();
  if (*there) return {};
  if (auto begun = db.run("begin immediate"); !begun) return begun.error();
  auto made = db.run(make_totals);
  if (made) return {};
  (void)db.run("rollback");
  if (is_full(made.error())) return {};
  return made.error();
}

result<spool_totals> count_webhooks(sqlite& db) {
  auto there = has_totals(db);
  if (!there) return there.error();
  const char* from = *there ? "select rows from totals" : "select count(*) from webhook";
  const char* of = *there ? "select bytes from totals" : "select coalesce(sum(cost), 0) from webhook";
  auto rows = db.number(from);
  if (!rows) return rows.error();
  auto bytes = db.number(of);
  if (!bytes) return bytes.error();
  return spool_totals{static_cast<std::uint64_t>(*rows), static_cast<std::uint64_t>(*bytes)};
}

result<void> check_database(sqlite& db) {
  auto verdict = db.text("pragma quick_check(1)");
  if (!verdict) return verdict.error();
  if (*verdict != "ok") return permanent("spool:corrupt", *verdict);
  return {};
}

std::size_t salvage(const sqlite& from, sqlite& to) {
  return salvage_pass(from, to).run();
}

} // namespace suivi::receiver
