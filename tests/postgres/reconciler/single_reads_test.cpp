// What a page and a webhook say differently of the same moment is settled by a single read before the sweep
// ends.
#include "common/door/door.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::stage;
using texts = std::vector<std::string>;

namespace {

std::string uuid_of(int n) {
  return fmt::format("00000000-0000-4000-8000-{:012}", n);
}

// A webhook of parcel n, published now, is applied as the receiver does it.
void set_status(stage& s, int n, int status) {
  test::run([&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    std::vector<shop::observation> observations(1);
    shop::observation& o = observations.front();
    o.account = "acc-1";
    o.when = shop::webhook_time(now(), now());
    o.shipment.uuid = uuid_of(n);
    o.shipment.reference = fmt::format("R{}", n);
    o.shipment.status = status;
    shop::door_options door;
    auto done = co_await shop::apply(db, observations, door);
    if (!done) throw std::runtime_error(to_string(done.error()));
  });
}

// So many parcels that a sweep has read; then a webhook says of the first one what the courier's list does
// not.
void doubtful_shop(stage& s, int parcels, milliseconds read_lag) {
  for (int n = parcels; n >= 1; --n) s.shipped(n, 6);
  REQUIRE(s.sweep().complete);
  s.courier.pages_requested.clear();
  s.options.read_lag = read_lag;
  set_status(s, 1, 31);
  REQUIRE(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
}

} // namespace

TEST_CASE("what overlaps and differs is read once more, late enough to be sure, before the sweep ends") {
  stage s;
  doubtful_shop(s, 45, milliseconds(2'000));
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(s.column("R1", "shippingStatus") == "EN COURS"); // the courier's word
  CHECK(s.courier.uuids_requested == texts{uuid_of(1)}); // once, though page 1 was read twice
  CHECK(s.courier.pages_requested.size() == 4);
  CHECK(report.requests == 5);
  CHECK(report.lookups == 0);
  CHECK(report.status_changed == 1);
  CHECK(report.fetched == 45);
  CHECK(report.fetched == report.matched);
  CHECK(s.db.value("select source from suivi.change where order_id = 'o-R1' order by id desc limit 1") ==
        "4"); // confirm
  CHECK(s.db.value("select full_watermark = started_at from suivi.account join suivi.sweep on sweep.id = "
                   "last_sweep") == "t");
}

TEST_CASE("a read that settles something goes before the pages that wait for their turn") {
  stage s;
  doubtful_shop(s, 60, milliseconds(3'000));
  s.courier.page_size = 1;
  s.options.requests_per_second = 8;
  CHECK(s.sweep().complete);
  CHECK(s.courier.uuids_requested == texts{uuid_of(1)});
  CHECK(s.courier.pages_before_read < 50);
  CHECK(s.column("R1", "shippingStatus") == "EN COURS");
}

TEST_CASE("a read that cannot be had makes the sweep incomplete, and the next one repairs") {
  stage s;
  doubtful_shop(s, 3, milliseconds(2'000));
  s.courier.broken_uuids = {uuid_of(1)};
  std::string before = s.db.value("select full_watermark from suivi.account");
  auto undone = s.sweep();
  CHECK_FALSE(undone.complete);
  CHECK(undone.reason.value_or("") == "1 order(s) stay in doubt: R1");
  CHECK(s.courier.uuids_requested.size() == 6);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  CHECK(s.db.value("select full_watermark from suivi.account") == before);
  s.courier.broken_uuids.clear();
  auto repaired = s.sweep();
  CHECK(repaired.complete);
  CHECK(s.column("R1", "shippingStatus") == "EN COURS");
}

TEST_CASE("a parcel that the list shows and its own read does not stays in doubt, and the order as it is") {
  stage s;
  doubtful_shop(s, 3, milliseconds(2'000));
  s.courier.hidden_uuids = {uuid_of(1)};
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.reason.value_or("") == "1 order(s) stay in doubt: R1");
  CHECK(s.courier.uuids_requested.size() == 1);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  s.courier.hidden_uuids.clear();
  CHECK(s.sweep().complete);
  CHECK(s.column("R1", "shippingStatus") == "EN COURS");
}

TEST_CASE("an order shipped twice by parcels that never say when they were made is named as in doubt") {
  stage s;
  s.shipped(1, 50);
  s.courier.rows.insert(s.courier.rows.begin(), {uuid_of(2), "R1", 31, "172", ""});
  s.courier.rows[1].created_at = "";
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.reason.value_or("") == "1 order(s) stay in doubt: R1");
  auto again = s.sweep();
  CHECK(again.reason.value_or("") == "1 order(s) stay in doubt: R1"); // its parcels are two
  for (auto& row : s.courier.rows)
    row.created_at = row.uuid == uuid_of(2) ? "2026-01-12T10:00:00Z" : "2026-01-10T10:00:00Z";
  CHECK(s.sweep().complete);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
}

TEST_CASE(
    "an order shipped twice by parcels without a time shows the one that a list has first that shows its "
    "order") {
  stage s;
  s.shipped(9, 31, "2026-01-09T10:00:00Z");
  s.shipped(1, 22);
  s.courier.rows[0].created_at = "";
  s.courier.rows.insert(s.courier.rows.begin(), {uuid_of(2), "R1", 31, "172", ""});
  s.shipped(10, 31, "2026-01-10T10:00:00Z");
  CHECK(s.sweep().reason.value_or("") == "1 order(s) stay in doubt: R1"); // two times show no order
  for (int n = 11; n < 16; ++n) s.shipped(n, 31, fmt::format("2026-01-{}T10:00:00Z", n));
  CHECK(s.sweep().complete); // seven do
  CHECK(s.column("R1", "maystroOrderId") == uuid_of(2));
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
}

TEST_CASE("an incremental sweep settles what it found in doubt too, and a dry run asks nothing of it") {
  stage s;
  doubtful_shop(s, 3, milliseconds(2'000));
  s.db.execute("update suivi.parcel set status = 52 where reference <> 'R1'"); // nothing for rotation but R1
  s.options.dry_run = true;
  CHECK(s.sweep().complete);
  CHECK(s.courier.uuids_requested.empty());
  s.options.dry_run = false;
  CHECK(s.sweep_newest().complete);
  CHECK(s.column("R1", "shippingStatus") == "EN COURS");
}

TEST_CASE("where the courier's clock is behind ours a read waits for it") {
  stage s;
  doubtful_shop(s, 3, milliseconds(2'000));
  s.courier.clock_behind = std::chrono::seconds(4);
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(s.courier.uuids_requested.size() == 1);
  CHECK(s.column("R1", "shippingStatus") == "EN COURS");
}
