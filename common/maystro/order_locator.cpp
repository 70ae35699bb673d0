// The search goes inwards first: an order inside `payload` outranks the object around it, which lends it only
// what it lacks. Depth and breadth are bounded by the three member names and max_levels.
#include "common/maystro/order_locator.hpp"

#include "common/base/utf8.hpp"
#include "common/maystro/json_fields.hpp"
#include "common/maystro/status.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>

namespace suivi::maystro {
namespace {

namespace json = boost::json;
using json::object;

constexpr std::array<std::string_view, 3> order_members{"payload", "data", "order"};
constexpr std::size_t max_levels = 4;
constexpr std::size_t max_name_bytes = 200;

const object* child(const object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

bool is_known(int code) {
  return std::ranges::any_of(all_statuses(), [&](const status& s) { return s.code == code; });
}

bool identifies(const object& from) {
  return first_id(from, {"id", "order_id", "instance_uuid", "display_id", "display_id_order",
                         "tracking_number", "tracking", "external_order_id", "external_id"})
      .has_value();
}

// What an object beside the order may add: never its bare `id`, which may be the event's own.
void lend_identity(const object& from, shipment& parcel) {
  if (!parcel.uuid) parcel.uuid = first_id(from, {"instance_uuid"});
  fill_ids(from, parcel);
}

bool is_uuid_like(std::string_view id) {
  return id.size() >= 32 && id.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

// The order that `at` is, with what the objects around it (nearest first) and in it add. Empty without both.
std::optional<shipment> order_at(const object& at, const std::vector<const object*>& around,
                                 bool& identity_without_status) {
  shipment parcel = read_common(at);
  parcel.uuid = first_id(at, {"instance_uuid"});
  parcel.status = read_status(at.if_contains("status"));
  if (!parcel.status) parcel.status = read_status(at.if_contains("status_code"));

  bool wraps =
      false; // the identity is further in: then so are the ids that count, and this status is hearsay
  std::optional<std::string> inner_id;
  std::optional<instant> inner_created_at;
  for (std::string_view name : order_members) {
    const object* inner = child(at, name);
    if (inner == nullptr) continue;
    wraps = wraps || identifies(*inner);
    lend_identity(*inner, parcel);
    fill_alerts(*inner, parcel);
    if (!inner_id) inner_id = first_id(*inner, {"id", "order_id"});
    if (!inner_created_at) inner_created_at = read_created_at(*inner);
  }
  if (wraps) parcel.created_at = inner_created_at; // the one out here is the event's
  for (const object* outer : around) lend_identity(*outer, parcel);
  std::optional<std::string> own_id = first_id(at, {"id", "order_id"});
  if (inner_id && own_id && !is_uuid_like(*inner_id) && is_uuid_like(*own_id)) inner_id.reset();
  if (!parcel.uuid) parcel.uuid = inner_id ? inner_id : own_id;
  for (const object* outer : around)
    if (!parcel.uuid) parcel.uuid = first_id(*outer, {"order_id"});

  if (wraps && parcel.status && !is_known(parcel.status->number())) parcel.status.reset();
  if (!parcel.status)
    if (const object* inner = child(at, "order")) parcel.status = read_status(inner->if_contains("status"));
  if (parcel.has_identity() && !parcel.status) identity_without_status = true;
  if (!parcel.has_identity() || !parcel.status) return std::nullopt;
  return parcel;
}

// Depth first; `around` ends up as it was, unless found: then it holds what stands around the order, nearest
// first.
std::optional<shipment> search(const object& at, std::vector<const object*>& around, const object*& order,
                               bool& identity_without_status, std::size_t level) {
  if (level < max_levels) {
    for (std::string_view name : order_members) {
      const object* inner = child(at, name);
      if (inner == nullptr) continue;
      around.insert(around.begin(), &at);
      auto parcel = search(*inner, around, order, identity_without_status, level + 1);
      if (parcel) return parcel;
      around.erase(around.begin());
    }
  }
  auto found = order_at(at, around, identity_without_status);
  if (found) order = &at;
  return found;
}

std::optional<std::string> name_in(const json::value& value) {
  const json::string* sent = value.if_string();
  if (const object* type = value.if_object())
    if (const json::value* name = type->if_contains("name")) sent = name->if_string();
  if (sent == nullptr || sent->size() > max_name_bytes) return std::nullopt;
  std::string text = to_storable_text({sent->data(), sent->size()});
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return std::nullopt;
  return text;
}

// A person is called something too: in an object that is no envelope, `name` and `type` must read like an
// event.
bool reads_like_event(std::string_view name) {
  std::string lower;
  for (char c : name) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-' && c != ':') return false;
    lower += letter ? static_cast<char>(c | 0x20) : c;
  }
  constexpr std::array<std::string_view, 5> words{"order", "deliver", "status", "inventor", "stock"};
  return std::ranges::any_of(words, [&](std::string_view w) { return lower.find(w) != std::string::npos; });
}

std::optional<std::string> event_name(const object& layer, bool is_order) {
  bool envelope = !is_order && std::ranges::any_of(order_members, [&](std::string_view member) {
    return layer.if_contains(member) != nullptr;
  });
  for (std::string_view member : {"event", "type", "name", "trigger_type"}) {
    const json::value* value = layer.if_contains(member);
    std::optional<std::string> name = value == nullptr ? std::nullopt : name_in(*value);
    if (!name) continue;
    bool doubtful = member == "type" || member == "name";
    if (doubtful && !envelope && !reads_like_event(*name)) continue;
    return name;
  }
  return std::nullopt;
}

} // namespace

found_order locate_order(const std::vector<const object*>& layers) {
  found_order found;
  const object& innermost = *layers.back();
  std::vector<const object*> around(layers.rbegin() + 1, layers.rend());
  const object* order = nullptr;
  found.shipment = search(innermost, around, order, found.identity_without_status, 0);
  if (order == nullptr) around.insert(around.begin(), &innermost);
  for (const object* layer : around)
    if (!found.name) found.name = event_name(*layer, false);
  if (order == nullptr)
    for (std::string_view member : order_members)
      if (const object* inner = child(innermost, member); inner != nullptr && !found.name)
        found.name = event_name(*inner, true);
  if (order != nullptr && !found.name) found.name = event_name(*order, true);
  return found;
}

} // namespace suivi::maystro
