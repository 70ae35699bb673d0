// The spool's file moved, deleted, copied or parted from its log while receivers are at work: whatever
// counted as kept is in it, in the next one, or in the moved one.
#include "receiver/spool/spool_file.hpp"

#include "tests/support/folder.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>
#include <filesystem>

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
