// Writes Maystro's webhooks in the shapes that it was seen to use.
#include "tests/maystro_sim/courier/webhook.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace suivi::sim {
namespace {

namespace json = boost::json;

json::value moment(const std::optional<instant>& t) {
  return t ? json::value(format_instant(*t)) : json::value(nullptr);
}

} // namespace

std::optional<std::string> event_name(const settings& s, std::string_view trigger, bool created, int status) {
  if (std::find(s.silent_triggers.begin(), s.silent_triggers.end(), trigger) != s.silent_triggers.end())
    return {};
  if (created) {
    if (trigger == "all" || trigger == "orderCreated") return "orderCreated";
    return {};
  }
  if (trigger == "all" || trigger == "OrderStatusChanged") return "OrderStatusChanged";
  if (trigger == "OrderFieldUpdated") return "OrderFieldUpdated";
  if (trigger == "OrderDelivered" && status == 41) return "OrderDelivered";
  return {};
}

std::string event_text(const parcel_view& parcel, std::string_view name, bool with_reference) {
  json::object payload{{"id", parcel.who.uuid},
                       {"status", parcel.status},
                       {"display_id_order", parcel.who.display_id},
                       {"external_order_id", nullptr},
                       {"alerted_at", moment(parcel.alerted_at)},
                       {"alert_reason", parcel.alert_reason},
                       {"abort_reason", parcel.abort_reason},
                       {"delivered_at", moment(parcel.delivered_at)}};
  if (with_reference && !parcel.reference.empty()) payload["external_order_id"] = parcel.reference;
  return json::serialize(
      json::object{{"event", name}, {"instance_uuid", parcel.who.uuid}, {"payload", std::move(payload)}});
}

fate decide_fate(const settings& s, std::uint64_t seed, std::uint64_t message) {
  draw chance(hash({seed, 401, message}));
  fate f;
  const auto mix = parse_style_mix(s.webhook_styles);
  if (mix) f.style = choose_style(*mix, chance);
  f.with_reference = !chance.chance(s.webhook_without_reference);
  f.lost = chance.chance(s.webhook_loss);
  const std::size_t copies = chance.chance(s.webhook_duplicates) ? 2 : 1;
  for (std::size_t i = 0; i < copies; ++i) {
    const bool late = chance.chance(s.webhook_delayed);
    const double delay = late ? chance.fraction() * static_cast<double>(s.webhook_delay_ms) : 0;
    f.copies.push_back(milliseconds(static_cast<std::int64_t>(delay)));
  }
  f.chance = chance.next();
  return f;
}

} // namespace suivi::sim
