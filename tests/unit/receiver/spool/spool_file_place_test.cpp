// The spool's file moved, deleted, copied or parted from its log while receivers are at work: whatever
// counted as kept is in it, in the next one, or in the moved one.
#include "receiver/spool/spool_file.hpp"

#include "tests/support/folder.hpp"
#include "tests/support/print_result.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace suivi;
using namespace suivi::receiver;

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t plenty = 1 << 30;

spooled webhook(int n) {
  spooled row;
  row.received_at = instant(microseconds(1'700'000'000'000'000 + n));
  row.raw = std::to_string(n);
  return row;
}

void append(spool_file& file, int from, int to) {
  std::vector<spooled> rows;
  for (int n = from; n < to; ++n) rows.push_back(webhook(n));
  auto kept = file.append(rows);
  REQUIRE(kept);
  CHECK(*kept == std::vector<bool>(rows.size(), true));
}

std::vector<spooled> all(spool_file& file) {
  auto rows = file.read(0, 100'000, plenty);
  REQUIRE(rows);
  return *rows;
}

} // namespace

TEST_CASE("what is removed by the ids of a file that was moved away is nothing of the next file") {
  test::folder folder;
  spool_file file(folder.path(), plenty);
  append(file, 0, 5);
  auto before = all(file);
  fs::rename(folder.path() + "/spool.db", folder.path() + "/moved");
  append(file, 5, 10);
  auto after = all(file);
  REQUIRE(after.size() == 5);
  CHECK(after.front().generation != before.front().generation);
  CHECK(after.front().id > before.back().id); // a new file begins above every id ever given
  std::vector<std::int64_t> ids;
  for (const auto& row : before) ids.push_back(row.id);
  for (const auto& row : after) ids.push_back(row.id);
  REQUIRE(file.remove(before.front().generation, ids));
  CHECK(all(file).size() == 5);
  REQUIRE(file.remove(after.front().generation, ids));
  CHECK(all(file).empty());
}

TEST_CASE("a file that was deleted while it was open is made anew and keeps its webhooks") {
  for (const char* deleted : {"", "/spool.db", "/spool.db-wal"}) {
    CAPTURE(deleted);
    test::folder folder;
    spool_file file(folder.path(), plenty);
    append(file, 0, 2);
    fs::remove_all(folder.path() + deleted);
    append(file, 2, 4);
    spool_file next(folder.path(), plenty);
    auto rows = all(next);
    REQUIRE(rows.size() == 4);
    for (int n = 0; n < 4; ++n) CHECK(rows[static_cast<std::size_t>(n)].raw == webhook(n).raw);
    CHECK(file.depth()->rows == 4);
  }
}

TEST_CASE("a file that was moved away without its log is whole where it is") {
  test::folder folder, elsewhere;
  spool_file file(folder.path(), plenty);
  append(file, 0, 2);
  fs::rename(folder.path() + "/spool.db", elsewhere.path() + "/spool.db");
  append(file, 2, 4);
  spool_file moved(elsewhere.path(), plenty), next(folder.path(), plenty);
  CHECK(all(moved).size() == 2);
  CHECK(all(moved).front().raw == webhook(0).raw);
  REQUIRE(all(next).size() == 2);
  CHECK(all(next).front().raw == webhook(2).raw);
}

TEST_CASE("a log whose file was moved away is kept aside, and both together are whole") {
  test::folder folder;
  {
    spool_file file(folder.path(), plenty);
    append(file, 0, 2);
  }
  fs::rename(folder.path() + "/spool.db", folder.path() + "/moved");
  spool_file next(folder.path(), plenty);
  append(next, 2, 4);
  CHECK(all(next).size() == 2);
  fs::path log;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    auto name = entry.path().filename().string();
    if (name.starts_with("spool.db.corrupt-") && name.ends_with("-wal")) log = entry.path();
  }
  REQUIRE(!log.empty());
  test::folder together;
  fs::rename(folder.path() + "/moved", together.path() + "/spool.db");
  fs::rename(log, together.path() + "/spool.db-wal");
  spool_file whole(together.path(), plenty);
  CHECK(all(whole).size() == 2);
}

TEST_CASE("a copy in the file's place is another file, and its ids are above all that were given") {
  test::folder folder;
  spool_file file(folder.path(), plenty);
  append(file, 0, 1);
  auto db = sqlite::open(folder.path() + "/spool.db", 1000);
  REQUIRE(db->run("pragma wal_checkpoint(truncate)"));
  fs::copy_file(folder.path() + "/spool.db", folder.path() + "/copy");
  append(file, 1, 5);
  auto before = all(file); // as a drain reads them
  fs::rename(folder.path() + "/copy", folder.path() + "/spool.db");
  fs::remove(folder.path() + "/spool.db-wal");
  append(file, 5, 9);
  std::vector<std::int64_t> ids;
  for (const auto& row : before) ids.push_back(row.id);
  REQUIRE(file.remove(before.front().generation, ids));
  auto after = all(file);
  REQUIRE(after.size() >= 5);
  CHECK(after.back().id > before.back().id);
  CHECK(after.back().raw == webhook(8).raw);
  CHECK(after.front().generation != before.front().generation);
}

TEST_CASE("a copy in the file's place does not share the log of the file that was there") {
  for (bool is_copy : {true, false}) {
    CAPTURE(is_copy);
    test::folder folder;
    {
      spool_file file(folder.path(), plenty);
      append(file, 0, 6);
      if (is_copy)
        fs::copy_file(folder.path() + "/spool.db", folder.path() + "/other");
      else
        std::ofstream(folder.path() + "/other");
      fs::rename(folder.path() + "/other", folder.path() + "/spool.db");
      append(file, 6, 12);
      CHECK(all(file).size() == 12);
    }
    spool_file next(folder.path(), plenty);
    auto rows = all(next);
    REQUIRE(rows.size() == 12);
    for (int n = 0; n < 12; ++n)
      CHECK(std::ranges::any_of(rows, [&](const spooled& row) { return row.raw == webhook(n).raw; }));
  }
}

TEST_CASE("an index of the log that was cut off ends nobody") {
  test::folder folder;
  spool_file file(folder.path(), plenty);
  append(file, 0, 3);
  REQUIRE(::truncate((folder.path() + "/spool.db-shm").c_str(), 0) == 0);
  append(file, 3, 5);
  CHECK(all(file).size() == 5);
}

namespace {

// Its content is gone, its name and inode stay.
void cut_off(const std::string& path) {
  REQUIRE(::truncate(path.c_str(), 0) == 0);
}

void write_over(const std::string& path) {
  auto bytes = fs::file_size(path);
  std::ofstream(path, std::ios::in | std::ios::binary) << std::string(bytes, '\0');
}

} // namespace

TEST_CASE("what is appended to a file that was cut off or written over is there for the next process") {
  for (const char* part : {"/spool.db", "/spool.db-wal"})
    for (auto damage : {cut_off, write_over}) {
      CAPTURE(part);
      test::folder folder;
      std::size_t kept = 0;
      {
        spool_file file(folder.path(), plenty);
        append(file, 0, 3);
        damage(folder.path() + part);
        append(file, 3, 5);
        kept = all(file).size();
        CHECK(kept >= 2);
      }
      spool_file next(folder.path(), plenty);
      auto rows = all(next);
      CHECK(rows.size() == kept);
      for (const char* raw : {"3", "4"})
        CHECK(std::ranges::any_of(rows, [&](const spooled& row) { return row.raw.starts_with(raw); }));
    }
}

TEST_CASE("a file that was cut off while nobody had it open is read from its log") {
  test::folder folder;
  {
    spool_file file(folder.path(), plenty);
    append(file, 0, 3);
  }
  cut_off(folder.path() + "/spool.db");
  spool_file next(folder.path(), plenty);
  CHECK(all(next).size() == 3);
  append(next, 3, 4);
  spool_file third(folder.path(), plenty);
  CHECK(all(third).size() == 4);
}

TEST_CASE("a link in the file's place is another file") {
  test::folder folder;
  {
    spool_file file(folder.path(), plenty);
    append(file, 0, 3);
    fs::rename(folder.path() + "/spool.db", folder.path() + "/moved.db");
    fs::create_symlink(folder.path() + "/moved.db", folder.path() + "/spool.db");
    append(file, 3, 5);
  }
  spool_file next(folder.path(), plenty);
  CHECK(all(next).size() == 5);
}

TEST_CASE("a folder or a pipe in the file's place is moved aside and work goes on") {
  for (bool pipe : {false, true}) {
    test::folder folder;
    std::string path = folder.path() + "/spool.db";
    spool_file file(folder.path(), plenty);
    append(file, 0, 2);
    fs::rename(path, folder.path() + "/moved.db");
    REQUIRE((pipe ? ::mkfifo(path.c_str(), 0600) : ::mkdir(path.c_str(), 0700)) == 0);
    append(file, 2, 3);
    CHECK(all(file).size() == 1);
    spool_file next(folder.path(), plenty);
    CHECK(all(next).size() == 1);
  }
}
