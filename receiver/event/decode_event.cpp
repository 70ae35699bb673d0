// Gives Guepex's events the shape of Maystro's.
#include "receiver/event/decode_event.hpp"

#include "common/base/utf8.hpp"
#include "common/compression/inflate.hpp"
#include "common/guepex/shipment.hpp"
#include "common/json/json_text.hpp"

namespace suivi::receiver {
namespace {

// What is longer names no kind of event, and no index could hold it.
constexpr std::size_t event_name_bytes_max = 256;

bool is_marked(std::string_view raw) {
  return raw.starts_with(" {");
}

maystro::event_kind kind_of(guepex::event_kind kind) {
  switch (kind) {
  case guepex::event_kind::state:
  case guepex::event_kind::link:
    return maystro::event_kind::order;
  case guepex::event_kind::ignored:
    return maystro::event_kind::ignored;
  case guepex::event_kind::not_understood:
    break;
  }
  return maystro::event_kind::not_understood;
}

maystro::event converted(const guepex::event& decoded, std::string_view raw) {
  maystro::event made;
  made.kind = kind_of(decoded.kind);
  made.why = decoded.why;
  made.name = decoded.type;
  made.shipment.courier = courier_kind::guepex;
  if (made.kind == maystro::event_kind::order) made.shipment = guepex::to_shipment(decoded);
  made.message_id = decoded.event_id;
  made.published_at = decoded.occurred_at;
  if (auto document = parse_json(raw, half_surrogates::fail, event_limits)) made.body = std::move(*document);
  return made;
}

maystro::event decode_any(std::string_view raw, std::size_t unpacked_bytes_max) {
  if (raw.find("\"events\"") == std::string_view::npos) return maystro::decode(raw, unpacked_bytes_max);
  guepex::delivery read = guepex::decode(raw);
  if (read.events.size() != 1) return maystro::decode(raw, unpacked_bytes_max);
  maystro::event only = converted(read.events.front(), raw);
  only.is_signed = is_marked(raw);
  return only;
}

} // namespace

maystro::event decode_event(std::string_view raw, std::size_t unpacked_bytes_max) {
  maystro::event decoded = decode_any(raw, unpacked_bytes_max);
  if (decoded.name && decoded.name->size() > event_name_bytes_max) decoded.name.reset();
  return decoded;
}

split_delivery split_events(std::string_view raw, std::size_t unpacked_bytes_max) {
  split_delivery split;
  std::string unpacked;
  if (looks_compressed(raw) || !is_utf8(raw)) {
    result<std::string> plain = inflated(raw, unpacked_bytes_max);
    split.too_large = !plain && plain.error().code == "inflate:too_large";
    if (split.too_large) {
      split.why = "The body cannot be decoded: " + plain.error().detail + ".";
      return split;
    }
    if (plain) {
      unpacked = std::move(*plain);
      raw = unpacked;
    }
  }
  guepex::delivery read = guepex::decode(raw);
  split.why = std::move(read.why);
  split.bodies.reserve(read.events.size());
  for (guepex::event& one : read.events) split.bodies.push_back(std::move(one.body));
  return split;
}

std::string marked_as_signed(std::string body) {
  return body.insert(0, 1, ' ');
}

std::string without_claim(std::string body) {
  return is_marked(body) ? body.insert(0, 1, ' ') : body;
}

std::string_view without_mark(std::string_view raw) {
  return raw.substr(is_marked(raw) ? 1 : 0);
}

bool can_be_applied(const maystro::shipment& shipment) {
  return shipment.has_identity() && (shipment.status || webhooks_tell_changes(shipment.courier));
}

} // namespace suivi::receiver
