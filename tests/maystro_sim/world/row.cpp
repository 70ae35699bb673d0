// Writes a parcel as a row of the courier's list.
#include "tests/maystro_sim/world/row.hpp"

#include "common/maystro/status.hpp"

#include <array>
#include <fmt/format.h>

namespace suivi::sim {
namespace {

namespace json = boost::json;

struct place {
  int wilaya;
  std::string_view name;
};
constexpr std::array<place, 6> places{
    {{16, "Alger"}, {31, "Oran"}, {25, "Constantine"}, {19, "Sétif"}, {9, "Blida"}, {23, "Annaba"}}};

json::value moment(const std::optional<instant>& t) {
  return t ? json::value(local_time(*t)) : json::value(nullptr);
}

} // namespace

std::string local_time(instant t) {
  const auto local = t + std::chrono::hours(1);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(local - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+01:00", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

json::object row(const parcel_view& p) {
  const auto x = hash({501, p.serial});
  const auto& where = places[x % places.size()];
  const auto price = static_cast<std::int64_t>(1500 + (x >> 8U) % 80 * 100);
  const auto customer = p.serial % 1'000'000;
  json::object r;
  r["id"] = p.who.uuid;
  r["instance_uuid"] = p.who.uuid;
  r["display_id"] = p.who.display_id;
  r["tracking_number"] = p.who.tracking;
  r["external_order_id"] = p.reference.empty() ? json::value(nullptr) : json::value(p.reference);
  r["status"] = p.status;
  r["status_display"] = maystro::status_text(p.status);
  r["ordered_at"] = local_time(p.created_at);
  r["created_at"] = local_time(p.created_at);
  r["updated_at"] = local_time(p.changed_at);
  r["last_update"] = local_time(p.changed_at);
  r["delivered_at"] = moment(p.delivered_at);
  r["postponed_to"] = moment(p.postponed_to);
  r["alerted_at"] = moment(p.alerted_at);
  r["alert_reason"] = p.alert_reason;
  r["abort_reason"] = p.abort_reason;
  r["customer_name"] = fmt::format("Client {:06}", customer);
  r["customer_phone"] = fmt::format("0550{:06}", customer);
  r["destination_text"] = fmt::format("Rue inventée {}", 1 + (x >> 16U) % 200);
  r["product_name"] = fmt::format("Article {}", 1 + (x >> 24U) % 40);
  // A price may arrive as text.
  r["product_price"] = x % 7 == 0 ? json::value(std::to_string(price)) : json::value(price);
  r["delivery_price"] = 400 + static_cast<std::int64_t>((x >> 32U) % 5) * 50;
  r["wilaya"] = where.name;
  r["commune"] = where.wilaya * 100 + static_cast<int>((x >> 40U) % 20);
  r["commune_name"] = where.name;
  r["note_to_driver"] = nullptr;
  r["express"] = false;
  r["delivery_type"] = x % 3 == 0 ? 2 : 1;
  r["source"] = 4;
  r["products"] = json::array{{{"product_id", fmt::format("article-{}", 1 + (x >> 24U) % 40)},
                               {"quantity", 1},
                               {"logistical_description", fmt::format("Article {}", 1 + (x >> 24U) % 40)}}};
  return r;
}

} // namespace suivi::sim
