// Incremental sweeps and rotation: what they find, what they ask for, and what they leave behind.
#include "tests/postgres/reconciler/sweep_stage.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::stage;
using texts = std::vector<std::string>;

namespace {

std::string minutes_ago(int minutes) {
  return format_instant(now() - std::chrono::minutes(minutes));
}

// So many parcels, the youngest a day old, all read by a full sweep an hour ago.
void swept_shop(stage& s, int parcels) {
  for (int n = 1; n <= parcels; ++n) s.shipped(n, 31, minutes_ago(60 * 24 + (parcels - n) * 60));
  auto full = s.sweep();
  REQUIRE(full.complete);
  s.db.execute("update suivi.parcel set pull_stored_at = pull_stored_at - interval '1 hour'");
  s.courier.pages_requested.clear();
  s.courier.requests = 0;
}

} // namespace

TEST_CASE("an incremental sweep asks for a handful of pages and parcels when nothing happened") {
  stage s;
  swept_shop(s, 100);
  std::string before =
      s.db.value("select md5(string_agg(xmin::text || ctid::text, ',' order by \"id\")) from orders");
  auto report = s.sweep_newest();
  CHECK(report.kind == "incremental");
  CHECK(report.complete);
  CHECK_FALSE(report.reason);
  CHECK(s.courier.pages_requested == texts{"1"});
  CHECK(report.requests == 1 + reconciler::rotation_min);
  CHECK(report.lookups == 0);
  CHECK(report.backfilled + report.status_changed == 0);
  CHECK(s.db.value("select md5(string_agg(xmin::text || ctid::text, ',' order by \"id\")) from orders") ==
        before);
  CHECK(s.db.value("select kind || verdict || missed_by_webhook from suivi.sweep order by id desc limit 1") ==
        "incrementalcomplete0");
}

TEST_CASE("new orders on several pages and a change among the young ones are found") {
  stage s;
  swept_shop(s, 60);
  s.db.execute("update suivi.account set full_watermark = full_watermark - interval '3 hours'");
  for (int n = 201; n <= 250; ++n) s.shipped(n, 4, minutes_ago(300 - n));
  s.courier.rows[52].status = 41; // one older than the watermark, on a page that holds new ones
  auto report = s.sweep_newest();
  CHECK(report.complete);
  CHECK(report.backfilled == 50);
  CHECK(report.status_changed == 51);
  CHECK(s.courier.pages_requested == texts{"1", "2", "3", "4"});
  s.courier.pages_requested.clear();
  s.sweep_newest();
  CHECK(s.courier.pages_requested.size() < 4);
}

TEST_CASE(
    "only a complete incremental sweep moves the incremental watermark and it never moves the full one") {
  stage s;
  swept_shop(s, 30);
  std::string full = s.db.value("select full_watermark from suivi.account");
  s.courier.broken_pages = {"1"};
  auto broken = s.sweep_newest();
  CHECK_FALSE(broken.complete);
  CHECK(s.db.value("select incremental_watermark is null from suivi.account") == "t");
  s.courier.broken_pages.clear();
  CHECK(s.sweep_newest().complete);
  CHECK(s.db.value("select a.incremental_watermark = s.started_at from suivi.account a join suivi.sweep s on "
                   "s.id = a.last_sweep") == "t");
  CHECK(s.db.value("select full_watermark from suivi.account") == full);
  s.db.execute("update suivi.account set incremental_watermark = '2100-01-01Z'");
  CHECK(s.sweep_newest().complete);
  CHECK(s.db.value("select incremental_watermark = '2100-01-01Z' from suivi.account") ==
        "t"); // forwards only
}

TEST_CASE("where nothing was complete yet an incremental sweep reaches back a day") {
  stage s;
  for (int n = 1; n <= 100; ++n) s.shipped(n, 31, minutes_ago(60 * (101 - n)));
  auto report = s.sweep_newest();
  CHECK(report.complete);
  CHECK(s.courier.pages_requested == texts{"1", "2", "3"}); // 20, 40, then a page older than 24 hours
}

TEST_CASE("a change on an old page is found within the bound, longest without a pull first") {
  stage s;
  swept_shop(s, 100);
  s.courier.rows.back().status = 41; // R1, the oldest
  s.db.execute("update suivi.parcel set pull_stored_at = pull_stored_at - (200 - substr(reference, 2)::int) "
               "* interval "
               "'1 second'");
  int sweeps = 0;
  while (s.column("R1", "shippingStatus") != "LIVRÉ" && sweeps < 100) {
    s.sweep_newest();
    ++sweeps;
  }
  CHECK(sweeps == 1);
  // And whatever the order: five a sweep read all hundred within twenty.
  s.courier.rows[50].status = 41; // R50
  for (sweeps = 0; s.column("R50", "shippingStatus") != "LIVRÉ" && sweeps < 100; ++sweeps) s.sweep_newest();
  CHECK(sweeps <= 20);
  CHECK(s.db.value("select source from suivi.change where order_id = 'o-R50' order by id desc limit 1") ==
        "2"); // sweep
}

TEST_CASE("a webhook is no pull and does not put a parcel back in the queue") {
  stage s;
  swept_shop(s, 30);
  s.db.execute(
      R"sql(update suivi.parcel set pull_stored_at = now() - interval '9 hours', as_of_from = now(), as_of_to = now(),
                       as_of_shape = 2, source = 1 where reference = 'R7')sql");
  s.sweep_newest();
  REQUIRE_FALSE(s.courier.uuids_requested.empty());
  CHECK(std::find(s.courier.uuids_requested.begin(), s.courier.uuids_requested.end(),
                  "00000000-0000-4000-8000-000000000007") != s.courier.uuids_requested.end());
}

TEST_CASE("parcels that stay for good are not re-read, aborted ones for a while") {
  stage s;
  s.shipped(1, 41, minutes_ago(5000));
  s.shipped(2, 52, minutes_ago(5000));
  s.shipped(3, 50, minutes_ago(60 * 24 * 70));
  s.shipped(4, 50, minutes_ago(5000));
  s.shipped(5, 10, minutes_ago(60 * 24 * 70));
  std::sort(s.courier.rows.begin(), s.courier.rows.end(),
            [](const auto& a, const auto& b) { return a.created_at > b.created_at; });
  REQUIRE(s.sweep().complete);
  s.sweep_newest();
  auto requested = s.courier.uuids_requested;
  std::sort(requested.begin(), requested.end());
  CHECK(requested == texts{"00000000-0000-4000-8000-000000000004", "00000000-0000-4000-8000-000000000005"});
}

TEST_CASE("what was pulled lately is re-read only by the few that every sweep has") {
  stage s;
  swept_shop(s, 60);
  s.options.incremental_every = milliseconds(16 * 3'600'000); // one sweep has to read them all
  s.sweep_newest();
  CHECK(s.courier.uuids_requested.size() == reconciler::rotation_min);
  s.courier.uuids_requested.clear();
  s.db.execute("update suivi.parcel set pull_stored_at = now() - interval '9 hours', asked_at = null");
  s.sweep_newest();
  CHECK(s.courier.uuids_requested.size() >= 40); // all but those on the page it read
}

TEST_CASE("a parcel that is gone or cannot be read holds up no other") {
  stage s;
  swept_shop(s, 40);
  for (int n = 1; n <= 5; ++n)
    s.courier.broken_uuids.insert(fmt::format("00000000-0000-4000-8000-{:012}", n));
  s.courier.rows.erase(s.courier.rows.end() - 10, s.courier.rows.end() - 5); // R6 to R10
  s.db.execute(
      "update suivi.parcel set pull_stored_at = pull_stored_at - interval '5 hours' where substr(reference, "
      "2)::int <= 5");
  s.db.execute(
      "update suivi.parcel set pull_stored_at = pull_stored_at - interval '4 hours' where substr(reference, "
      "2)::int between 6 and 10");
  std::string orders = s.column("R6", "shippingStatus");
  auto first = s.sweep_newest();
  CHECK(first.complete); // the newest pages were read
  s.sweep_newest();
  CHECK(s.db.number("select count(*) from suivi.parcel where gone_at is not null") == 5);
  CHECK(s.column("R6", "shippingStatus") == orders);
  s.courier.uuids_requested.clear();
  s.sweep_newest();
  for (const std::string& uuid : s.courier.uuids_requested)
    CHECK(uuid > "00000000-0000-4000-8000-000000000010");
}

TEST_CASE("what is gone at the courier is gone whatever the worker's clock says, until it is read again") {
  stage s;
  swept_shop(s, 3);
  s.db.execute("update suivi.parcel set pulled_at = now() + interval '20 seconds'"); // by a clock ahead of
                                                                                     // the database's
  auto taken_away = s.courier.rows[1];
  s.courier.rows.erase(s.courier.rows.begin() + 1);
  s.sweep_newest();
  CHECK(s.db.value("select string_agg(reference, ',') from suivi.parcel where gone_at > pulled_at") == "R2");
  s.sweep_newest(); // asked for once a day only
  CHECK(std::ranges::count(s.courier.uuids_requested, taken_away.uuid) == 1);
  s.courier.rows.insert(s.courier.rows.begin() + 1, taken_away);
  s.sweep_newest();
  CHECK(s.db.number("select count(*) from suivi.parcel where gone_at is not null") == 0);
}

TEST_CASE("orders newer than the last complete sweep are looked up, older ones left to full sweeps") {
  stage s;
  swept_shop(s, 100);
  s.order("OLD");
  s.db.execute(
      R"sql(update orders set "createdAt" = now() at time zone 'UTC' - interval '30 days' where "reference" = 'OLD')sql");
  // The shop imports an order whose parcel the courier has had for long, on a page no incremental sweep
  // reads.
  s.order("LATE");
  s.db.execute(
      R"sql(update orders set "createdAt" = now() at time zone 'UTC' where "reference" = 'LATE')sql");
  s.courier.rows.push_back(
      {"00000000-0000-4000-8000-000000000999", "LATE", 31, "1799", minutes_ago(60 * 24 * 30)});
  auto report = s.sweep_newest();
  CHECK(report.lookups == 1);
  CHECK(report.backfilled == 1);
  CHECK(s.courier.references_requested == texts{"LATE"});
  CHECK(s.column("LATE", "trackingNumber") == "1799");
}

TEST_CASE("a dry incremental sweep writes nothing") {
  stage s;
  swept_shop(s, 30);
  s.courier.rows[0].status = 41;
  std::string before = s.db.value("select md5(string_agg(p::text, ',' order by id)) from suivi.parcel p");
  s.options.dry_run = true;
  auto report = s.sweep_newest();
  CHECK(report.status_changed == 1);
  CHECK(s.db.value("select md5(string_agg(p::text, ',' order by id)) from suivi.parcel p") == before);
  CHECK(s.db.number("select count(*) from suivi.sweep") == 1);
}

TEST_CASE("parcels that a worker whose clock was ahead has pulled are read again in their turn") {
  stage s;
  swept_shop(s, 100);
  s.options.incremental_every = std::chrono::hours(4); // a quarter of them each time
  s.db.execute(
      "update suivi.parcel set pull_stored_at = now() - interval '9 hours', pulled_at = now() + interval "
      "'2 days', asked_at = null");
  s.courier.uuids_requested.clear();
  s.sweep_newest();
  std::size_t at_any_time = s.courier.uuids_requested.size();
  s.db.execute(
      "update suivi.parcel set pull_stored_at = now() - interval '9 hours', pulled_at = now() - interval "
      "'9 hours', asked_at = null");
  s.courier.uuids_requested.clear();
  s.sweep_newest();
  CHECK(at_any_time == s.courier.uuids_requested.size());
  CHECK(at_any_time > 5);
}

TEST_CASE("what a pull has shown since the courier said that it is not there is not gone") {
  stage s;
  swept_shop(s, 2);
  auto note = [&](milliseconds ago) -> task<void> {
    auto db = co_await pg::connection::connect(s.db.options());
    auto held = co_await reconciler::acquire_lease(*db, "acc-1", "Main", "test");
    std::vector<reconciler::reread> answers;
    for (std::int64_t id : {1, 2}) answers.push_back({id, true, "", steady_now() - ago});
    auto noted = co_await reconciler::note_rereads(*db, **held, std::move(answers));
    CHECK(noted.has_value());
    auto freed = co_await reconciler::release_lease(*db, **held);
    CHECK(freed.has_value());
  };
  s.db.execute("update suivi.parcel set pull_stored_at = now() - interval '10 seconds' where id = 1");
  s.db.execute("update suivi.parcel set pull_stored_at = now() - interval '1 hour' where id = 2");
  test::run([&] { return note(milliseconds(60'000)); });
  CHECK(s.db.value("select string_agg(id::text, ',') from suivi.parcel where gone_at is not null") == "2");
}
