// Counting: every parcel once, and the parts always make the whole.
#include "reconciler/sweep/tally.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

namespace {

constexpr std::uint64_t parcel(int n) {
  return static_cast<std::uint64_t>(n) * 0x9e3779b97f4a7c15u;
}

// Of an order of its own, unless one is named.
shop::verdict said(shop::outcome result, std::vector<shop::change> changes = {}, std::string order = "") {
  static int others = 0;
  shop::verdict v;
  v.outcome = result;
  v.changes = std::move(changes);
  v.order_id = order.empty() ? std::to_string(++others) : std::move(order);
  return v;
}
const shop::change new_tracking{"trackingNumber", std::nullopt, "MD-1"};
const shop::change better_tracking{"trackingNumber", "1234", "MD-1"};
const shop::change new_state{"shippingStatus", "EN COURS", "LIVRÉ"};

shop::sweep_report result_of(const tally& t, std::int64_t unreadable = 0) {
  shop::sweep_report r;
  t.write_into(r, unreadable);
  CHECK(r.fetched == r.matched + r.unmatched + r.conflicts + r.unreadable);
  return r;
}

} // namespace

TEST_CASE("each outcome has its number and fetched is their sum") {
  tally t;
  t.count(parcel(1), said(shop::outcome::applied, {new_tracking}));
  t.count(parcel(2), said(shop::outcome::applied, {new_tracking, new_state}));
  t.count(parcel(3), said(shop::outcome::unchanged));
  t.count(parcel(4), said(shop::outcome::stale));
  t.count(parcel(5), said(shop::outcome::unmatched));
  t.count(parcel(6), said(shop::outcome::conflict));
  shop::sweep_report r = result_of(t, 2);
  CHECK(r.fetched == 8);
  CHECK(r.matched == 4);
  CHECK(r.backfilled == 2);
  CHECK(r.status_changed == 1);
  CHECK(r.unchanged == 1);
  CHECK(r.stale == 1);
  CHECK(r.unmatched == 1);
  CHECK(r.conflicts == 1);
  CHECK(r.unreadable == 2);
}

TEST_CASE("a tracking number that is filled counts as backfilled whether or not the state changed") {
  tally t;
  t.count(parcel(1), said(shop::outcome::applied, {new_tracking}));
  CHECK(result_of(t).backfilled == 1);
  CHECK(result_of(t).status_changed == 0);
}

TEST_CASE("a better tracking number is no backfill and an empty one before is") {
  tally t;
  t.count(parcel(1), said(shop::outcome::applied, {better_tracking}));
  CHECK(result_of(t).backfilled == 0);
  t.count(parcel(2), said(shop::outcome::applied, {{"trackingNumber", "", "MD-2"}}));
  CHECK(result_of(t).backfilled == 1);
}

TEST_CASE("a row read twice is one parcel and what was written stays counted") {
  tally t;
  t.count(parcel(1), said(shop::outcome::applied, {new_tracking}));
  t.count(parcel(1), said(shop::outcome::unchanged));
  shop::sweep_report r = result_of(t);
  CHECK(r.fetched == 1);
  CHECK(r.unchanged == 0);
  CHECK(r.backfilled == 1);
}

TEST_CASE("an order counts once, whether two of its parcels change it or a dry run would write the same row "
          "twice") {
  tally t;
  t.count(parcel(1), said(shop::outcome::applied, {new_tracking, new_state}, "order-1"));
  t.count(parcel(2), said(shop::outcome::applied, {new_state}, "order-1"));
  t.count(parcel(1), said(shop::outcome::applied, {new_tracking, new_state}, "order-1"));
  t.count(parcel(3), said(shop::outcome::applied, {new_tracking}, "order-2"));
  t.count(parcel(3), said(shop::outcome::applied, {new_state}, "order-2"));
  shop::sweep_report r = result_of(t);
  CHECK(r.fetched == 3);
  CHECK(r.backfilled == 2);
  CHECK(r.status_changed == 2);
}

TEST_CASE("a row in doubt is matched and then counts as what the single read made of it") {
  tally t;
  t.count(parcel(1), said(shop::outcome::in_doubt));
  CHECK(result_of(t).matched == 1);
  t.count(parcel(1), said(shop::outcome::applied, {new_state}));
  CHECK(result_of(t).matched == 1);
  CHECK(result_of(t).status_changed == 1);
}

TEST_CASE("a locked row is counted when it is decided and as unmatched if it never is") {
  tally t;
  t.count(parcel(1), said(shop::outcome::busy));
  CHECK(result_of(t).fetched == 0);
  t.count_undecided(parcel(1));
  CHECK(result_of(t).unmatched == 1);
  t.count_undecided(parcel(1));
  CHECK(result_of(t).fetched == 1);
}

TEST_CASE("a report has every field of the contract") {
  shop::sweep_report r;
  r.id = "7";
  r.account = "acc-1";
  r.started_at = parse_instant("2026-01-31T09:30:00Z").value();
  auto o = to_json(r);
  for (const char* field : {"id",        "account",    "accountName",     "kind",      "verdict",
                            "reason",    "startedAt",  "seconds",         "pages",     "fetched",
                            "matched",   "backfilled", "statusChanged",   "unchanged", "unmatched",
                            "conflicts", "stale",      "missedByWebhook", "lookups",   "requests",
                            "retries",   "throttled",  "unreadable"})
    CHECK_MESSAGE(o.contains(field), field);
  CHECK(o["verdict"].as_string() == "incomplete");
  CHECK(o["reason"].is_null());
}
