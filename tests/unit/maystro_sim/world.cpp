// The courier's truth: repeatable from its seed, moving on plausible ways, and clear about twice-shipped
// orders.
#include "tests/maystro_sim/world/world.hpp"

#include "common/maystro/status.hpp"
#include "tests/maystro_sim/shop/shop_orders.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace suivi;
using namespace suivi::sim;

namespace {

constexpr instant noon{std::chrono::sys_days{std::chrono::year(2026) / 1 / 31} + std::chrono::hours(12)};

world_shape shape(std::uint64_t known, std::uint64_t seed = 7) {
  world_shape s;
  s.first = {seed, known, 2, 0.02};
  s.accounts = {"a", "b"};
  s.start = noon;
  return s;
}

std::string portrait(const world& w) {
  std::string text;
  for (order_index i = 0; i < w.order_count(); ++i) {
    const auto t = w.truth_of(i);
    if (!t) continue;
    const auto v = w.view(t->current, instant::max());
    text += t->reference + ' ' + v.who.uuid + ' ' + v.who.tracking + ' ' + std::to_string(v.status) + ' ' +
            format_instant(v.changed_at) + ' ' + std::to_string(t->parcels.size()) + '\n';
  }
  return text;
}

order_index order_named(const world& w, std::string_view reference) {
  for (order_index i = 0; i < w.order_count(); ++i)
    if (const auto t = w.truth_of(i); t && t->reference == reference) return i;
  FAIL("no such order");
  return 0;
}

parcel_index add(world& w, std::string reference, int status, instant created,
                 std::optional<std::string> uuid = {}) {
  new_parcel p;
  p.reference = std::move(reference);
  p.known = true;
  p.way = {status};
  p.created_at = created;
  p.uuid = std::move(uuid);
  return w.insert(p, noon);
}

} // namespace

TEST_CASE("the same seed and the same moves give the same world") {
  world a(shape(500));
  world b(shape(500));
  world other(shape(500, 8));
  CHECK(portrait(a) == portrait(b));
  CHECK(portrait(a) != portrait(other));
  for (int i = 0; i < 3000; ++i) {
    const auto when = noon + milliseconds(i);
    const auto x = a.move_one(when);
    const auto y = b.move_one(when);
    REQUIRE(x.has_value() == y.has_value());
    if (x) CHECK((x->parcel == y->parcel && x->step == y->step));
  }
  CHECK(portrait(a) == portrait(b));
}

TEST_CASE("no two parcels share a uuid or a tracking number and no two orders a reference") {
  world w(shape(5000));
  std::set<std::string> uuids, trackings, references;
  std::size_t parcels = 0;
  for (order_index i = 0; i < w.order_count(); ++i) {
    const auto t = w.truth_of(i);
    if (!t) continue;
    CHECK(references.insert(t->reference).second);
    for (const auto p : t->parcels) {
      const auto v = w.view(p, noon);
      CHECK(v.who.tracking.size() == 16);
      uuids.insert(v.who.uuid);
      trackings.insert(v.who.tracking);
      ++parcels;
    }
  }
  CHECK(uuids.size() == parcels);
  CHECK(trackings.size() == parcels);
}

TEST_CASE(
    "some orders are shipped twice and begin with an earlier parcel going back and a living newer one") {
  world w(shape(5000));
  std::size_t twice = 0;
  for (order_index i = 0; i < w.order_count(); ++i) {
    const auto t = w.truth_of(i);
    if (!t || t->parcels.size() < 2) continue;
    ++twice;
    CHECK(t->current == t->parcels.front());
    CHECK(!maystro::is_returning(w.view(t->parcels.front(), noon).status));
    CHECK(maystro::is_returning(w.view(t->parcels.back(), noon).status));
  }
  CHECK(twice > 50);
  CHECK(twice < 200);
}

TEST_CASE("an order shows its newest parcel that is not on its way back, else its newest") {
  world w(shape(0));
  const auto early = add(w, "R", 31, noon - std::chrono::hours(48));
  const auto late = add(w, "R", 22, noon - std::chrono::hours(24));
  const auto r = order_named(w, "R");
  CHECK(w.truth_of(r)->current == late);
  for (const int going_back : {50, 51, 10, 52, 53}) {
    w.set_status(late, going_back, noon);
    CHECK(w.truth_of(r)->current == early);
  }
  w.set_status(early, 50, noon);
  CHECK(w.truth_of(r)->current == late);
  w.remove(late);
  CHECK(w.truth_of(r)->current == early);
  w.remove(early);
  CHECK(!w.truth_of(r));
}

TEST_CASE("of two parcels made at the same time the greater uuid is shown") {
  world w(shape(0));
  const auto greater = add(w, "R", 9, noon, "ffffffff-0000-4000-8000-000000000000");
  const auto smaller = add(w, "R", 9, noon, "00000000-0000-4000-8000-000000000000");
  const auto r = order_named(w, "R");
  CHECK(w.truth_of(r)->current == greater);
  CHECK(w.list(0, 0, 10, noon) == std::vector<parcel_index>{greater, smaller});
  w.set_status(greater, 50, noon);
  CHECK(w.truth_of(r)->current == smaller);
}

TEST_CASE("all parcels arrive in the end and none leaves its end by itself") {
  world w(shape(300));
  while (w.move_one(noon)) {
  }
  CHECK(w.movable() == 0);
  for (order_index i = 0; i < w.order_count(); ++i)
    if (const auto t = w.truth_of(i)) {
      const auto status = w.view(t->current, instant::max()).status;
      CHECK((status == 41 || status == 52 || status == 53));
    }
}

TEST_CASE("times of changes strictly increase even when the clock stands still") {
  world w(shape(100));
  instant last{};
  for (int i = 0; i < 200; ++i) {
    const auto moved = w.move_one(noon);
    REQUIRE(moved);
    CHECK(w.view_step(*moved).changed_at > last);
    last = w.view_step(*moved).changed_at;
  }
}

TEST_CASE("a view of the past shows the status of then and no parcel made later") {
  world w(shape(0));
  const auto p = add(w, "R", 22, noon - std::chrono::hours(1));
  w.set_status(p, 31, noon + seconds(10));
  w.set_status(p, 41, noon + seconds(20));
  CHECK(w.view(p, noon + seconds(5)).status == 22);
  CHECK(w.view(p, noon + seconds(15)).status == 31);
  CHECK(w.view(p, noon + seconds(25)).status == 41);
  CHECK(w.history(p, noon + seconds(15)).size() == 2);
  w.insert_foreign(0, noon + seconds(30));
  CHECK(w.count(0, noon + seconds(25)) == 1);
  CHECK(w.count(0, noon + seconds(35)) == 2);
}

TEST_CASE("an alert has a reason while it lasts and none afterwards") {
  world w(shape(0));
  const auto p = add(w, "R", 31, noon - std::chrono::hours(1));
  w.set_status(p, 32, noon, boost::json::value(7));
  CHECK(w.view(p, instant::max()).alert_reason == boost::json::value(7));
  CHECK(w.view(p, instant::max()).alerted_at.has_value());
  w.set_status(p, 31, noon);
  CHECK(w.view(p, instant::max()).alert_reason.is_null());
  CHECK(!w.view(p, instant::max()).alerted_at);
}

TEST_CASE("the shop's rows name exactly the courier's shared references and their accounts") {
  const auto s = shape(200);
  world w(s);
  shop_shape shop;
  shop.first = s.first;
  shop.orders = 1000;
  shop.accounts = {{"a", "example-key-a", "A"}, {"b", "example-key-b", "B"}};
  shop.now = noon;
  const shop_rows rows(shop);
  std::set<std::string> references;
  std::size_t known = 0;
  for (std::uint64_t i = 0; i < shop.orders; ++i) {
    std::string line;
    rows.append_order(line, i);
    CHECK(std::count(line.begin(), line.end(), '\t') == 16);
    CHECK(line.back() == '\n');
    const auto start = line.find('\t') + 1;
    const auto reference = line.substr(start, line.find('\t', start) - start);
    CHECK(references.insert(reference).second);
    const auto in_a = w.find_reference(0, reference).size();
    const auto in_b = w.find_reference(1, reference).size();
    CHECK((in_a == 0 || in_b == 0));
    if (in_a + in_b == 0) continue;
    ++known;
    CHECK(line.find(in_a > 0 ? "\tb\t" : "\ta\t") == std::string::npos);
  }
  CHECK(known == 200);
}
