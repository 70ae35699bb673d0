// The door's decisions on one parcel: times, doubts, tracking, the order's columns. Without a database.
#include "tests/unit/decision/shop_model.hpp"

using namespace suivi;
using namespace suivi::shop;

TEST_CASE("a sweep fills a missing tracking number although the status text is right already") {
  shop_model shop;
  shop.add_order("R1").columns.shipping_status = "EXPÉDIÉ";
  verdict v = shop.apply(a_row(10, "R1", "u1", 31));
  CHECK(v.outcome == outcome::applied);
  CHECK(shop.order("R1").columns.tracking == "track-u1");
  CHECK(shop.order("R1").columns.maystro_order_id == "u1");
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
}

TEST_CASE("a status is set on an order that never had a tracking number") {
  shop_model shop;
  shop.add_order("R1");
  CHECK(shop.apply(push(1, "R1", "", 22)).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
}

TEST_CASE("the same observation twice writes once") {
  shop_model shop;
  shop.add_order("R1");
  CHECK(shop.apply(push(1, "R1", "u1", 22)).outcome == outcome::applied);
  decision again = decide(shop.rows, std::vector{push(1, "R1", "u1", 22)}, shop.options);
  CHECK(again.verdicts.front().outcome == outcome::unchanged);
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
    CHECK(first.outcome == outcome::applied);
    CHECK(second.outcome == (reversed ? outcome::stale : outcome::applied));
    CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
    CHECK(shop.order("R1").columns.status == "DELIVERED");
  }
}

TEST_CASE("several observations of one call are chained by time and each step is journaled") {
  shop_model shop;
  shop.add_order("R1");
  auto verdicts = shop.apply({push(9, "R1", "u1", 41), push(5, "R1", "u1", 22), push(7, "R1", "u1", 31)});
  CHECK(verdicts[0].outcome == outcome::applied);
  CHECK(verdicts[1].outcome == outcome::applied);
  CHECK(verdicts[2].outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
  std::vector<std::string> steps;
  for (const journal_entry& entry : shop.journal)
    if (entry.change.field == "shippingStatus") steps.push_back(*entry.change.to);
  CHECK(steps == std::vector<std::string>{"ASSIGNÉ", "EXPÉDIÉ", "LIVRÉ"});
}

TEST_CASE("a pull and a webhook that overlap and differ write nothing and ask the courier") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(10, "R1", "u1", 22));
  observation overlapping = push(10, "R1", "u1", 31);
  overlapping.when = {as_of::shape::point, at(10) + milliseconds(500), at(10) + milliseconds(500)};
  verdict v = shop.apply(overlapping);
  CHECK(v.outcome == outcome::in_doubt);
  CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
  REQUIRE(v.wanted);
  CHECK(v.wanted->uuid == "u1");
  CHECK(v.wanted->not_before > overlapping.when.to + shop.options.read_lag);

  SUBCASE("and the read decides") {
    observation read = a_row(21, "R1", "u1", 31);
    read.from = source::confirm;
    CHECK(shop.apply(read).outcome == outcome::applied);
    CHECK(shop.apply(overlapping).outcome == outcome::unchanged);
    CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  }
  SUBCASE("and with the courier away the later time decides") {
    overlapping.decide_by_later_time = true;
    CHECK(shop.apply(overlapping).outcome == outcome::stale); // the pull ended later
    CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
  }
}

TEST_CASE("an overlap that agrees is no doubt and advances the time") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(push(9, "R1", "u1", 31));
  CHECK(shop.apply(a_row(8, "R1", "u1", 31)).outcome == outcome::applied); // the tracking number grew
  CHECK(shop.apply(a_row(12, "R1", "u1", 31)).outcome == outcome::unchanged);
  CHECK(shop.rows.parcels.front().when == pull(12, 13));
  CHECK(shop.apply(push(11, "R1", "u1", 22)).outcome == outcome::stale);
}

TEST_CASE(
    "an untimed webhook is applied at once but takes no parcel out of a final state or back to a left one") {
  shop_model shop;
  shop.add_order("R1");
  auto arrive = [&](int second, int status) {
    return shop.apply(make_observation(source::webhook, untimed(second), "R1", "u1", status)).outcome;
  };
  CHECK(arrive(1, 22) == outcome::applied);
  CHECK(arrive(2, 31) == outcome::applied);
  CHECK(arrive(3, 22) == outcome::in_doubt);
  CHECK(arrive(4, 41) == outcome::applied);
  CHECK(arrive(5, 32) == outcome::in_doubt);
  CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
}

TEST_CASE("an untimed webhook takes a parcel from ready to return on its way without a read") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(1, "R1", "u1", 51));
  CHECK(shop.apply(make_observation(source::webhook, untimed(5), "R1", "u1", 10)).outcome ==
        outcome::applied);
}

TEST_CASE(
    "what the shop's row shows of an unknown parcel is not taken back by a webhook before a read agrees") {
  struct step {
    const char* current;
    int status;
    outcome expected;
  };
  for (const step& one : {step{"LIVRÉ", 31, outcome::in_doubt}, step{"ANNULÉ", 51, outcome::in_doubt},
                          step{"EXPÉDIÉ", 9, outcome::in_doubt}, step{"EXPÉDIÉ", 32, outcome::applied},
                          step{"EXPÉDIÉ", 41, outcome::applied}, step{"EN ATTENTE", 6, outcome::applied},
                          step{"EXPÉDIÉ", 11, outcome::applied}, step{"undefined", 4, outcome::applied},
                          step{"EN COURS", 4, outcome::in_doubt}, step{"EN ATTENTE", 4, outcome::in_doubt}}) {
    CAPTURE(one.current);
    CAPTURE(one.status);
    shop_model shop;
    shop.add_order("R1").columns.shipping_status = one.current;
    observation reported = push(10, "R1", "u1", one.status);
    reported.decide_by_later_time = true;
    verdict v = shop.apply(reported);
    CHECK(v.outcome == one.expected);
    if (one.expected != outcome::in_doubt) continue;
    CHECK(shop.order("R1").columns.shipping_status == one.current);
    REQUIRE(v.wanted);
    observation read = a_row(30, "R1", "u1", one.status);
    read.from = source::confirm;
    CHECK(shop.apply(read).outcome == outcome::applied);
    CHECK(shop.apply(push(31, "R1", "u1", one.status)).outcome == outcome::unchanged);
  }
}

TEST_CASE("an untimed webhook that goes back waits for the courier however long that is away") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(1, "R1", "u1", 41));
  observation back = make_observation(source::webhook, untimed(5), "R1", "u1", 31);
  back.decide_by_later_time = true;
  verdict v = shop.apply(back);
  CHECK(v.outcome == outcome::in_doubt);
  CHECK(v.wanted->not_before == at(5) + shop.options.read_lag + milliseconds(1));
  CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
  shop.apply(a_row(16, "R1", "u1", 31));
  CHECK(shop.apply(back).outcome == outcome::unchanged);
}

TEST_CASE("a pull that agrees with a webhook published during it keeps a second such webhook in doubt") {
  for (bool webhook_first : {true, false}) {
    shop_model shop;
    shop.add_order("R1");
    observation listed = a_row(10, "R1", "u1", 22);
    listed.when = pull(10, 20);
    if (webhook_first)
      shop.apply({push(12, "R1", "u1", 22), listed});
    else
      shop.apply(std::vector{listed}), shop.apply(push(12, "R1", "u1", 22));
    CHECK(shop.apply(push(15, "R1", "u1", 31)).outcome == outcome::in_doubt);
    CHECK(shop.apply(push(11, "R1", "u1", 31)).outcome == outcome::stale);
    CHECK(shop.apply(push(21, "R1", "u1", 31)).outcome == outcome::applied);
  }
}

TEST_CASE("with confirmation a webhook sets a terminal state only once the courier shows it") {
  for (int status : {41, 50, 52, 53}) {
    CAPTURE(status);
    shop_model shop;
    shop.options.confirm_terminal = true;
    shop.add_order("R1");
    CHECK(shop.apply(push(1, "R1", "u1", 31)).outcome == outcome::applied);
    observation claim = push(20, "R1", "u1", status);
    verdict v = shop.apply(claim);
    CHECK(v.outcome == outcome::in_doubt);
    REQUIRE(v.wanted);
    CHECK(v.wanted->uuid == "u1");
    CHECK(v.wanted->not_before == at(20) + shop.options.read_lag + milliseconds(1));
    CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");

    SUBCASE("it agrees") {
      observation read = a_row(15, "R1", "u1", status); // by the lag it may be older than the webhook
      read.when = pull(15, 25);
      CHECK(shop.apply(read).outcome == outcome::applied);
      CHECK(shop.apply(claim).outcome == outcome::unchanged);
    }
    SUBCASE("it disagrees, perhaps for its lag only") {
      observation read = a_row(15, "R1", "u1", 22);
      read.when = pull(15, 25);
      shop.apply(read);
      CHECK(shop.apply(claim).outcome == outcome::in_doubt);
      SUBCASE("and again later") {
        shop.apply(a_row(31, "R1", "u1", 22));
        CHECK(shop.apply(claim).outcome == outcome::stale);
        CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
      }
    }
    SUBCASE("it is away, and no time that passes is an answer") {
      claim.decide_by_later_time = true;
      CHECK(shop.apply(claim).outcome == outcome::in_doubt);
      claim.from = source::replay;
      CHECK(shop.apply(claim).outcome == outcome::in_doubt);
    }
  }
}

TEST_CASE(
    "with confirmation a terminal state is asked for with a new parcel and not where it is known or older") {
  shop_model shop;
  shop.options.confirm_terminal = true;
  shop.add_order("R1");
  CHECK(shop.apply(push(1, "R1", "u1", 41)).outcome == outcome::in_doubt);
  CHECK(shop.apply(a_row(2, "R1", "u1", 41)).outcome == outcome::applied); // a pull needs no other
  CHECK(shop.apply(push(9, "R1", "u1", 41)).outcome == outcome::unchanged);
  CHECK(shop.apply(push(1, "R1", "u1", 50)).outcome == outcome::stale);
  CHECK(shop.apply(push(10, "R1", "u1", 51)).outcome == outcome::applied);
}

TEST_CASE("tracking grows in strength and never weakens, and a stale row may bring it") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(push(20, "R1", "u1", 31));
  CHECK(shop.order("R1").columns.tracking == "display-u1");
  verdict v = shop.apply(a_row(10, "R1", "u1", 22)); // older than the webhook
  CHECK(v.outcome == outcome::applied);
  CHECK(shop.order("R1").columns.tracking == "track-u1");
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  shop.apply(push(30, "R1", "u1", 41));
  CHECK(shop.order("R1").columns.tracking == "track-u1");
}

TEST_CASE("a delivered parcel delivers the order unless the shop canceled or took it back") {
  for (const char* status : {"CANCELLED", "RETURNED"}) {
    shop_model shop;
    shop.add_order("R1").columns.status = status;
    shop.apply(a_row(10, "R1", "u1", 41));
    CHECK(shop.order("R1").columns.status == status);
    CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
    CHECK(shop.journal.back().change.field == "status");
  }
}

TEST_CASE("the order's own status is set when the parcel becomes delivered and not taken over again") {
  shop_model shop;
  shop.add_order("R1").columns.shipping_status = "LIVRÉ"; // by the old system, which forgot the status
  shop.apply(a_row(10, "R1", "u1", 41));
  CHECK(shop.order("R1").columns.status == "DELIVERED");
  shop.order("R1").columns.status = "RETURNED"; // by hand
  CHECK(shop.apply(a_row(20, "R1", "u1", 41)).outcome == outcome::unchanged);
  CHECK(shop.order("R1").columns.status == "RETURNED");
}

TEST_CASE("a field present and null clears and a missing one leaves") {
  shop_model shop;
  shop.add_order("R1");
  observation alerted = push(5, "R1", "u1", 32);
  alerted.shipment.alert_reason = {true, "7"};
  alerted.shipment.alerted_at = {true, at(4) + microseconds(123456)};
  shop.apply(alerted);
  CHECK(shop.order("R1").columns.alert_reason == "7");
  CHECK(shop.order("R1").columns.alerted_at == at(4) + milliseconds(123));
  CHECK(shop.apply(alerted).outcome == outcome::unchanged);
  shop.apply(push(6, "R1", "u1", 31));
  CHECK(shop.order("R1").columns.alert_reason == "7");
  observation cleared = push(7, "R1", "u1", 31);
  cleared.shipment.alert_reason = {true, std::nullopt};
  shop.apply(cleared);
  CHECK(!shop.order("R1").columns.alert_reason);
}

TEST_CASE("a hand edit lasts until the next pull") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(10, "R1", "u1", 31));
  shop.order("R1").columns.tracking = "typed by hand";
  CHECK(shop.apply(push(3, "R1", "u1", 31)).outcome == outcome::unchanged); // older: repairs nothing
  CHECK(shop.order("R1").columns.tracking == "typed by hand");
  CHECK(shop.apply(a_row(20, "R1", "u1", 31)).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.tracking == "track-u1");
}

TEST_CASE("an observation of unknown time fills blanks and overwrites nothing") {
  shop_model shop;
  shop.add_order("R1").columns.shipping_status = "EXPÉDIÉ";
  observation replayed = make_observation(source::replay, as_of{}, "R1", "u1", 22);
  CHECK(shop.apply(replayed).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  CHECK(shop.order("R1").columns.maystro_order_id == "u1");
  CHECK(shop.apply(push(1, "R1", "u1", 31)).outcome == outcome::applied);
  CHECK(shop.apply(replayed).outcome == outcome::stale);
}

TEST_CASE("a webhook without account counts by a parcel that a pull has shown, else it asks") {
  shop_model shop;
  shop.add_order("R1");
  observation event = push(5, "R1", "u1", 31);
  event.account.clear();
  verdict v = shop.apply(event);
  CHECK(v.outcome == outcome::in_doubt);
  REQUIRE(v.wanted);
  CHECK(v.wanted->account == "account-a");
  CHECK(v.wanted->uuid == "u1");
  shop.apply(a_row(1, "R1", "u1", 22));
  CHECK(shop.apply(event).outcome == outcome::applied);
}

TEST_CASE("a webhook without account is asked for by what a webhook with account has linked") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(push(1, "R1", "u1", 22)); // known, but by no pull
  observation event = push(5, "", "u1", 31);
  event.account.clear();
  verdict v = shop.apply(event);
  CHECK(v.outcome == outcome::in_doubt);
  CHECK(v.unproven);
  REQUIRE(v.wanted);
  CHECK(v.wanted->account == "account-a");
}

TEST_CASE("a webhook without account that names a tracking number only counts by a pulled parcel's") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(1, "R1", "u1", 22));
  observation event = push(5, "", "", 31);
  event.account.clear();
  event.shipment.display_id.reset();
  event.shipment.tracking = "track-u1";
  CHECK(shop.apply(event).outcome == outcome::applied);
}

TEST_CASE("a webhook without account for an order that no account has is unmatched for want of proof") {
  shop_model shop;
  shop.add_order("R1", std::nullopt);
  observation event = push(5, "R1", "u1", 31);
  event.account.clear();
  verdict v = shop.apply(event);
  CHECK(v.outcome == outcome::unmatched);
  CHECK(v.unproven);
}

TEST_CASE("metadata is compared as JSON and merged only where there is an object") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  observation listed = a_row(10, "R1", "u1", 31);
  listed.shipment.metadata = R"({"b":1,"a":"x"})";
  shop.apply(listed);
  CHECK(order.columns.metadata[0] == R"({"b":1,"a":"x"})");
  order.columns.metadata[0] = R"({"a": "x", "b": 1})"; // as jsonb prints it
  listed.when = pull(20, 21);
  CHECK(shop.apply(listed).outcome == outcome::unchanged);
  shop.add_order("R2").metadata_mergeable = false;
  observation other = a_row(10, "R2", "u2", 31);
  other.shipment.metadata = R"({"a":1})";
  shop.apply(other);
  CHECK(!shop.order("R2").columns.metadata[0]);
}

TEST_CASE("an order gets so many parcels and no more, and those it has go on") {
  shop_model shop;
  shop.add_order("R1");
  for (std::size_t n = 0; n < parcels_of_an_order_max; ++n)
    CHECK(shop.apply(a_row(10, "R1", "u" + std::to_string(n), 31, 1 + static_cast<int>(n))).outcome !=
          outcome::conflict);
  verdict beyond = shop.apply(a_row(10, "R1", "one more", 31, 5));
  CHECK(beyond.outcome == outcome::conflict);
  CHECK(beyond.why == "the order has 100 parcels already, it gets no more");
  CHECK(shop.rows.parcels.size() == parcels_of_an_order_max);
  CHECK(shop.apply(a_row(20, "R1", "u0", 41, 1)).outcome != outcome::conflict);
}

TEST_CASE("a reference with blanks around it is tried as it is, then without them") {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order(" R2");
  shop.add_order("R2");
  CHECK(shop.apply(push(1, " R1\t", "u1", 31)).reference == "R1");
  CHECK(shop.apply(push(1, " R2", "u2", 31)).reference == " R2");
  CHECK(shop.apply(push(1, "R2 ", "u3", 31)).reference == "R2");
  CHECK(shop.apply(push(1, " R3 ", "u4", 31)).outcome == outcome::unmatched);
  CHECK(shop.apply(push(2, "", "u1", 41)).reference == "R1"); // the link holds
}
