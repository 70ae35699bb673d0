// The door with others at it: locks held by the shop, many callers at once, the same parcel seen first by
// several.
#include "tests/postgres/door/shop_database.hpp"

#include "common/runtime/task_group.hpp"

#include <algorithm>
#include <random>

using namespace suivi;
using namespace suivi::shop;
using namespace suivi::test;

namespace {

// Until nothing is busy, as the callers of the door do it.
task<void> apply_until_done(pg::connection& db, std::vector<observation> left,
                            std::vector<std::string>& errors) {
  door_options options;
  options.looks_first = true; // half of it is told twice
  while (!left.empty()) {
    auto verdicts = co_await shop::apply(db, left, options);
    if (!verdicts) {
      errors.push_back(to_string(verdicts.error()));
      co_return;
    }
    std::vector<observation> busy;
    for (std::size_t i = 0; i < left.size(); ++i)
      if ((*verdicts)[i].outcome == outcome::busy) busy.push_back(left[i]);
    left = std::move(busy);
    if (!left.empty()) co_await runtime::sleep_for(milliseconds(5));
  }
}

task<void> apply_in_batches(std::string url, std::vector<observation> all, std::size_t batch,
                            std::vector<std::string>& errors) {
  auto db = co_await connect(url);
  for (std::size_t first = 0; first < all.size(); first += batch) {
    std::vector<observation> some(all.begin() + static_cast<std::ptrdiff_t>(first),
                                  all.begin() +
                                      static_cast<std::ptrdiff_t>(std::min(all.size(), first + batch)));
    co_await apply_until_done(db, std::move(some), errors);
  }
}

} // namespace

TEST_CASE(
    "an order row locked by the shop is busy at once, delays nobody else, and is written once released") {
  shop_database shop;
  shop.add_orders(1, 3);
  run([](std::string url) -> task<void> {
    auto holder = co_await connect(url);
    auto held =
        co_await holder.run_script(R"(begin; select 1 from orders where "id" = 'order-R2' for update)");
    REQUIRE(held.has_value());
    auto db = co_await connect(url);
    std::vector<observation> rows{a_row(10, 1, "u1", 31), a_row(10, 2, "u2", 31), a_row(10, 3, "u3", 31)};
    door_options options;
    auto verdicts = co_await shop::apply(db, rows, options);
    REQUIRE(verdicts.has_value());
    CHECK((*verdicts)[0].outcome == outcome::applied);
    CHECK((*verdicts)[1].outcome == outcome::busy);
    CHECK((*verdicts)[2].outcome == outcome::applied);
    auto released = co_await holder.run_script("rollback");
    REQUIRE(released.has_value());
    verdicts = co_await shop::apply(db, rows, options);
    REQUIRE(verdicts.has_value());
    CHECK((*verdicts)[1].outcome == outcome::applied);
    CHECK((*verdicts)[0].outcome == outcome::unchanged);
  }(shop.db.url()));
}

TEST_CASE("what changes nothing is settled without a lock beside what does") {
  shop_database shop;
  shop.add_orders(1, 4);
  run([](std::string url) -> task<void> {
    auto db = co_await connect(url);
    std::vector<observation> first{push(10, 1, "u1", 31), push(10, 2, "u2", 31), push(10, 3, "u3", 31)};
    door_options options;
    auto verdicts = co_await shop::apply(db, first, options);
    REQUIRE(verdicts.has_value());
    auto holder = co_await connect(url);
    auto held =
        co_await holder.run_script(R"(begin; select 1 from orders where "id" <> 'order-R3' for update)");
    REQUIRE(held.has_value());
    // The same word; one with a change; a newer word that says the same; a parcel not met before.
    std::vector<observation> later{push(10, 1, "u1", 31), push(20, 3, "u3", 32), push(20, 2, "u2", 31),
                                   push(10, 4, "u4", 31), push(5, 1, "u1", 22)};
    options.looks_first = true;
    auto again = co_await shop::apply(db, later, options);
    REQUIRE(again.has_value());
    CHECK((*again)[0].outcome == outcome::unchanged);
    CHECK((*again)[0].unlocked);
    CHECK((*again)[0].order_id == "order-R1");
    CHECK((*again)[1].outcome == outcome::applied);
    CHECK((*again)[2].outcome == outcome::busy); // that it is newer is to be remembered
    CHECK((*again)[3].outcome == outcome::busy);
    CHECK((*again)[4].outcome == outcome::stale);
    CHECK((*again)[4].unlocked);
    std::vector<observation> same{push(10, 1, "u1", 31), push(10, 2, "u2", 31)};
    std::size_t noted = 0;
    extra_statements note = [&](pg::pipeline&, std::span<const verdict> all) { noted = all.size(); };
    auto nothing = co_await shop::apply(db, same, options, note);
    REQUIRE(nothing.has_value());
    CHECK((*nothing)[1].unlocked);
    CHECK(noted == 2);
  }(shop.db.url()));
}

TEST_CASE("many callers with the same parcels in any order neither deadlock nor go backwards") {
  shop_database shop;
  constexpr int orders = 40;
  constexpr int callers = 8;
  constexpr int versions = 24;
  shop.add_orders(1, orders);
  const int path[] = {4, 5, 6, 15, 8, 9, 22, 31};
  std::vector<std::vector<observation>> shares(callers);
  std::mt19937 random(7);
  for (int n = 1; n <= orders; ++n)
    for (int version = 0; version < versions; ++version)
      for (int copies = 0; copies < 2; ++copies)
        shares[random() % callers].push_back(
            push(version, n, fmt::format("u{}", n), version == versions - 1 ? 42 : path[version % 8]));
  for (auto& share : shares) std::shuffle(share.begin(), share.end(), random);

  std::vector<std::string> errors;
  run([](std::string url, std::vector<std::vector<observation>>& all,
         std::vector<std::string>& failed) -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    runtime::task_group group(executor);
    for (auto& share : all) group.spawn("caller", apply_in_batches(url, share, 50, failed));
    co_await group.join();
  }(shop.db.url(), shares, errors));
  CHECK(errors == std::vector<std::string>{});
  CHECK(shop.get(R"(select count(*)::text from orders where "shippingStatus" = 'REPORTÉ')") ==
        std::to_string(orders));
  CHECK(shop.get("select count(*)::text from suivi.parcel") == std::to_string(orders));
}

TEST_CASE("one uuid shown for two orders at the same moment ends on one parcel without an error") {
  shop_database shop;
  shop.add_orders(1, 2);
  std::vector<std::string> errors;
  run([](std::string url, std::vector<std::string>& failed) -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    for (int round = 0; round < 20; ++round) {
      runtime::task_group group(executor);
      std::string uuid = fmt::format("u{}", round);
      for (int order : {1, 2}) {
        std::vector<observation> rows{a_row(10 + order + round, order, uuid, 31)};
        group.spawn("caller", apply_in_batches(url, rows, 1, failed));
      }
      co_await group.join();
    }
  }(shop.db.url(), errors));
  CHECK(errors == std::vector<std::string>{});
  CHECK(shop.get("select count(*)::text || '/' || count(distinct uuid) from suivi.parcel") == "20/20");
}

TEST_CASE("the shop may add rows that point at an order while the door holds it") {
  shop_database shop;
  shop.add_orders(1, 1);
  run([](std::string url, std::string owner_url) -> task<void> {
    auto door = co_await connect(url);
    auto held =
        co_await door.run_script(R"(begin; select 1 from orders where "id" = 'order-R1' for no key update)");
    REQUIRE(held.has_value());
    auto bystander = co_await connect(owner_url);
    auto added = co_await bystander.run_script(R"(set lock_timeout = '2s';
      insert into webhook_events ("id", "orderId", "source", "eventType", "payload") values ('e1', 'order-R1', 'MAYSTRO', 'x', '{}'))");
    CHECK(added.has_value());
  }(shop.db.url(), shop.db.owner_url()));
}

TEST_CASE("a parcel that comes to another order waits for the lock of the order it leaves") {
  shop_database shop;
  shop.add_orders(1, 2);
  apply(shop, {a_row(10, 1, "u1", 31)});
  run([](std::string url) -> task<void> {
    auto holder = co_await connect(url);
    auto held =
        co_await holder.run_script(R"(begin; select 1 from orders where "id" = 'order-R1' for update)");
    REQUIRE(held.has_value());
    auto db = co_await connect(url);
    std::vector<observation> rows{a_row(20, 2, "u1", 41)};
    door_options options;
    auto verdicts = co_await shop::apply(db, rows, options);
    REQUIRE(verdicts.has_value());
    CHECK(verdicts->front().outcome == outcome::busy);
    auto released = co_await holder.run_script("rollback");
    REQUIRE(released.has_value());
    verdicts = co_await shop::apply(db, rows, options);
    REQUIRE(verdicts.has_value());
    CHECK(verdicts->front().outcome == outcome::applied);
  }(shop.db.url()));
  CHECK(shop.get("select string_agg(order_id, ',') from suivi.parcel") == "order-R2");
}

TEST_CASE("a parcel whose order has gone is taken over by one caller at a time") {
  shop_database shop;
  shop.add_orders(1, 2);
  apply(shop, {a_row(10, 1, "u1", 31)});
  shop.sql(R"(delete from orders where "id" = 'order-R1')");
  run([](std::string url) -> task<void> {
    auto other = co_await connect(url);
    auto held = co_await other.run_script("begin; select 1 from suivi.parcel where uuid = 'u1' for update");
    REQUIRE(held.has_value());
    auto db = co_await connect(url);
    std::vector<observation> rows{a_row(20, 2, "u1", 41)};
    door_options options;
    auto verdicts = co_await shop::apply(db, rows, options);
    REQUIRE(verdicts.has_value());
    CHECK(verdicts->front().outcome == outcome::busy);
    auto released = co_await other.run_script("rollback");
    REQUIRE(released.has_value());
    verdicts = co_await shop::apply(db, rows, options);
    REQUIRE(verdicts.has_value());
    CHECK(verdicts->front().outcome == outcome::applied);
  }(shop.db.url()));
  CHECK(shop.get("select string_agg(order_id || ' ' || status, ',') from suivi.parcel") == "order-R2 41");
  CHECK(shop.column(2, "shippingStatus") == "LIVRÉ");
}

TEST_CASE("an order adopted while the door waited for nothing is seen as adopted") {
  shop_database shop;
  shop.add_orders(1, 1, "null");
  run([](std::string url) -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    std::vector<std::string> errors;
    runtime::task_group group(executor);
    observation theirs = a_row(10, 1, "u2", 31);
    theirs.account = "account-b";
    group.spawn("a", apply_in_batches(url, {a_row(10, 1, "u1", 31)}, 1, errors));
    group.spawn("b", apply_in_batches(url, {theirs}, 1, errors));
    co_await group.join();
    CHECK(errors.empty());
  }(shop.db.url()));
  CHECK(shop.get("select count(*)::text || ' ' || count(contested_by) from suivi.adopted_order") == "1 1");
  CHECK(shop.get("select count(*)::text from suivi.parcel") == "1");
}
