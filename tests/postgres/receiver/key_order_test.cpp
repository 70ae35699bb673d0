// How keys lie in their index, and that whatever was stored in whichever way is known again.
#include "common/maystro/envelope.hpp"
#include "receiver/inbox/ingest.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

constexpr instant noon = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + 12h;

webhook message(std::optional<std::string> id, std::optional<instant> published,
                const std::string& text = "u1") {
  webhook a;
  a.received_at = suivi::now();
  a.raw = R"({"event":"x","payload":{"id":")" + text + R"(","status":31,"external_order_id":"R"}})";
  a.event = maystro::decode(a.raw);
  a.event.message_id = std::move(id);
  a.event.published_at = published;
  a.key = choose_key(a.raw, a.event);
  return a;
}

std::vector<receipt> store(const test::database& db, std::vector<webhook> rows) {
  return test::run([&]() -> task<std::vector<receipt>> {
    auto connection = co_await test::connected(db.options());
    std::span<const webhook> all(rows);
    auto kept = co_await ingest_as_range(connection, all, "me");
    REQUIRE(kept);
    co_return *kept;
  });
}

// As receivers of before do, which know digests alone: in two steps, of which the first one takes the keys.
void store_as_before(const test::database& db, const webhook& row) {
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    static constexpr pg::statement take{"", "select seen from suivi.take_keys($1, $2)"};
    pg::params with;
    with.byte_strings({std::string_view(row.key.bytes)}).booleans({row.key.expiring});
    auto taken = co_await connection.run(take, std::move(with));
    REQUIRE(taken);
    CHECK_FALSE(taken->boolean(0, 0));
  });
}

void order_from(const test::database& db, const std::string& day, bool plain) {
  db.execute("update suivi.key_order set since = " + day + ", plain = " + (plain ? "true" : "false"));
}

constexpr const char* lengths =
    "select string_agg(length(key)::text, ' ' order by event_id) from suivi.inbox_key";

} // namespace

TEST_CASE("keys of messages whose ids grow lie in that order, whatever their digests are") {
  test::database db;
  CHECK(db.value("select plain || ' ' || (since <= (now() at time zone 'UTC')::date) from suivi.key_order") ==
        "false true");
  std::vector<webhook> rows;
  for (int n = 0; n < 20; ++n) rows.push_back(message("20704436013" + std::to_string(10000 + n * 300), noon));
  store(db, rows);
  CHECK(db.value("select bool_and(length(key) = 22) || ' ' || (array_agg(event_id order by key) ="
                 " array_agg(event_id order by event_id)) from suivi.inbox_key") == "true true");
}

TEST_CASE("without a message id the time of publishing orders the keys, and without either nothing does") {
  test::database db;
  store(db,
        {message(std::nullopt, noon), message(std::nullopt, noon + 1s), message(std::nullopt, std::nullopt),
         message("no number", noon), message("", noon), message("9223372036854775807", noon)});
  CHECK(db.value(lengths) == "22 22 16 16 16 22");
  CHECK(db.number("select count(*) from (select key, lead(key) over (order by event_id) as later"
                  " from suivi.inbox_key order by event_id limit 1) k where later > key") == 1);
}

TEST_CASE("a message that comes again is the same one, in whichever order keys were stored") {
  test::database db;
  webhook first = message("m-7", noon);
  webhook again = message("m-7", noon + 1h); // in another wrapper
  std::string before;
  SUBCASE("both in order") {}
  SUBCASE("the first one before there was an order") {
    before = "current_date + 2";
  }
  if (!before.empty()) order_from(db, before, true);
  std::int64_t id = store(db, {first}).front().id;
  order_from(db, "'2026-01-01'", !before.empty());
  std::vector<receipt> later = store(db, {message("m-8", noon, "u2"), again, again});
  CHECK_FALSE(later[0].repeated);
  CHECK(later[1].repeated);
  CHECK(later[1].id == id);
  CHECK(later[2].id == id);
  CHECK(db.number("select count(*) from suivi.inbox") == 2);
  CHECK(db.value(lengths) == (before.empty() ? "22 22" : "16 22"));
}

TEST_CASE("while an older receiver may run, each knows what the other one has stored") {
  test::database db;
  order_from(db, "current_date + 2", true);
  webhook one = message("m-1", noon);
  store_as_before(db, one);
  CHECK(store(db, {one}).front().repeated);
  webhook two = message("m-2", noon, "u2");
  store(db, {two});
  CHECK(db.value(lengths) == "16 16");
}

TEST_CASE("when the first day with ordered keys has gone, nobody looks for others any more") {
  test::database db;
  order_from(db, "'2026-01-10'", true);
  db.execute("select suivi.drop_day('inbox', '2026-01-09')");
  CHECK(db.value("select plain from suivi.key_order") == "t");
  db.execute("select suivi.drop_day('inbox', '2026-01-10')");
  CHECK(db.value("select plain from suivi.key_order") == "f");
}

TEST_CASE("one that the database refused comes again as the same") {
  test::database db;
  webhook row = message("m-1", noon);
  auto keep_bytes = [&] {
    return test::run([&]() -> task<receipt> {
      auto connection = co_await test::connected(db.options());
      auto kept = co_await ingest_as_poison(connection, row, "refused");
      REQUIRE(kept);
      co_return *kept;
    });
  };
  receipt first = keep_bytes();
  receipt again = keep_bytes();
  CHECK_FALSE(first.repeated);
  CHECK(again.repeated);
  CHECK(again.id == first.id);
}
