// Nord West's API as the simulator answers it.
#include "tests/maystro_sim/courier/nord_west_face.hpp"

#include "tests/maystro_sim/courier/courier.hpp"
#include "tests/maystro_sim/world/other_words.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace suivi::sim {
namespace {

namespace json = boost::json;

json::object entry(words of, instant at, std::uint64_t x) {
  json::object one;
  if (x % 5 == 0)
    one["event_key"] = fmt::format(" {} ", of.key);
  else if (x % 5 != 1)
    one["event_key"] = of.key;
  one["event"] = of.name;
  one["causer"] = "Agent inventé";
  one["badge-class"] = "badge-info";
  one["by"] = "Agent inventé";
  one["name"] = "Agent inventé";
  if (x % 3 == 0) one["driver"] = "Livreur inventé";
  one["fdr"] = nullptr;
  one["date"] = plain_time(at);
  return one;
}

json::object parsed(std::string_view body) {
  boost::system::error_code bad;
  json::value value = json::parse(body, bad);
  return bad || !value.is_object() ? json::object() : std::move(value.get_object());
}

std::string text_of(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

} // namespace

json::array activity_of(const world& all, parcel_index parcel, instant as_of) {
  const parcel_view now = all.view(parcel, as_of);
  json::array entries;
  bool rises = true; // each second holds one entry at most
  instant last{};
  for (const auto& [status, at] : all.history(parcel, as_of)) {
    const instant second = std::chrono::floor<seconds>(at);
    rises = rises && (entries.empty() || second > last);
    last = second;
    entries.push_back(
        entry(words_for(courier_kind::nord_west, status), at, hash({602, now.serial, entries.size()})));
  }
  const words end = last_words(courier_kind::nord_west, now);
  if (end.key != words_for(courier_kind::nord_west, now.status).key) {
    entries.push_back(entry(end, last, hash({603, now.serial})));
    rises = false;
  }
  const std::uint64_t x = hash({604, now.serial});
  if (x % 4 == 0) entries.push_back(entry({"edit_price", "Prix modifié", ""}, last + seconds(2), x));
  if (x % 4 == 1)
    entries.push_back(entry({"extra_fee", "Surfacturation du colis", ""}, last + seconds(2), x));
  if (x % 8 == 2)
    entries.push_back(entry({"ask_to_delete_by_hub", "Demande de suppression", ""}, last + seconds(2), x));
  // Among equal times the later in the list counts, so only a list without them may be turned round.
  if (rises && x % 2 == 0) std::reverse(entries.begin(), entries.end());
  return entries;
}

http::response nord_west_answer(const world& all, std::size_t account, std::string_view body, instant as_of) {
  const json::object wanted = parsed(body);
  const json::value* trackings = wanted.if_contains("trackings");
  if (trackings == nullptr || !trackings->is_array())
    return json_answer(422, json::object{{"message", "The trackings field is required."}});
  json::object found;
  for (const json::value& one : trackings->get_array()) {
    if (!one.is_string()) continue;
    const std::string tracking(one.get_string());
    const std::optional<parcel_index> p = find_tracking(all, courier_kind::nord_west, tracking);
    if (!p) continue;
    const parcel_view now = all.view(*p, as_of);
    if (now.account != account || now.created_at > as_of) continue;
    const std::uint64_t customer = now.serial % 1'000'000;
    json::object order{{"tracking", tracking},
                       {"reference", now.reference},
                       {"client", fmt::format("Client {:06}", customer)},
                       {"phone", fmt::format("0550{:06}", customer)},
                       {"phone_2", nullptr},
                       {"adresse", "Rue inventée 1"},
                       {"wilaya_id", 16},
                       {"commune", "Alger"},
                       {"montant", 2500},
                       {"remarque", "Sonner deux fois"},
                       {"produit", "Article 1"},
                       {"type_id", 1},
                       {"created_at", format_instant(std::chrono::floor<seconds>(now.created_at))}};
    if (now.serial % 3 == 0) order.erase("reference");
    found[tracking] = json::object{
        {"OrderInfo", std::move(order)},    {"recipientName", fmt::format("Client {:06}", customer)},
        {"shippedBy", "Boutique inventée"}, {"originCity", "Alger"},
        {"destLocationCity", "Oran"},       {"activity", activity_of(all, *p, as_of)}};
  }
  if (found.empty()) return json_answer(200, json::array());
  return json_answer(200, std::move(found));
}

body_key key_in(std::string_view body) {
  const json::object wanted = parsed(body);
  return {text_of(wanted, "api_token"), text_of(wanted, "user_guid")};
}

} // namespace suivi::sim
