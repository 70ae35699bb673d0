// Webhooks as they are sent: every style says the same to the receiver's decoder, and fates follow the rates.
#include "tests/maystro_sim/courier/webhook.hpp"

#include "common/maystro/envelope.hpp"

#include <cmath>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::sim;

namespace {

constexpr instant noon{std::chrono::sys_days{std::chrono::year(2026) / 1 / 31} + std::chrono::hours(12)};

} // namespace

TEST_CASE("every style decodes back to the event") {
  world_shape shape;
  shape.first.known = 0;
  shape.start = noon;
  world w(shape);
  new_parcel fresh;
  fresh.reference = "CMD-0000000001";
  fresh.way = {32};
  const auto parcel = w.view(w.insert(fresh, noon), instant::max());
  const auto event = event_text(parcel, "OrderStatusChanged", true);
  for (std::size_t i = 0; i < style_count; ++i) {
    const auto style = static_cast<envelope_style>(i);
    CAPTURE(style_name(style));
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      draw chance(seed);
      const auto sent = wrap(style, event, "1234", noon, chance);
      const auto read = maystro::decode(sent.body);
      REQUIRE(read.kind == maystro::event_kind::order);
      CHECK(read.shipment.uuid == parcel.who.uuid);
      CHECK(read.shipment.reference == "CMD-0000000001");
      CHECK(read.shipment.display_id == std::to_string(parcel.who.display_id));
      CHECK(read.shipment.status == 32);
      CHECK(read.published_at.has_value() == is_timed(style));
      CHECK(read.message_id.has_value() == is_timed(style));
      if (is_timed(style)) CHECK(read.published_at == noon);
    }
  }
}

TEST_CASE("the rates of loss and duplication are kept over many messages and repeat with the seed") {
  settings s;
  s.webhook_loss = 0.2;
  s.webhook_duplicates = 0.1;
  s.webhook_delayed = 0.5;
  s.webhook_delay_ms = 1000;
  int lost = 0, doubled = 0, late = 0;
  for (std::uint64_t n = 0; n < 10'000; ++n) {
    const auto f = decide_fate(s, 3, n);
    const auto again = decide_fate(s, 3, n);
    CHECK((f.lost == again.lost && f.style == again.style && f.copies == again.copies));
    lost += f.lost ? 1 : 0;
    doubled += f.copies.size() == 2 ? 1 : 0;
    late += f.copies[0].count() > 0 ? 1 : 0;
  }
  CHECK(std::abs(lost - 2000) < 200);
  CHECK(std::abs(doubled - 1000) < 150);
  CHECK(std::abs(late - 5000) < 300);
}

TEST_CASE("hooks hear what their trigger is for and silent ones nothing") {
  settings s;
  CHECK(event_name(s, "all", false, 31) == "OrderStatusChanged");
  CHECK(event_name(s, "OrderStatusChanged", false, 31) == "OrderStatusChanged");
  CHECK(event_name(s, "OrderDelivered", false, 41) == "OrderDelivered");
  CHECK(!event_name(s, "OrderDelivered", false, 31));
  CHECK(event_name(s, "orderCreated", true, 4) == "orderCreated");
  CHECK(!event_name(s, "OrderStatusChanged", true, 4));
  CHECK(!event_name(s, "InventoryMovement", false, 31));
  s.silent_triggers = {"all"};
  CHECK(!event_name(s, "all", false, 31));
}
