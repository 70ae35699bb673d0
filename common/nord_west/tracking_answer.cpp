// Parcel by parcel, entry by entry; the list's order counts only among equal times.
#include "common/nord_west/tracking_answer.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"
#include "common/json/kept_members.hpp"
#include "common/shipment/courier_time.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace suivi::nord_west {
namespace {

namespace json = boost::json;

// In the order of the names. Left out on purpose: persons, phones, addresses and remarks.
constexpr std::array<kept_member, 8> kept_of_order{{
    {"commune", {"commune", ""}},
    {"created_at", {"created_at", ""}},
    {"montant", {"montant", ""}},
    {"produit", {"produit", ""}},
    {"reference", {"reference", ""}},
    {"tracking", {"tracking", ""}},
    {"type_id", {"type_id", ""}},
    {"wilaya_id", {"wilaya_id", ""}},
}};

const json::value* inside(const json::object& object, std::string_view name) {
  return object.if_contains(name);
}

void take_entry(const json::value& element, parcel& of) {
  const json::object* entry = element.if_object();
  if (entry == nullptr) return;
  std::optional<std::string> time_words = read_words(inside(*entry, "date"));
  std::optional<instant> at = time_words ? parse_courier_time(*time_words) : std::nullopt;
  if (!at || (of.state_at && *at < *of.state_at)) return;
  std::string key = read_words(inside(*entry, "event_key")).value_or("");
  std::string text = read_words(inside(*entry, "event")).value_or("");
  std::optional<shop_event> event = read_event(key, text);
  if (!event || !event->says_where) return;
  of.state = std::move(event);
  of.state_at = at;
}

std::optional<parcel> read_parcel(std::string_view key, const json::value& element) {
  const json::object* object = element.if_object();
  std::optional<std::string> number = read_id(json::value(json::string(key)));
  if (object == nullptr || !number) return std::nullopt;
  parcel read;
  read.tracking = std::move(*number);
  const json::value* order_value = inside(*object, "OrderInfo");
  if (const json::object* order = order_value == nullptr ? nullptr : order_value->if_object()) {
    std::optional<std::string> own = first_id(*order, {"tracking"});
    if (own && !is_same_number(*own, read.tracking)) return std::nullopt;
    read.reference = first_id(*order, {"reference"});
    if (std::optional<std::string> created = read_words(inside(*order, "created_at")))
      read.created_at = parse_courier_time(*created);
    read.metadata = kept_members(*order, kept_of_order);
  }
  const json::value* activity = inside(*object, "activity");
  if (const json::array* entries = activity == nullptr ? nullptr : activity->if_array())
    for (const json::value& entry : *entries) take_entry(entry, read);
  // PHP writes a list with a gap as an object.
  if (const json::object* entries = activity == nullptr ? nullptr : activity->if_object())
    for (const json::key_value_pair& entry : *entries) take_entry(entry.value(), read);
  return read;
}

} // namespace

bool is_same_number(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(without_blanks(a), without_blanks(b), {}, lower, lower);
}

result<tracking_answer> read_tracking_answer(std::string_view body, std::span<const std::string> requested) {
  result<json::value> document = parse_json(body, half_surrogates::mend);
  if (!document) return transient("nord_west:malformed", "parcels: " + document.error().detail);
  tracking_answer read;
  if (const json::array* nothing = document->if_array(); nothing != nullptr && nothing->empty()) return read;
  const json::object* root = document->if_object();
  if (root == nullptr) return transient("nord_west:malformed", "parcels: its JSON is no object of parcels");
  auto is_unknown_number = [&](const json::key_value_pair& member) {
    const json::array* nothing = member.value().if_array();
    bool is_empty = member.value().is_null() || (nothing != nullptr && nothing->empty());
    std::string_view key(member.key().data(), member.key().size());
    auto is_key = [&](const std::string& number) { return is_same_number(number, key); };
    return is_empty && std::ranges::any_of(requested, is_key);
  };
  // An error's JSON is an object as well, but no element of it is a parcel or a number.
  bool of_parcels = root->empty();
  for (const json::key_value_pair& member : *root)
    of_parcels = of_parcels || member.value().is_object() || is_unknown_number(member);
  if (!of_parcels || root->contains("errors"))
    return transient("nord_west:malformed", "parcels: its JSON is no object of parcels");
  for (const json::key_value_pair& member : *root) {
    if (is_unknown_number(member)) continue;
    if (std::optional<parcel> one = read_parcel(member.key(), member.value()))
      read.parcels.push_back(std::move(*one));
    else
      ++read.unreadable;
  }
  return read;
}

} // namespace suivi::nord_west
