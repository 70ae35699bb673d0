// The door's decisions, on snapshots without a database.
#include "common/shop/decide.hpp"

#include "common/maystro/status.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::shop;

namespace {

constexpr instant noon = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + std::chrono::hours(12);

instant at(int s) { return noon + seconds(s); }
as_of webhook(int published) { return {as_of::shape::point, at(published), at(published)}; }
as_of untimed(int received) { return {as_of::shape::untimed, at(received), at(received)}; }
as_of pull(int from, int to) { return {as_of::shape::interval, at(from), at(to)}; }

// A shop that lives on between calls, as the database would.
struct shop_model {
  snapshot rows;
  door_options options;
  std::int64_t next_parcel_id = 1;
  std::vector<journal_entry> journal;

  order_row& add_order(std::string reference, std::optional<std::string> account = "account-a") {
    order_row order;
    order.id = "order-" + reference;
    order.reference = std::move(reference);
    order.account = std::move(account);
    order.columns.status = "CONFIRMED";
    order.locked = true;
    rows.orders.push_back(order);
    return rows.orders.back();
  }

  order_row& order(std::string_view reference) {
    for (order_row& one : rows.orders)
      if (one.reference == reference) return one;
    FAIL("no such order");
    throw 0;
  }

  std::vector<verdict> apply(std::vector<observation> seen) {
    decision made = decide(rows, seen, options);
    for (parcel_row& parcel : made.new_parcels) {
      parcel.id = next_parcel_id++;
      rows.parcels.push_back(parcel);
    }
    for (const parcel_row& changed : made.changed_parcels)
      for (parcel_row& parcel : rows.parcels)
        if (parcel.id == changed.id) parcel = changed;
    for (const order_write& write : made.orders)
      for (order_row& one : rows.orders)
        if (one.id == write.order_id) one.columns = write.columns;
    for (const adoption& adopted : made.adoptions)
      for (order_row& one : rows.orders)
        if (one.id == adopted.order_id) one.adopted_by = adopted.account, one.contested_by = adopted.contested_by;
    journal.insert(journal.end(), made.journal.begin(), made.journal.end());
    return made.verdicts;
  }

  verdict apply(observation seen) { return apply(std::vector{seen}).front(); }
};

observation seen(source from, as_of when, std::string reference, std::string uuid, int status) {
  observation o;
  o.account = "account-a";
  o.from = from;
  o.when = when;
  if (!reference.empty()) o.what.reference = reference;
  if (!uuid.empty()) o.what.uuid = uuid;
  o.what.status = status;
  return o;
}

observation row(int start, std::string reference, std::string uuid, int status, int created = 0) {
  observation o = seen(source::sweep, pull(start, start + 1), reference, uuid, status);
  o.what.tracking = "track-" + uuid;
  o.what.display_id = "display-" + uuid;
  o.what.created_at = at(created);
  return o;
}

observation push(int published, std::string reference, std::string uuid, int status) {
  observation o = seen(source::webhook, webhook(published), reference, uuid, status);
  if (!uuid.empty()) o.what.display_id = "display-" + uuid;
  return o;
}

} // namespace

TEST_CASE("a sweep fills a missing tracking number although the status text is right already") {
  shop_model shop;
  shop.add_order("R1").columns.shipping_status = "EXPÉDIÉ";
  verdict v = shop.apply(row(10, "R1", "u1", 31));
  CHECK(v.what == outcome::applied);
  CHECK(shop.order("R1").columns.tracking == "track-u1");
  CHECK(shop.order("R1").columns.maystro_order_id == "u1");
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
}

TEST_CASE("a status is set on an order that never had a tracking number") {
  shop_model shop;
  shop.add_order("R1");
  CHECK(shop.apply(push(1, "R1", "", 22)).what == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
}

TEST_CASE("the same observation twice writes once") {
  shop_model shop;
  shop.add_order("R1");
  CHECK(shop.apply(push(1, "R1", "u1", 22)).what == outcome::applied);
  decision again = decide(shop.rows, std::vector{push(1, "R1", "u1", 22)}, shop.options);
  CHECK(again.verdicts.front().what == outcome::unchanged);
  CHECK(again.orders.empty());
  CHECK(again.changed_parcels.empty());
  CHECK(again.journal.empty());
}

TEST_CASE("webhooks in any order of arrival end in the latest published") {
  for (bool reversed : {false, true}) {
    shop_model shop;
    shop.add_order("R1");
    verdict first = shop.apply(push(reversed ? 9 : 5, "R1", "u1", reversed ? 41 : 31));
    verdict second = shop.apply(push(reversed ? 5 : 9, "R1", "u1", reversed ? 31 : 41));
    CHECK(first.what == outcome::applied);
    CHECK(second.what == (reversed ? outcome::stale : outcome::applied));
    CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
    CHECK(shop.order("R1").columns.status == "DELIVERED");
  }
}

TEST_CASE("several observations of one call are chained by time and each step is journaled") {
  shop_model shop;
  shop.add_order("R1");
  auto verdicts = shop.apply({push(9, "R1", "u1", 41), push(5, "R1", "u1", 22), push(7, "R1", "u1", 31)});
  CHECK(verdicts[0].what == outcome::applied);
  CHECK(verdicts[1].what == outcome::applied);
  CHECK(verdicts[2].what == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
  std::vector<std::string> steps;
  for (const journal_entry& entry : shop.journal)
    if (entry.what.field == "shippingStatus") steps.push_back(*entry.what.to);
  CHECK(steps == std::vector<std::string>{"ASSIGNÉ", "EXPÉDIÉ", "LIVRÉ"});
}

TEST_CASE("a pull and a webhook that overlap and differ write nothing and ask the courier") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(row(10, "R1", "u1", 22));
  observation overlapping = push(10, "R1", "u1", 31);
  overlapping.when = {as_of::shape::point, at(10) + milliseconds(500), at(10) + milliseconds(500)};
  verdict v = shop.apply(overlapping);
  CHECK(v.what == outcome::in_doubt);
  CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
  REQUIRE(v.wanted);
  CHECK(v.wanted->uuid == "u1");
  CHECK(v.wanted->not_before > overlapping.when.to + shop.options.read_lag);

  SUBCASE("and the read decides") {
    observation read = row(21, "R1", "u1", 31);
    read.from = source::confirm;
    CHECK(shop.apply(read).what == outcome::applied);
    CHECK(shop.apply(overlapping).what == outcome::unchanged);
    CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  }
  SUBCASE("and with the courier away the later time decides") {
    overlapping.decide_by_later_time = true;
    CHECK(shop.apply(overlapping).what == outcome::stale); // the pull ended later
    CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
  }
}

TEST_CASE("an overlap that agrees is no doubt and advances the time") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(push(9, "R1", "u1", 31));
  CHECK(shop.apply(row(8, "R1", "u1", 31)).what == outcome::applied); // the tracking number grew
  CHECK(shop.apply(row(12, "R1", "u1", 31)).what == outcome::unchanged);
  CHECK(shop.rows.parcels.front().when == pull(12, 13));
  CHECK(shop.apply(push(11, "R1", "u1", 22)).what == outcome::stale);
}

TEST_CASE("an untimed webhook is applied at once but takes no parcel out of a final state or back to a left one") {
  shop_model shop;
  shop.add_order("R1");
  auto arrive = [&](int second, int status) {
    return shop.apply(seen(source::webhook, untimed(second), "R1", "u1", status)).what;
  };
  CHECK(arrive(1, 22) == outcome::applied);
  CHECK(arrive(2, 31) == outcome::applied);
  CHECK(arrive(3, 22) == outcome::in_doubt);
  CHECK(arrive(4, 41) == outcome::applied);
  CHECK(arrive(5, 32) == outcome::in_doubt);
  CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
}

TEST_CASE("tracking grows in strength and never weakens, and a stale row may bring it") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(push(20, "R1", "u1", 31));
  CHECK(shop.order("R1").columns.tracking == "display-u1");
  verdict v = shop.apply(row(10, "R1", "u1", 22)); // older than the webhook
  CHECK(v.what == outcome::applied);
  CHECK(shop.order("R1").columns.tracking == "track-u1");
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  shop.apply(push(30, "R1", "u1", 41));
  CHECK(shop.order("R1").columns.tracking == "track-u1");
}

TEST_CASE("an order of another account is a conflict and stays as it is") {
  shop_model shop;
  shop.add_order("R1", "account-b");
  CHECK(shop.apply(row(10, "R1", "u1", 31)).what == outcome::conflict);
  CHECK(!shop.order("R1").columns.tracking);
  CHECK(shop.rows.parcels.empty());
}

TEST_CASE("an order without account belongs to who matched it first until a second one claims it") {
  shop_model shop;
  shop.add_order("R1", std::nullopt);
  CHECK(shop.apply(row(10, "R1", "u1", 31)).what == outcome::applied);
  observation other = row(11, "R1", "u2", 41);
  other.account = "account-b";
  CHECK(shop.apply(other).what == outcome::conflict);
  CHECK(shop.apply(row(12, "R1", "u1", 41)).what == outcome::conflict);
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  SUBCASE("then the shop sets the account") {
    shop.order("R1").account = "account-b";
    other.when = pull(20, 21);
    CHECK(shop.apply(other).what == outcome::applied);
    CHECK(shop.order("R1").columns.tracking == "track-u2");
    CHECK(shop.apply(row(22, "R1", "u1", 41)).what == outcome::conflict);
  }
  SUBCASE("and a webhook by uuid alone is a conflict too") {
    CHECK(shop.apply(push(30, "", "u1", 41)).what == outcome::conflict);
  }
}

TEST_CASE("with adoption off an order without account is not matched") {
  shop_model shop;
  shop.options.adopt_unassigned = false;
  shop.add_order("R1", std::nullopt);
  CHECK(shop.apply(row(10, "R1", "u1", 31)).what == outcome::unmatched);
}

TEST_CASE("an order shipped twice shows the newest parcel that does not go back, in any order of arrival") {
  for (bool reversed : {false, true}) {
    shop_model shop;
    shop.add_order("R1");
    observation old_one = row(10, "R1", "u1", 50, 1);
    observation new_one = row(10, "R1", "u2", 22, 2);
    shop.apply(reversed ? std::vector{new_one, old_one} : std::vector{old_one, new_one});
    CHECK(shop.order("R1").columns.tracking == "track-u2");
    CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
    CHECK(shop.apply(push(20, "", "u1", 52)).what == outcome::stale);
    CHECK(shop.order("R1").columns.tracking == "track-u2");
    // The new one comes back as well: the newest of all is shown.
    shop.apply(push(30, "", "u2", 51));
    CHECK(shop.order("R1").columns.shipping_status == "PRÊT À RETOURNER");
  }
}

TEST_CASE("when the shown parcel goes back the order shows the other one") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply({row(10, "R1", "u1", 22, 1), row(10, "R1", "u2", 22, 2)});
  CHECK(shop.order("R1").columns.tracking == "track-u2");
  CHECK(shop.apply(push(20, "", "u2", 50)).what == outcome::applied);
  CHECK(shop.order("R1").columns.tracking == "track-u1");
  CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
}

TEST_CASE("a second parcel known by webhook only waits for a read that tells its age") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(row(10, "R1", "u1", 22, 1));
  verdict v = shop.apply(push(20, "R1", "u2", 22));
  CHECK(v.what == outcome::in_doubt);
  REQUIRE(v.wanted);
  CHECK(v.wanted->uuid == "u2");
  shop.apply(row(40, "R1", "u2", 22, 2));
  CHECK(shop.apply(push(20, "R1", "u2", 22)).what == outcome::unchanged);
  CHECK(shop.order("R1").columns.tracking == "track-u2");
}

TEST_CASE("a nameless parcel is taken over by the next pull") {
  shop_model shop;
  shop.add_order("R1");
  observation nameless = push(5, "R1", "", 22);
  nameless.what.display_id = "display-u1";
  shop.apply(nameless);
  shop.apply(row(10, "R1", "u1", 31));
  CHECK(shop.rows.parcels.size() == 1);
  CHECK(shop.rows.parcels.front().uuid == "u1");
  nameless.when = webhook(20);
  nameless.what.reference.reset();
  nameless.what.status = 41;
  CHECK(shop.apply(nameless).what == outcome::applied); // found by its display id alone
}

TEST_CASE("the shop's old columns link an event that names no reference") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  order.columns.tracking = "display-u1";
  shop.rows.legacy_links.emplace("display-u1", order.id);
  CHECK(shop.apply(push(5, "", "u1", 31)).what == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  SUBCASE("until the courier says whose it is") {
    shop.add_order("R2");
    shop.apply(row(10, "R2", "u1", 41));
    CHECK(shop.order("R2").columns.shipping_status == "LIVRÉ");
    CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  }
}

TEST_CASE("one old tracking number on several orders links none of them") {
  shop_model shop;
  for (const char* reference : {"R1", "R2"}) {
    order_row& order = shop.add_order(reference);
    order.columns.tracking = "display-u1";
    shop.rows.legacy_links.emplace("display-u1", order.id);
  }
  CHECK(shop.apply(push(5, "", "u1", 31)).what == outcome::unmatched);
}

TEST_CASE("a link whose order changed its reference or account is void") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(row(10, "R1", "u1", 31));
  SUBCASE("reference") { shop.order("R1").reference = "R1-edited"; }
  SUBCASE("account") { shop.order("R1").account = "account-b"; }
  CHECK(shop.apply(push(20, "", "u1", 41)).what == outcome::unmatched);
}

TEST_CASE("a locked order or parcel is busy and loses nothing") {
  shop_model shop;
  shop.add_order("R1").locked = false;
  CHECK(shop.apply(push(5, "R1", "u1", 31)).what == outcome::busy);
  shop.order("R1").locked = true;
  CHECK(shop.apply(push(5, "R1", "u1", 31)).what == outcome::applied);
  shop.rows.parcels.front().locked = false;
  CHECK(shop.apply(push(6, "R1", "u1", 41)).what == outcome::busy);
}

TEST_CASE("a delivered parcel delivers the order unless the shop cancelled or took it back") {
  for (const char* status : {"CANCELLED", "RETURNED"}) {
    shop_model shop;
    shop.add_order("R1").columns.status = status;
    shop.apply(row(10, "R1", "u1", 41));
    CHECK(shop.order("R1").columns.status == status);
    CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
    CHECK(shop.journal.back().what.field == "status");
  }
}

TEST_CASE("the order's own status is set when the parcel becomes delivered and not taken over again") {
  shop_model shop;
  shop.add_order("R1").columns.shipping_status = "LIVRÉ"; // by the old system, which forgot the status
  shop.apply(row(10, "R1", "u1", 41));
  CHECK(shop.order("R1").columns.status == "DELIVERED");
  shop.order("R1").columns.status = "RETURNED"; // by hand
  CHECK(shop.apply(row(20, "R1", "u1", 41)).what == outcome::unchanged);
  CHECK(shop.order("R1").columns.status == "RETURNED");
}

TEST_CASE("a field present and null clears and a missing one leaves") {
  shop_model shop;
  shop.add_order("R1");
  observation alerted = push(5, "R1", "u1", 32);
  alerted.what.alert_reason = {true, "7"};
  alerted.what.alerted_at = {true, at(4) + microseconds(123456)};
  shop.apply(alerted);
  CHECK(shop.order("R1").columns.alert_reason == "7");
  CHECK(shop.order("R1").columns.alerted_at == at(4) + milliseconds(123));
  CHECK(shop.apply(alerted).what == outcome::unchanged);
  shop.apply(push(6, "R1", "u1", 31));
  CHECK(shop.order("R1").columns.alert_reason == "7");
  observation cleared = push(7, "R1", "u1", 31);
  cleared.what.alert_reason = {true, std::nullopt};
  shop.apply(cleared);
  CHECK(!shop.order("R1").columns.alert_reason);
}

TEST_CASE("a hand edit lasts until the next pull") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(row(10, "R1", "u1", 31));
  shop.order("R1").columns.tracking = "typed by hand";
  CHECK(shop.apply(push(3, "R1", "u1", 31)).what == outcome::unchanged); // older: repairs nothing
  CHECK(shop.order("R1").columns.tracking == "typed by hand");
  CHECK(shop.apply(row(20, "R1", "u1", 31)).what == outcome::applied);
  CHECK(shop.order("R1").columns.tracking == "track-u1");
}

TEST_CASE("an observation of unknown time fills blanks and overwrites nothing") {
  shop_model shop;
  shop.add_order("R1").columns.shipping_status = "EXPÉDIÉ";
  observation replayed = seen(source::replay, as_of{}, "R1", "u1", 22);
  CHECK(shop.apply(replayed).what == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  CHECK(shop.order("R1").columns.maystro_order_id == "u1");
  CHECK(shop.apply(push(1, "R1", "u1", 31)).what == outcome::applied);
  CHECK(shop.apply(replayed).what == outcome::stale);
}

TEST_CASE("a webhook without account counts by a parcel that a pull has shown, else it asks") {
  shop_model shop;
  shop.add_order("R1");
  observation event = push(5, "R1", "u1", 31);
  event.account.clear();
  verdict v = shop.apply(event);
  CHECK(v.what == outcome::in_doubt);
  REQUIRE(v.wanted);
  CHECK(v.wanted->account == "account-a");
  CHECK(v.wanted->uuid == "u1");
  shop.apply(row(1, "R1", "u1", 22));
  CHECK(shop.apply(event).what == outcome::applied);
}

TEST_CASE("metadata is compared as JSON and merged only where there is an object") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  observation listed = row(10, "R1", "u1", 31);
  listed.what.metadata = R"({"b":1,"a":"x"})";
  shop.apply(listed);
  CHECK(order.columns.metadata == R"({"b":1,"a":"x"})");
  order.columns.metadata = R"({"a": "x", "b": 1})"; // as jsonb prints it
  listed.when = pull(20, 21);
  CHECK(shop.apply(listed).what == outcome::unchanged);
  shop.add_order("R2").metadata_mergeable = false;
  observation other = row(10, "R2", "u2", 31);
  other.what.metadata = R"({"a":1})";
  shop.apply(other);
  CHECK(!shop.order("R2").columns.metadata);
}
