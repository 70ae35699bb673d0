// Writes and signs Guepex's webhooks.
#include "tests/maystro_sim/courier/guepex_webhook.hpp"

#include "tests/maystro_sim/world/other_words.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace suivi::sim {

namespace json = boost::json;

std::string guepex_event(const parcel_view& parcel, std::string_view id, bool created, bool with_reference) {
  json::object content{{"tracking", tracking_of(courier_kind::guepex, parcel)},
                       {"firstname", "Client"},
                       {"contact_phone", fmt::format("0550{:06}", parcel.serial % 1'000'000)}};
  if ((created || with_reference) && !parcel.reference.empty()) content["order_id"] = parcel.reference;
  if (!created) content["status"] = words_for(courier_kind::guepex, parcel.status).name;
  if (parcel.status == 32) content["reason"] = "Client ne répond pas";
  return json::serialize(json::object{
      {"event_id", id}, {"occurred_at", plain_time(parcel.changed_at)}, {"data", std::move(content)}});
}

std::string guepex_delivery(std::string_view type, std::string_view events) {
  return fmt::format(R"({{"type":"{}","events":[{}]}})", type, events);
}

} // namespace suivi::sim
