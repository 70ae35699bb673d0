// Statements in transactions; and which file they go to, where one is damaged, moved or deleted.
#include "receiver/spool/spool_file.hpp"

#include "common/crypto/crypto.hpp"
#include "common/log/log.hpp"
#include "receiver/spool/spool_layout.hpp"
#include "receiver/spool/sqlite_transaction.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace suivi::receiver {
namespace {

constexpr std::uint64_t row_overhead_bytes = 64;
constexpr int lock_patience_ms = 5'000; // SQLite's locks
constexpr std::int64_t worth_shrinking_bytes = 16 << 20;
constexpr const char* empty_log = "pragma wal_checkpoint(truncate)";
constexpr std::size_t few_rows = 16; // their removal needs next to no room in the log

instant to_instant(std::int64_t since_epoch_us) {
  return instant(microseconds(since_epoch_us));
}

} // namespace

std::uint64_t spool_cost(const spooled& row) {
  return row.raw.size() + (row.account ? row.account->size() : 0) + row_overhead_bytes;
}

spool_file::spool_file(std::string folder, std::uint64_t bytes_max)
    : folder_(std::move(folder)), path_(folder_ + "/spool.db"), bytes_max_(bytes_max) {}

// A damaged file is replaced, and one that went away while we worked leaves the work undone: both mean once
// more.
template <class Operation>
auto spool_file::attempt(Operation operation) -> decltype(operation()) {
  for (int tries = 0;; ++tries) {
    auto ready = make_ready();
    if (!ready) return ready.error();
    auto done = operation();
    bool ours = is_ours();
    if (done && ours) return done;
    bool again = tries < 2;
    if (!done && is_busy(done.error())) return done;
    if (ours && is_corrupt(done.error())) {
      auto replaced = replace(done.error());
      if (!replaced) return replaced.error();
    } else if (ours) {
      leave();
      again = false;
    }
    if (!again)
      return done ? transient("spool:moved", "the spool's file does not stay in its place") : done.error();
  }
}

result<std::vector<bool>> spool_file::append(std::span<const spooled> rows) {
  return attempt([&] { return append_now(rows); });
}

result<std::vector<spooled>> spool_file::read(std::int64_t after, std::size_t rows, std::uint64_t bytes) {
  return attempt([&] { return read_now(after, rows, bytes); });
}

// On a full disk in small steps, each in a log that was emptied before.
result<void> spool_file::remove(std::int64_t generation, std::span<const std::int64_t> ids) {
  auto done = attempt([&] { return remove_now(generation, ids); });
  if (done || !is_full(done.error())) return done;
  for (; !ids.empty(); ids = ids.subspan(std::min(few_rows, ids.size()))) {
    done = attempt([&] {
      shorten_log();
      return remove_now(generation, ids.first(std::min(few_rows, ids.size())));
    });
    if (!done) return done;
  }
  return done;
}

result<std::vector<bool>> spool_file::append_now(std::span<const spooled> rows) {
  if (auto space = free_space(rows); !space) return space.error();
  sqlite_transaction all(*db_);
  if (auto begun = all.begin(); !begun) return begun.error();
  if (auto counted = recount_if_changed(); !counted) return counted.error();
  auto insert = sqlite_statement::prepare(
      *db_, "insert into webhook (received_at, account, raw, cost) values (?1, ?2, ?3, ?4)");
  if (!insert) return insert.error();
  std::vector<bool> kept(rows.size(), false);
  std::uint64_t bytes = 0, count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    auto cost = spool_cost(row);
    if (depth_.bytes + bytes + cost > bytes_max_) continue;
    insert->bind(1, row.received_at.time_since_epoch().count());
    if (row.account)
      insert->bind_bytes(2, *row.account);
    else
      insert->bind_null(2);
    insert->bind_bytes(3, row.raw);
    insert->bind(4, static_cast<std::int64_t>(cost));
    auto done = insert->step();
    if (!done) return done.error();
    insert->reset();
    kept[i] = true;
    ++last_id_; // at least: a new file begins above it
    bytes += cost;
    ++count;
  }
  if (count == 0) return kept;
  if (auto committed = all.commit(); !committed) return committed.error();
  depth_.bytes += bytes;
  depth_.rows += count;
  return kept;
}

result<std::vector<spooled>> spool_file::read_now(std::int64_t after, std::size_t rows, std::uint64_t bytes) {
  auto ask = sqlite_statement::prepare(
      *db_, "select id, received_at, account, raw from webhook where id > ?1 order by id limit ?2");
  if (!ask) return ask.error();
  auto generation = generation_now(); // a neighbor may have given it another one
  if (!generation) return generation.error();
  ask->bind(1, after);
  ask->bind(2, static_cast<std::int64_t>(rows));
  std::vector<spooled> found;
  std::uint64_t taken = 0;
  while (taken < bytes) {
    auto more = ask->step();
    if (!more && found.empty()) return more.error();
    if (!more || !*more) break; // what was read before the damage is not held up by it
    spooled row;
    row.id = ask->integer(0);
    row.generation = *generation;
    last_id_ = std::max(last_id_, row.id);
    row.received_at = to_instant(ask->integer(1));
    if (!ask->null(2)) row.account = ask->bytes(2);
    row.raw = ask->bytes(3);
    taken += spool_cost(row);
    found.push_back(std::move(row));
  }
  return found;
}

result<void> spool_file::remove_now(std::int64_t generation, std::span<const std::int64_t> ids) {
  sqlite_transaction all(*db_);
  if (auto begun = all.begin(); !begun) return begun.error();
  auto of_this_file = generation_now();
  if (!of_this_file) return of_this_file.error();
  if (*of_this_file != generation) return {};
  if (auto counted = recount_if_changed(); !counted) return counted.error();
  auto forget = sqlite_statement::prepare(*db_, "delete from webhook where id = ?1 returning cost");
  if (!forget) return forget.error();
  auto left = depth_;
  for (auto id : ids) {
    forget->bind(1, id);
    auto there = forget->step();
    if (!there) return there.error();
    if (*there) {
      left.bytes -= std::min(left.bytes, static_cast<std::uint64_t>(forget->integer(0)));
      --left.rows;
      auto end = forget->step();
      if (!end) return end.error();
    }
    forget->reset();
  }
  if (auto committed = all.commit(); !committed) return committed.error();
  depth_ = left;
  return rewind_if_empty();
}

// 0 where an older program made the file and there has been no room yet to note it.
result<std::int64_t> spool_file::generation_now() {
  auto there = db_->number("select count(*) from sqlite_master where name = 'origin'");
  if (!there || *there == 0) return there;
  return db_->number("select generation from origin");
}

// Once for each file, also for one that an older program made, and anew for one that took another's place: a
// copy of that one bears its generation, and would give its ids again. Times of making grow faster than ids
// do; where the clock was set back, what this process has seen decides.
result<void> spool_file::give_origin(bool took_place) {
  auto known = generation_now();
  if (!known) return known.error();
  if (*known == 0 || took_place) {
    std::int64_t number = 0;
    std::string random = crypto::random_bytes(sizeof number);
    std::memcpy(&number, random.data(), sizeof number);
    std::int64_t above = std::max(suivi::now().time_since_epoch().count(), last_id_);
    sqlite_transaction all(*db_);
    if (auto begun = all.begin(); !begun) return begun.error();
    auto made = db_->run(fmt::format(R"(
      create table if not exists origin (generation integer not null);
      delete from origin;
      insert into origin values ({});
      insert into sqlite_sequence (name, seq) select 'webhook', 0
        where not exists (select 1 from sqlite_sequence where name = 'webhook');
      update sqlite_sequence set seq = max(seq, {}) where name = 'webhook')",
                                     number, above));
    bool without = !made && is_full(made.error()); // it can be emptied all the same
    if (!made && !without) return made.error();
    if (!without)
      if (auto committed = all.commit(); !committed) return committed.error();
  }
  auto highest = db_->number("select coalesce(max(seq), 0) from sqlite_sequence where name = 'webhook'");
  if (!highest) return highest.error();
  last_id_ = std::max(last_id_, *highest);
  return {};
}

result<void> spool_file::free_space(std::span<const spooled> rows) {
  std::uint64_t bytes = 0;
  for (const auto& row : rows) bytes += spool_cost(row);
  if (check_disk(bytes)) return {};
  shorten_log();
  return check_disk(bytes);
}

// What is in the log goes to its place in the file, if nobody else is at work there.
void spool_file::shorten_log() {
  (void)db_->run(empty_log);
}

// Gives the disk back after a long outage. A neighbor at work is no reason to wait, nor to fail.
result<void> spool_file::rewind_if_empty() {
  if (depth_.rows > 0) return {};
  auto pages = db_->number("pragma page_count");
  auto page_bytes = db_->number("pragma page_size");
  if (!pages || !page_bytes) return {};
  if (*pages * *page_bytes < worth_shrinking_bytes && check_disk()) return {};
  (void)db_->run("vacuum");
  shorten_log();
  return {};
}

result<void> spool_file::recount_if_changed() {
  auto version = db_->number("pragma data_version");
  if (!version) return version.error();
  if (*version == known_version_) return {};
  auto counted = count_webhooks(*db_);
  if (!counted) return counted.error();
  depth_.rows = counted->rows;
  depth_.bytes = counted->bytes;
  known_version_ = *version;
  return {};
}

result<spool_depth> spool_file::depth() {
  return attempt([&]() -> result<spool_depth> {
    if (auto counted = recount_if_changed(); !counted) return counted.error();
    auto found = depth_;
    if (found.rows == 0) return found;
    auto first = db_->number("select received_at from webhook order by id limit 1");
    if (!first) return first.error();
    found.oldest = to_instant(*first);
    return found;
  });
}

// With its log: what is written to one that was deleted would be lost with this process.
bool spool_file::still_named() const {
  return named_file(path_) == opened_ && (!log_ || named_file(path_ + "-wal") == log_);
}

bool spool_file::is_ours() const {
  return db_ && still_named() && db_->begins_well();
}

// Moved, deleted or replaced while it was open. What lies in its log goes into it first, so that it is whole
// wherever it is; one that nobody can open any more is kept until the next file has its webhooks.
void spool_file::leave() {
  if (!db_ || still_named()) {
    db_.reset();
    return;
  }
  shorten_log();
  struct stat held{};
  bool deleted = handle_.good() && ::fstat(handle_.fd(), &held) == 0 && held.st_nlink == 0;
  if (deleted) deleted_ = std::move(db_);
  db_.reset();
  if (!deleted)
    log::warn("the spool's file or its log was moved: what it holds is in the file now, another one is used "
              "where it is gone",
              {{"file", path_}});
}

void spool_file::carry_over_deleted() {
  auto rows = deleted_->number("select count(*) from webhook");
  if (!rows) return;
  std::size_t carried = salvage(*deleted_, *db_);
  known_version_ = -1;
  if (carried < static_cast<std::size_t>(*rows)) return; // later again
  deleted_.reset();
  log::error("the spool's file was deleted: another one was made, and what was in it was carried over",
             {{"file", path_}, {"carried_over", carried}});
}

result<void> spool_file::make_ready() {
  if (db_) keep_index_whole(path_, index_bytes_);
  if (is_ours()) return {};
  if (db_ && still_named()) overwritten_ = std::exchange(db_, std::nullopt);
  leave();
  if (auto made = make_folder(folder_); !made) return made.error();
  auto lock = lock_folder(folder_);
  if (!lock) return lock.error();
  if (overwritten_) return replace_overwritten();
  auto opened = open();
  if (!opened && is_corrupt(opened.error())) opened = replace_under_lock(opened.error());
  if (opened && deleted_) carry_over_deleted();
  return opened;
}

result<void> spool_file::open() {
  if (auto made = make_file(path_); !made) return made.error();
  auto named = named_file(path_);
  if (!named) return system_error(path_);
  // Of two files one log would make neither: what the former one's holds is in that file by now.
  if (*named != opened_ && log_ && named_file(path_ + "-wal") == log_) put_log_aside(path_);
  auto emptied = keep_log_of_emptied(path_);
  if (!emptied) return emptied.error();
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(path_, unknown))
    return permanent("spool:corrupt", "what bears the file's name is none");
  descriptor handle(::open(path_.c_str(), O_PATH | O_CLOEXEC)); // its closing drops no locks
  auto db = sqlite::open(path_, lock_patience_ms);
  if (!db) return db.error();
  if (auto prepared = prepare_database(*db); !prepared) return prepared.error();
  if (*named != checked_) {
    if (auto checked = check_database(*db); !checked) return checked.error();
    checked_ = *named;
  }
  if (*emptied) (void)db->run(empty_log);
  if (auto counting = keep_totals(*db); !counting) return counting.error();
  if (auto synced = sync_names(folder_); !synced) return synced.error();
  db_.emplace(std::move(*db));
  bool another = opened_ != file_id() && opened_ != *named;
  opened_ = *named;
  handle_ = std::move(handle);
  known_version_ = -1;
  auto origin = give_origin(another);
  log_ = named_file(path_ + "-wal");
  if (!origin) db_.reset();
  return origin;
}

result<void> spool_file::replace(const error& why) {
  db_.reset();
  auto lock = lock_folder(folder_);
  if (!lock) return lock.error();
  checked_ = {};
  if (named_file(path_) == opened_) return replace_under_lock(why);
  return {}; // somebody else has done it
}

result<void> spool_file::replace_under_lock(const error& why) {
  auto aside = name_aside(path_);
  if (auto moved = move_aside(path_, aside); !moved) return moved.error();
  if (auto opened = open(); !opened) return opened.error();
  auto rows = carry_over(aside);
  log::error("the spool's file is damaged: it was moved aside, what could be read of it was carried over",
             {{"file", aside}, {"carried_over", rows}, {"error", to_string(why)}});
  return {};
}

// While it was open: what is in memory, and in what is left of it, can be read still.
result<void> spool_file::replace_overwritten() {
  auto aside = name_aside(path_);
  if (named_file(path_) == opened_)
    if (auto moved = move_aside(path_, aside); !moved) return moved.error();
  if (auto opened = open(); !opened) return opened.error();
  auto rows = salvage(*overwritten_, *db_);
  overwritten_.reset();
  known_version_ = -1;
  log::error(
      "the spool's file or its log was cut off or written over: it was moved aside, what could be read of it "
      "was carried over",
      {{"file", aside}, {"carried_over", rows}});
  return {};
}

std::size_t spool_file::carry_over(const std::string& from) {
  auto damaged = sqlite::open(from, lock_patience_ms);
  if (!damaged) return 0;
  return salvage(*damaged, *db_);
}

result<void> spool_file::check_disk(std::uint64_t coming_bytes) const {
  return check_room(folder_, path_, coming_bytes);
}

} // namespace suivi::receiver
