// Couriers that say since when a parcel is in its state, against a real database: whatever of a parcel's
// history is observed, in whatever order, doubled, by webhook, list or single answer, the order shows the
// newest of what was observed, at every moment, and no other order shows anything of it. Seeds are fixed.
#include "common/guepex/status.hpp"
#include "common/nord_west/event.hpp"
#include "tests/postgres/door/shop_database.hpp"

#include <algorithm>
#include <random>

using namespace suivi;
using namespace suivi::test;

namespace {

using dice = std::mt19937_64;

std::size_t below(dice& random, std::size_t bound) {
  return static_cast<std::size_t>(random() % bound);
}

struct stated_parcel {
  courier_kind courier;
  int order = 0;
  std::string uuid;
  std::vector<std::string> states; // the n-th from second 10 * n on
};

stated_parcel made_up(dice& random, courier_kind courier, int order) {
  stated_parcel p{courier, order, fmt::format("{}-{}", slug(courier), order), {}};
  const std::size_t changes = 2 + below(random, 6);
  while (p.states.size() < changes) {
    std::string text(courier == courier_kind::guepex
                         ? guepex::all_statuses()[below(random, guepex::all_statuses().size())].text
                         : nord_west::all_events()[below(random, nord_west::all_events().size())].text);
    if (p.states.empty() || p.states.back() != text) p.states.push_back(std::move(text));
  }
  return p;
}

// Of the state that it is in at `change`; a pull looks some seconds later.
shop::observation observed(dice& random, const stated_parcel& p, std::size_t change) {
  const int since = static_cast<int>(change) * 10;
  const int read_minute = since + 1 + static_cast<int>(below(random, 8));
  shop::observation o;
  o.account = "account-a";
  o.shipment.courier = p.courier;
  o.shipment.uuid = p.uuid;
  o.shipment.tracking = p.uuid;
  o.shipment.status = parcel_state(p.states[change]);
  o.shipment.status_at = at(since);
  o.shipment.reference = fmt::format("R{}", p.order);
  o.shipment.created_at = at(-100);
  const std::size_t way = p.courier == courier_kind::guepex ? below(random, 3) : 2;
  if (way == 0) {
    o.from = shop::source::webhook;
    o.when = {shop::as_of::shape::stated_event, at(since), at(since)};
    if (below(random, 3) == 0) o.shipment.reference.reset(); // known by its tracking number, or parked
  } else {
    o.from = way == 1 ? shop::source::sweep : shop::source::confirm;
    o.when = {way == 1 ? shop::as_of::shape::stated_row : shop::as_of::shape::stated_answer, at(since),
              at(read_minute)};
    o.read_at = at(read_minute);
  }
  return o;
}

// Those that show anything. The courier's id is Maystro's alone.
constexpr const char* shown_orders = R"(
select coalesce(string_agg(substr("reference", 2) || '=' || concat_ws('|', "trackingNumber", "shippingStatus", "maystroOrderId")
                           || ';', '' order by substr("reference", 2)::integer), '')
from orders where "shippingStatus" is not null)";

void play(courier_kind courier, std::uint64_t seed) {
  CAPTURE(seed);
  dice random(seed);
  shop_database shop;
  shop.add_orders(1, 12);
  if (courier == courier_kind::nord_west)
    shop.sql(R"(update orders set "trackingNumber" = 'nord_west-' || substr("reference", 2))");
  std::vector<stated_parcel> parcels;
  for (int order = 1; order <= 11; ++order) parcels.push_back(made_up(random, courier, order));
  std::vector<int> newest(parcels.size(), -1);
  for (int step = 0; step < 40; ++step) {
    std::vector<shop::observation> batch;
    const std::size_t size = 1 + below(random, 4);
    std::vector<int> after = newest;
    while (batch.size() < size) {
      const std::size_t which = below(random, parcels.size());
      const std::size_t change = below(random, parcels[which].states.size());
      shop::observation o = observed(random, parcels[which], change);
      if (!o.shipment.reference && newest[which] < 0) continue; // nobody could tell whose it is
      after[which] = std::max(after[which], static_cast<int>(change));
      batch.push_back(o);
      if (below(random, 4) == 0) batch.push_back(std::move(o)); // told twice
    }
    (void)apply(shop, std::move(batch));
    newest = std::move(after);
    std::string wanted;
    for (std::size_t i = 0; i < parcels.size(); ++i)
      if (newest[i] >= 0)
        wanted += fmt::format("{}={}|{};", parcels[i].order, parcels[i].uuid,
                              parcels[i].states[static_cast<std::size_t>(newest[i])]);
    CHECK(shop.get(shown_orders) == wanted);
  }
}

} // namespace

TEST_CASE("an order of Guepex shows the newest of what was observed, in whatever order it was") {
  for (std::uint64_t seed : {1, 2}) play(courier_kind::guepex, seed);
}

TEST_CASE("an order of Nord West shows the newest of what was observed, in whatever order it was") {
  play(courier_kind::nord_west, 3);
}
