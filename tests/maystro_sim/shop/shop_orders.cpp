// Draws the orders of the sample shop.
#include "tests/maystro_sim/shop/shop_orders.hpp"

#include "common/maystro/status.hpp"
#include "tests/maystro_sim/world/draw.hpp"
#include "tests/maystro_sim/world/other_words.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

namespace suivi::sim {
namespace {

constexpr std::string_view null = "\\N";
constexpr std::uint64_t forgotten_serials = 1'000'000'000; // far above those of parcels that are listed

struct columns {
  std::string reference;
  std::string eco_id{null};
  std::string_view status = "CONFIRMED";
  std::string tracking{null};
  std::string shipping_status{null};
  std::string courier_id{null};
  std::string account{null};
  double age = 0;
};

std::string timestamp(instant t) {
  auto text = format_instant(std::chrono::floor<seconds>(t)); // 2026-01-31T09:30:00Z; the column has no zone
  text.pop_back();
  return text;
}

// The parcel an order shows at the beginning: the newest that is not on its way back, else the newest.
const first_parcel& current(const first_order& order) {
  for (auto p = order.parcels.rbegin(); p != order.parcels.rend(); ++p)
    if (!maystro::is_returning(p->way.back())) return *p;
  return order.parcels.back();
}

// What the system before wrote of couriers whose answers it could not read.
std::string left_behind(courier_kind courier, const first_parcel& parcel, draw& chance) {
  const double x = chance.fraction();
  if (x < 0.35) return "undefined";
  if (x < 0.6) return "UNDEFINED";
  if (x < 0.8) return std::string(null);
  return std::string(words_for(courier, parcel.way.front()).text); // true long ago
}

void known_order_of_other(columns& c, const shop_shape& shape, std::uint64_t k, draw& chance) {
  const auto begun = first_of(shape.first, k);
  const client_account& account = shape.accounts[begun.account];
  const first_parcel& parcel = current(begun);
  c.reference = shared_reference(shape.first.seed, k);
  c.account = account.id;
  c.age = begun.parcels.front().created;
  c.status = chance.chance(0.5) ? "CONFIRMED" : "SHIPPED";
  c.shipping_status = left_behind(account.kind, parcel, chance);
  const bool has_number = account.kind == courier_kind::nord_west || chance.chance(0.2);
  if (has_number) c.tracking = tracking_of(account.kind, identify(shape.first.seed, parcel.serial));
}

void known_order(columns& c, const shop_shape& shape, std::uint64_t k, draw& chance) {
  const auto begun = first_of(shape.first, k);
  const auto& parcel = current(begun);
  const auto who = identify(shape.first.seed, parcel.serial);
  const int now = parcel.way.back();
  c.reference = shared_reference(shape.first.seed, k);
  c.account = shape.accounts[begun.account].id;
  c.age = begun.parcels.front().created;
  c.status = "SHIPPED";
  const double x = chance.fraction();
  if (x < 0.70) { // never updated
    c.status = chance.chance(0.5) ? "CONFIRMED" : "SHIPPED";
  } else if (x < 0.82) { // the text is right, so the old sync never filled the tracking number
    c.shipping_status = maystro::status_text(now);
  } else if (x < 0.87) { // tracking but no status: the old status sync skipped these
    c.tracking = who.tracking;
  } else if (x < 0.94) { // outdated
    c.tracking = who.tracking;
    c.courier_id = who.uuid;
    c.shipping_status = maystro::status_text(parcel.way[parcel.way.size() / 2]);
  } else if (x < 0.97) { // the old webhook wrote the number for people as tracking number
    c.tracking = std::to_string(who.display_id);
    c.shipping_status = maystro::status_text(now);
  } else { // right
    c.tracking = who.tracking;
    c.courier_id = who.uuid;
    c.shipping_status = maystro::status_text(now);
  }
  if (c.shipping_status == "LIVRÉ" && chance.chance(0.7))
    c.status = "DELIVERED";
  else if (chance.chance(0.01))
    c.status = chance.chance(0.5) ? "CANCELLED" : "RETURNED";
  if (chance.chance(shape.mixed_up_share) && k > 0)
    c.tracking = identify(shape.first.seed, 2 * (k - 1)).tracking;
}

// Delivered, and so long ago that the courier does not list it any more.
void delivered_long_ago(columns& c, const shop_shape& shape, std::uint64_t j, courier_kind courier,
                        draw& chance) {
  constexpr int delivered = 41;
  const identity who = identify(shape.first.seed, forgotten_serials + j);
  c.status = "DELIVERED";
  c.age = -3 * chance.fraction(); // up to half a year before the oldest that is listed
  if (courier == courier_kind::maystro) {
    c.tracking = who.tracking;
    c.shipping_status = maystro::status_text(delivered);
    c.courier_id = who.uuid;
  } else {
    c.tracking = tracking_of(courier, who);
    c.shipping_status = words_for(courier, delivered).text;
  }
}

// An order that the courier does not know: delivered long ago, cancelled, not confirmed yet or not handed
// over yet. A few should have been handed over and were not: those need a person.
void shop_only_order(columns& c, const shop_shape& shape, std::uint64_t j, draw& chance) {
  const bool imported = chance.chance(0.01);
  c.reference = imported ? fmt::format("ECO-{}", 100'000 + j) : shop_reference(shape.first.seed, j);
  if (imported) c.eco_id = std::to_string(100'000 + j);
  const client_account& account =
      shape.accounts[static_cast<std::size_t>(chance.below(shape.accounts.size()))];
  c.account = account.id;
  const double x = chance.fraction();
  if (x < 0.95) {
    delivered_long_ago(c, shape, j, account.kind, chance);
  } else if (x < 0.97) {
    c.status = "CANCELLED";
  } else if (x < 0.992) {
    c.status = "PENDING";
  } else if (x < 0.998) {
    c.status = chance.chance(0.5) ? "ASSIGNED" : "CONFIRMED";
    c.age = 1 - chance.fraction() / 1440; // within the last hour
  }
  // The rest: confirmed, and nobody handed it over. Nord West's have a number from the start, which the
  // courier has forgotten.
  else if (account.kind == courier_kind::nord_west)
    c.tracking = fmt::format("ECSGONE{:010}", j);
}

} // namespace

std::uint64_t shop_rows::customers() const {
  return std::clamp<std::uint64_t>(shape_.orders / 10, 1, 10'000);
}

void shop_rows::append_customer(std::string& out, std::uint64_t i) const {
  const auto now = timestamp(shape_.now);
  fmt::format_to(std::back_inserter(out), "customer-{0}\tClient {0:06}\t0550{0:06}\t{1}\t{1}\n", i, now);
}

void shop_rows::append_order(std::string& out, std::uint64_t i) const {
  // Known orders are spread evenly among the others: the k-th is the first i with i * known / orders == k.
  const auto known = shape_.first.known;
  const auto k = i * known / shape_.orders;
  const bool is_known = (i + 1) * known / shape_.orders > k;
  draw chance(hash({shape_.first.seed, 901, i}));
  columns c;
  c.age = (static_cast<double>(i) + 0.5) / static_cast<double>(shape_.orders);
  const courier_kind courier =
      is_known ? shape_.accounts[first_of(shape_.first, k).account].kind : courier_kind::maystro;
  if (!is_known)
    shop_only_order(c, shape_, i - k, chance);
  else if (courier == courier_kind::maystro)
    known_order(c, shape_, k, chance);
  else
    known_order_of_other(c, shape_, k, chance);
  // From before there were accounts; without one nobody asks by tracking number. Of those that the courier
  // does not know a person must say whose they are.
  if (chance.chance(is_known ? 0.03 : 0.001) && courier != courier_kind::nord_west) c.account = null;
  const std::string_view extra =
      chance.chance(0.1) ? R"({"ecoManagerConfirmationHistory":[{"state":"confirmed","attempt":1}]})" : null;
  const auto span = std::chrono::duration<double>(std::chrono::hours(24 * 60));
  const auto ordered = timestamp(shape_.now - std::chrono::duration_cast<microseconds>(span * (1 - c.age)));
  fmt::format_to(
      std::back_inserter(out),
      "order-{:09}\t{}\t{}\t{}\t{}\tcustomer-{}\t{}\t{}\tstore-{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", i,
      c.reference, c.eco_id, c.eco_id == null ? "MANUAL" : "ECOMANAGER", c.status, chance.below(customers()),
      1500 + chance.below(80) * 100, 400 + chance.below(5) * 50, 1 + chance.below(3), c.tracking,
      c.shipping_status, c.courier_id, extra, c.account, ordered, ordered, ordered);
}

} // namespace suivi::sim
