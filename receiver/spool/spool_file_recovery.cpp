// The spool's file and folder: making, opening, replacing. All of it under a lock on the folder, so that two
// processes never move one file twice; ordinary work takes no such lock.
#include "receiver/spool/spool_file.hpp"

#include "common/log/log.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace suivi::receiver {
namespace {

namespace fs = std::filesystem;

constexpr int lock_patience_ms = 5'000;
constexpr milliseconds lock_patience{2'000}; // of the folder; held for moments
constexpr milliseconds lock_pause{10};
constexpr std::uintmax_t free_bytes_min = 1 << 20;
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

error system_error(std::string_view operation) {
  int number = errno;
  return transient("spool:folder", std::string(operation) + ": " + std::strerror(number));
}

// Webhooks hold customers' names and phones: the folder and what is in it are the receiver's alone.
result<void> make_folder(const std::string& folder) {
  std::error_code failed;
  bool made = fs::create_directories(folder, failed);
  if (failed) return transient("spool:folder", folder + ": " + failed.message());
  if (made && ::chmod(folder.c_str(), 0700) != 0) return system_error(folder);
  return {};
}

// A name is durable once its folder is.
result<void> sync_folder(const std::string& folder) {
  descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.good() || ::fsync(opened.fd()) != 0) return system_error(folder);
  return {};
}

// The folder's own name stands in its parent, which may be nobody's to read: then all of the disk is synced.
result<void> sync_name_of_folder(const std::string& folder) {
  std::string parent = fs::path(folder).parent_path().string();
  if (sync_folder(parent.empty() ? "." : parent)) return {};
  descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.good() || ::syncfs(opened.fd()) != 0) return system_error(folder);
  return {};
}

result<void> lock_folder(const descriptor& lock) {
  if (!lock.good()) return system_error("the spool's lock");
  auto give_up = std::chrono::steady_clock::now() + lock_patience;
  while (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR && errno != EWOULDBLOCK) return system_error("the spool's lock");
    if (std::chrono::steady_clock::now() >= give_up)
      return transient("spool:locked", "another process holds the spool's lock and does not let it go");
    std::this_thread::sleep_for(lock_pause);
  }
  return {};
}

int open_lock(const std::string& folder) {
  return ::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

std::string name_aside(const std::string& path) {
  auto stamp = format_instant(suivi::now());
  std::erase(stamp, ':');
  auto name = path + ".corrupt-" + stamp;
  for (int n = 2; fs::exists(name) || fs::exists(name + "-wal"); ++n)
    name = path + ".corrupt-" + stamp + "-" + std::to_string(n);
  return name;
}

// The log of a file that is elsewhere: beside a new file SQLite would delete it, with the webhooks in it.
void put_log_aside(const std::string& path) {
  std::error_code no_log;
  auto bytes = fs::file_size(path + "-wal", no_log);
  if (!no_log && bytes > 0) {
    auto aside = name_aside(path) + "-wal";
    bool moved = ::rename((path + "-wal").c_str(), aside.c_str()) == 0;
    log::error(
        "the spool's file is gone and its log is here: it was moved aside; put both together again, as "
        "spool.db and spool.db-wal, for `suivi-receiver spool drain`",
        {{"log", moved ? aside : path + "-wal"}});
  }
  ::unlink((path + "-wal").c_str());
  ::unlink((path + "-shm").c_str());
}

// Never opens a file that is there: closing it would drop the locks that SQLite holds on it in this process.
result<void> make_file(const std::string& path) {
  descriptor made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made.good() && errno != EEXIST) return system_error(path);
  if (made.good()) put_log_aside(path);
  return {};
}

result<void> prepare_database(sqlite& db) {
  if (auto done = db.run("pragma journal_mode = wal; pragma synchronous = full"); !done) return done.error();
  auto version = db.number("pragma user_version");
  if (!version) return version.error();
  auto tables = db.number("select count(*) from sqlite_master");
  if (!tables) return tables.error();
  if (*version == 0 && *tables == 0) return db.run(make_tables);
  if (*version != layout) return permanent("spool:corrupt", "not a spool of this version");
  return {};
}

result<void> check_database(sqlite& db) {
  auto verdict = db.text("pragma quick_check(1)");
  if (!verdict) return verdict.error();
  if (*verdict != "ok") return permanent("spool:corrupt", *verdict);
  return {};
}

// Rows that can be read, upwards from the first and, past the damage, downwards from the last.
class salvage {
 public:
  salvage(const sqlite& from, sqlite& to) : from_(from), to_(to) {}

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

std::optional<spool_file::file_id> spool_file::named_file(const char* part) const {
  struct stat found{};
  if (::stat((path_ + part).c_str(), &found) != 0) return std::nullopt;
  return file_id{found.st_dev, found.st_ino};
}

// With its log: what is written to one that was deleted would be lost with this process.
bool spool_file::still_named() const {
  return named_file("") == opened_ && (!log_ || named_file("-wal") == log_);
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
  std::size_t carried = salvage(*deleted_, *db_).run();
  known_version_ = -1;
  if (carried < static_cast<std::size_t>(*rows)) return; // later again
  deleted_.reset();
  log::error("the spool's file was deleted: another one was made, and what was in it was carried over",
             {{"file", path_}, {"carried_over", carried}});
}

result<void> spool_file::make_ready() {
  if (db_ && still_named()) return {};
  leave();
  if (auto made = make_folder(folder_); !made) return made.error();
  descriptor lock(open_lock(folder_));
  if (auto locked = lock_folder(lock); !locked) return locked.error();
  auto opened = open();
  if (!opened && is_corrupt(opened.error())) opened = replace_under_lock(opened.error());
  if (opened && deleted_) carry_over_deleted();
  return opened;
}

result<void> spool_file::open() {
  if (auto made = make_file(path_); !made) return made.error();
  auto named = named_file("");
  if (!named) return system_error(path_);
  descriptor handle(::open(path_.c_str(), O_PATH | O_CLOEXEC)); // its closing drops no locks
  auto db = sqlite::open(path_, lock_patience_ms);
  if (!db) return db.error();
  if (auto prepared = prepare_database(*db); !prepared) return prepared.error();
  if (*named != checked_) {
    if (auto checked = check_database(*db); !checked) return checked.error();
    checked_ = *named;
  }
  if (auto synced = sync_folder(folder_); !synced) return synced.error();
  if (auto synced = sync_name_of_folder(folder_); !synced) return synced.error();
  db_.emplace(std::move(*db));
  bool another = opened_ != file_id() && opened_ != *named;
  opened_ = *named;
  handle_ = std::move(handle);
  known_version_ = -1;
  auto origin = give_origin(another);
  log_ = named_file("-wal");
  if (!origin) db_.reset();
  return origin;
}

// A spool that has taken the disk's last block could never be emptied again, for removing is written to the
// log, and emptying the log makes the file grow by as much.
result<void> spool_file::check_disk(std::uint64_t coming_bytes) const {
  std::error_code failed, no_log;
  auto space = fs::space(folder_, failed);
  if (failed) return transient("spool:folder", folder_ + ": " + failed.message());
  auto log_bytes = fs::file_size(path_ + "-wal", no_log);
  auto needed = free_bytes_min + (no_log ? 0 : log_bytes) + 2 * coming_bytes;
  if (space.available < needed) return transient("spool:disk", "no room on the spool's disk");
  return {};
}

result<void> spool_file::replace(const error& why) {
  db_.reset();
  descriptor lock(open_lock(folder_));
  if (auto locked = lock_folder(lock); !locked) return locked.error();
  checked_ = {};
  if (named_file("") == opened_) return replace_under_lock(why);
  return {}; // somebody else has done it
}

result<void> spool_file::replace_under_lock(const error& why) {
  auto aside = name_aside(path_);
  if (auto moved = move_aside(aside); !moved) return moved.error();
  if (auto opened = open(); !opened) return opened.error();
  auto rows = carry_over(aside);
  log::error("the spool's file is damaged: it was moved aside, what could be read of it was carried over",
             {{"file", aside}, {"carried_over", rows}, {"error", to_string(why)}});
  return {};
}

// The log first: a database without its log is whole as of earlier, a log without its database is deleted.
result<void> spool_file::move_aside(const std::string& target) const {
  for (const char* part : {"-wal", ""}) {
    auto from = path_ + part;
    if (::rename(from.c_str(), (target + part).c_str()) != 0 && errno != ENOENT) return system_error(from);
  }
  ::unlink((path_ + "-shm").c_str()); // an index of the log, made anew
  return sync_folder(folder_);
}

std::size_t spool_file::carry_over(const std::string& from) {
  auto damaged = sqlite::open(from, lock_patience_ms);
  if (!damaged) return 0;
  return salvage(*damaged, *db_).run();
}

} // namespace suivi::receiver
