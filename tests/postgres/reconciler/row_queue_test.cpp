// Rows of a long sweep on their way to the door, in a real database.
#include "reconciler/sweep/row_queue.hpp"

#include "common/runtime/task_group.hpp"
#include "tests/postgres/door/shop_database.hpp"

#include <doctest/doctest.h>

using namespace suivi;

namespace {

constexpr int orders = 1'000;

struct course {
  std::size_t connections = 0; // that were needed at the same time
  std::size_t left = 0;
  bool failed = false;
};

// What strangers' rows come first finds nothing to write. Then every order is told twice, the older word
// first.
task<course> bring(pg::connect_options database, std::size_t strangers) {
  auto executor = co_await asio::this_coro::executor;
  pg::pool_options pool;
  pool.connect = std::move(database);
  pg::pool connections(executor, pool);
  reconciler::tally counted;
  runtime::wakeup progress(executor);
  reconciler::row_queue queue(connections, {}, std::nullopt, counted, progress);
  runtime::task_group helpers(executor);
  helpers.spawn("rows", queue.run());

  std::vector<shop::observation> rows;
  for (std::size_t i = 0; i < strangers; ++i)
    rows.push_back(shop::a_row(10, fmt::format("S{}", i), fmt::format("stranger-{}", i), 4));
  queue.push(std::move(rows));
  while (queue.waiting() > 0 && !queue.failed()) co_await progress.wait();

  rows.clear();
  for (int start : {20, 30})
    for (int n = 1; n <= orders; ++n)
      rows.push_back(test::a_row(start, n, fmt::format("parcel-{}", n), start == 20 ? 4 : 31));
  queue.push(std::move(rows));
  queue.close();
  co_await helpers.join();
  course end;
  end.connections = connections.now().idle;
  end.left = queue.waiting() + queue.given_up();
  end.failed = queue.failed().has_value();
  connections.close();
  co_return end;
}

} // namespace

TEST_CASE("rows go to the door in their order, in a long quiet sweep by two connections") {
  test::shop_database shop;
  shop.add_orders(1, orders);
  std::size_t strangers = 0, connections = 1;
  SUBCASE("a short sweep") {}
  SUBCASE("a long one") {
    strangers = reconciler::lane_rule::long_from_rows;
    connections = 2;
  }
  course end = test::run(bring(shop.db.options(), strangers));
  CHECK_FALSE(end.failed);
  CHECK(end.left == 0);
  CHECK(end.connections == connections);
  CHECK(
      shop.get("select count(*) from suivi.parcel where status = 31 and order_id = 'order-' || reference") ==
      std::to_string(orders));
  CHECK(shop.get("select count(distinct \"shippingStatus\") || ' ' || count(*) from orders where "
                 "\"shippingStatus\" is not null") == fmt::format("1 {}", orders));
}
