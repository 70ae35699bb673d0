// A connection keeps its plans: those made while the tables were small must do when they have grown.
#include "tests/postgres/door/shop_database.hpp"

using namespace suivi;
using namespace suivi::shop;
using namespace suivi::test;

TEST_CASE("a connection that began with an empty table reads parcels by their keys once there are many") {
  std::string statistics;
  SUBCASE("never looked at") {}
  SUBCASE("analyzed while it was empty") {
    statistics = "analyze";
  }
  SUBCASE("emptied by VACUUM") {
    statistics = "vacuum (analyze)";
  }
  shop_database shop;
  shop.add_orders(1, 3000);
  if (!statistics.empty()) shop.db.execute(statistics);
  auto steps = [&]() -> task<void> {
    pg::connection db = co_await connect(shop.db.url());
    auto apply_batch = [&](int first, int last, int status) -> task<void> {
      std::vector<observation> rows;
      for (int n = first; n <= last; ++n) rows.push_back(a_row(status, n, fmt::format("u{}", n), status));
      std::span<const observation> observed(rows);
      door_options options;
      auto done = co_await shop::apply(db, observed, options);
      REQUIRE(done.has_value());
    };
    auto look_at = [&](int first, int last) -> task<void> {
      std::vector<observation> rows;
      for (int n = first; n <= last; ++n) rows.push_back(a_row(40, n, fmt::format("u{}", n), 32));
      std::span<const observation> observed(rows);
      door_options options;
      auto done = co_await shop::probe(db, observed, options);
      REQUIRE(done.has_value());
    };
    auto rows_read = [&]() -> task<std::int64_t> { // rows of parcels
      auto flushed = co_await db.run_script("select pg_stat_force_next_flush()");
      REQUIRE(flushed.has_value());
      co_return std::stoll(shop.get("select (seq_tup_read + idx_tup_fetch)::text from pg_stat_user_tables"
                                    " where schemaname = 'suivi' and relname = 'parcel'"));
    };
    co_await apply_batch(1, 150, 31); // plans are made now
    co_await look_at(1, 5);
    for (int n = 151; n < 3000; n += 150) co_await apply_batch(n, n + 149, 31);
    std::int64_t before = co_await rows_read();
    for (int n = 1; n <= 20; ++n) co_await apply_batch(n, n, 32);
    std::int64_t after = co_await rows_read();
    CHECK(after - before < 3000); // one such read would be of them all
    for (int n = 1; n <= 20; ++n) co_await look_at(n, n);
    std::int64_t probed = co_await rows_read();
    CHECK(probed - after < 3000);
  };
  test::run(steps);
}
