// The spool's file: what is appended is there again, whatever happens to the file.
#include "receiver/spool/spool_file.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/small_disk.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace suivi;
using namespace suivi::receiver;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t plenty = 1 << 30;

spooled webhook(int n, std::size_t bytes = 10) {
  spooled row;
  row.received_at = instant(microseconds(1'700'000'000'000'000 + n));
  row.raw = std::to_string(n) + std::string(bytes, '\0');
  if (n % 2 == 0) row.account = "account \xff " + std::to_string(n);
  return row;
}

void append(spool_file& file, int from, int to, std::size_t bytes = 10) {
  std::vector<spooled> rows;
  for (int n = from; n < to; ++n) rows.push_back(webhook(n, bytes));
  auto kept = file.append(rows);
  REQUIRE(kept);
  CHECK(*kept == std::vector<bool>(rows.size(), true));
}

std::vector<spooled> all(spool_file& file) {
  auto rows = file.read(0, 100'000, plenty);
  REQUIRE(rows);
  return *rows;
}

std::int64_t generation_of(spool_file& file) {
  return all(file).front().generation;
}

// The file that was moved aside, if there is exactly one.
fs::path aside(const std::string& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    auto name = entry.path().filename().string();
    if (name.starts_with("spool.db.corrupt-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
      found.push_back(entry.path());
  }
  REQUIRE(found.size() == 1);
  return found[0];
}

void overwrite(const fs::path& file, std::streamoff from, std::size_t bytes) {
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(from);
  out << std::string(bytes, '\x5a');
  REQUIRE(out.good());
}

} // namespace

TEST_CASE("webhooks come out as they went in, oldest first, also from the next process") {
  test::folder folder;
  {
    spool_file file(folder.path() + "/made/here", plenty);
    append(file, 0, 5);
  }
  spool_file file(folder.path() + "/made/here", plenty);
  append(file, 5, 6);
  auto rows = all(file);
  REQUIRE(rows.size() == 6);
  for (int n = 0; n < 6; ++n) {
    auto expected = webhook(n);
    const auto& row = rows[static_cast<std::size_t>(n)];
    CHECK(row.received_at == expected.received_at);
    CHECK(row.raw == expected.raw);
    CHECK(row.account == expected.account);
  }
  auto depth = file.depth();
  REQUIRE(depth);
  CHECK(depth->rows == 6);
  CHECK(depth->oldest == webhook(0).received_at);
}

TEST_CASE("reading goes on after an id and ends at either limit") {
  test::folder folder;
  spool_file file(folder.path(), plenty);
  append(file, 0, 10);
  auto first = file.read(0, 3, plenty);
  REQUIRE(first);
  REQUIRE(first->size() == 3);
  auto next = file.read(first->back().id, 100, 1);
  REQUIRE(next);
  REQUIRE(next->size() == 1);
  CHECK(next->front().raw == webhook(3).raw);
}

TEST_CASE("a full spool refuses what does not fit and keeps the rest, and removing makes room") {
  test::folder folder;
  auto one = spool_cost(webhook(1, 1000));
  spool_file file(folder.path(), 3 * one);
  std::vector<spooled> rows{webhook(1, 1000), webhook(3, 5000), webhook(5, 1000)};
  auto kept = file.append(rows);
  REQUIRE(kept);
  CHECK(*kept == std::vector<bool>{true, false, true});
  append(file, 7, 8, 1000);
  auto refused = file.append(std::span(rows).first(1));
  REQUIRE(refused);
  CHECK(*refused == std::vector<bool>{false});

  std::vector<std::int64_t> ids{all(file).front().id, 12345};
  REQUIRE(file.remove(generation_of(file), ids));
  append(file, 9, 10, 1000);
  CHECK(all(file).size() == 3);
}

TEST_CASE("an id is never used twice") {
  test::folder folder;
  spool_file file(folder.path(), plenty);
  append(file, 0, 1);
  auto first = all(file).front().id;
  std::vector<std::int64_t> ids{first};
  REQUIRE(file.remove(generation_of(file), ids));
  append(file, 1, 2);
  CHECK(all(file).front().id > first);
}

TEST_CASE("a file that an older program made is given its generation and keeps its webhooks") {
  test::folder folder;
  {
    spool_file file(folder.path(), plenty);
    append(file, 0, 3);
  }
  {
    auto db = sqlite::open(folder.path() + "/spool.db", 1000);
    REQUIRE(db);
    REQUIRE(
        db->run("drop table origin; update webhook set id = id % 1000; update sqlite_sequence set seq = 3"));
  }
  spool_file file(folder.path(), plenty);
  append(file, 3, 4);
  auto rows = all(file);
  REQUIRE(rows.size() == 4);
  CHECK(rows[3].id > 1'000'000);
  std::vector<std::int64_t> ids{rows[0].id, rows[3].id};
  REQUIRE(file.remove(rows[0].generation, ids));
  CHECK(all(file).size() == 2);
}

TEST_CASE("a lock on the folder that nobody lets go of is an error soon") {
  test::folder folder;
  int held = ::open((folder.path() + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(::flock(held, LOCK_EX) == 0);
  spool_file file(folder.path(), plenty);
  auto begun = std::chrono::steady_clock::now();
  auto depth = file.depth();
  REQUIRE_FALSE(depth);
  CHECK(depth.error().code == "spool:locked");
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(4) * test::slowness);
  ::close(held);
  CHECK(file.depth());
}

TEST_CASE("the folder's parent need not be readable") {
  test::folder folder;
  auto parent = folder.path() + "/closed";
  fs::create_directory(parent);
  REQUIRE(::chmod(parent.c_str(), 0311) == 0);
  constexpr uid_t nobody = 65534;
  if (::geteuid() == 0) {
    REQUIRE(::chown(parent.c_str(), nobody, nobody) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0711) == 0);
  }
  pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(nobody) != 0) ::_exit(3);
    spool_file file(parent + "/spool", plenty);
    std::vector<spooled> rows{webhook(1)};
    ::_exit(file.append(rows) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  REQUIRE(::chmod(parent.c_str(), 0700) == 0);
}

TEST_CASE("two processes may share a folder and count each other's webhooks") {
  test::folder folder;
  auto one = spool_cost(webhook(1));
  spool_file a(folder.path(), 3 * one), b(folder.path(), 3 * one);
  append(a, 1, 2);
  append(b, 3, 4);
  append(a, 5, 6);
  std::vector<spooled> more{webhook(7)};
  auto refused = b.append(more);
  REQUIRE(refused);
  CHECK_FALSE(refused->front());
  REQUIRE(a.depth());
  CHECK(a.depth()->rows == 3);
  std::vector<std::int64_t> ids{all(b).front().id};
  REQUIRE(a.remove(generation_of(a), ids));
  CHECK(b.depth()->rows == 2);
}

TEST_CASE("how much there is is counted as it comes and goes, whoever writes, and not by reading it all") {
  test::folder folder;
  {
    spool_file file(folder.path(), plenty);
    append(file, 0, 5);
  }
  auto other = sqlite::open(folder.path() + "/spool.db", 1'000);
  REQUIRE(other);
  const std::string insert = "insert into webhook (received_at, raw, cost) values (1, x'00', 7)";
  REQUIRE(other->run("drop trigger count_in; drop trigger count_out; drop table totals;" + insert));
  spool_file file(folder.path(), plenty);
  CHECK(file.depth()->rows == 6);
  REQUIRE(other->run(insert));
  CHECK(file.depth()->rows == 7);
  REQUIRE(file.remove(generation_of(file), std::vector<std::int64_t>{all(file).back().id}));
  REQUIRE(other->run("update totals set rows = rows + 1000"));
  CHECK(file.depth()->rows == 1006);
}

TEST_CASE("what is no database is moved aside and work goes on") {
  test::folder folder;
  std::ofstream(folder.path() + "/spool.db") << std::string(10'000, 'x');
  spool_file file(folder.path(), plenty);
  append(file, 0, 2);
  CHECK(all(file).size() == 2);
  CHECK(fs::file_size(aside(folder.path())) == 10'000);
}

TEST_CASE("a database of something else is moved aside untouched") {
  test::folder folder;
  std::ofstream(folder.path() + "/spool.db").flush();
  {
    auto other = sqlite::open(folder.path() + "/spool.db", 1000);
    REQUIRE(other);
    REQUIRE(other->run("create table somebody (x); insert into somebody values (7)"));
  }
  spool_file file(folder.path(), plenty);
  append(file, 0, 1);
  auto other = sqlite::open(aside(folder.path()).string(), 1000);
  REQUIRE(other);
  CHECK(other->number("select x from somebody").value() == 7);
}

TEST_CASE("a damaged file is moved aside and what can be read of it is carried over") {
  test::folder folder;
  {
    spool_file file(folder.path(), plenty);
    append(file, 0, 300, 1000);
  }
  {
    auto db = sqlite::open(folder.path() + "/spool.db", 1000);
    REQUIRE(db);
    REQUIRE(db->run("pragma wal_checkpoint(truncate)"));
  }
  auto size = static_cast<std::streamoff>(fs::file_size(folder.path() + "/spool.db"));
  overwrite(folder.path() + "/spool.db", size / 2 / 4096 * 4096, 4096);
  spool_file file(folder.path(), plenty);
  auto rows = all(file);
  CHECK(rows.size() < 300);
  CHECK(rows.size() > 280);
  CHECK(rows.front().raw == webhook(0, 1000).raw);
  CHECK(rows.back().raw == webhook(299, 1000).raw);
  CHECK(aside(folder.path()).string().size() > 0);
  append(file, 300, 301, 1000);
  CHECK(all(file).back().raw == webhook(300, 1000).raw);
}

TEST_CASE("a file that is damaged while it is open is replaced too") {
  test::folder folder;
  spool_file file(folder.path(), plenty);
  append(file, 0, 300, 1000);
  {
    auto db = sqlite::open(folder.path() + "/spool.db", 1000);
    REQUIRE(db);
    REQUIRE(db->run("pragma wal_checkpoint(truncate)"));
    append(file, 300, 301);
    REQUIRE(db->run("pragma wal_checkpoint(truncate)"));
  }
  overwrite(folder.path() + "/spool.db", 0, 4096);
  append(file, 301, 302);
  auto rows = all(file);
  CHECK(rows.back().raw == webhook(301).raw);
}

TEST_CASE("a folder that cannot be made is an error until it can") {
  test::folder folder;
  std::ofstream(folder.path() + "/place").flush();
  spool_file file(folder.path() + "/place", plenty);
  std::vector<spooled> rows{webhook(1)};
  auto refused = file.append(rows);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == failure::transient);
  fs::remove(folder.path() + "/place");
  append(file, 0, 1);
}

TEST_CASE("a disk without room is an error, and what was kept before stays") {
  test::folder folder;
  spool_file file(folder.path(), plenty);
  append(file, 0, 3);
  rlimit usual{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &usual) == 0);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small{200'000, usual.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::vector<spooled> rows{webhook(4, 1 << 20)};
  auto refused = file.append(rows);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &usual) == 0);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == failure::transient);
  CHECK(all(file).size() == 3);
  append(file, 4, 5, 1 << 20);
  CHECK(all(file).size() == 4);
}

TEST_CASE("a spool that has filled its disk can be emptied, and filled again") {
  for (std::size_t bytes : {3'000, 100'000}) {
    CAPTURE(bytes);
    test::small_disk disk(2);
    if (!disk.why_not().empty()) {
      MESSAGE("no small disk: " << disk.why_not());
      return;
    }
    spool_file file(disk.path() + "/spool", plenty);
    for (int round = 0; round < 2; ++round) {
      CAPTURE(round);
      std::size_t kept = 0;
      while (file.append(std::vector{webhook(1, bytes)})) ++kept;
      CHECK(kept > 2);
      CHECK_FALSE(file.check_disk(spool_cost(webhook(1, bytes))));
      auto there = all(file);
      CHECK(there.size() == kept);
      std::vector<std::int64_t> ids;
      for (const auto& row : there) ids.push_back(row.id);
      CHECK(file.remove(generation_of(file), ids));
      CHECK(all(file).empty());
      CHECK(file.check_disk());
    }
  }
}

TEST_CASE("an emptied spool gives the disk back") {
  test::folder folder;
  spool_file file(folder.path(), plenty);
  append(file, 0, 30, 1 << 20);
  std::vector<std::int64_t> ids;
  for (const auto& row : all(file)) ids.push_back(row.id);
  REQUIRE(file.remove(generation_of(file), ids));
  CHECK(fs::file_size(folder.path() + "/spool.db") < 100'000);
  append(file, 30, 31);
  CHECK(all(file).front().id > ids.back());
}

TEST_CASE("nobody else may read what customers' data is in") {
  test::folder folder;
  spool_file file(folder.path() + "/own", plenty);
  append(file, 0, 1);
  auto others = fs::perms::group_all | fs::perms::others_all;
  for (const char* name : {"/own", "/own/spool.db", "/own/spool.db-wal"})
    CHECK((fs::status(folder.path() + name).permissions() & others) == fs::perms::none);
}
