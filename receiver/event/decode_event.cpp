// Asks each courier's part whether a body is its own.
#include "receiver/event/decode_event.hpp"

#include "common/base/utf8.hpp"
#include "common/compression/inflate.hpp"

namespace suivi::receiver {
namespace {

// What is longer names no kind of event, and no index could hold it.
constexpr std::size_t event_name_bytes_max = 256;

bool is_marked(std::string_view raw) {
  return raw.starts_with(" {");
}

// Whoever knows a body for his; what nobody knows is the default courier's, which is asked last.
courier_event decode_any(std::string_view raw, std::size_t unpacked_bytes_max) {
  for (const courier::courier_part* part : courier::all_parts()) {
    if (part->decode == nullptr || part->which == default_courier) continue;
    std::optional<courier_event> read = part->decode(raw, unpacked_bytes_max);
    if (!read) continue;
    read->is_signed = part->signs != nullptr && is_marked(raw);
    return std::move(*read);
  }
  std::optional<courier_event> read = courier::part_of(default_courier).decode(raw, unpacked_bytes_max);
  return read ? std::move(*read) : courier_event();
}

} // namespace

courier_event decode_event(std::string_view raw, std::size_t unpacked_bytes_max) {
  courier_event decoded = decode_any(raw, unpacked_bytes_max);
  if (decoded.name && decoded.name->size() > event_name_bytes_max) decoded.name.reset();
  return decoded;
}

split_delivery split_events(const courier::signed_webhooks& of, std::string_view raw,
                            std::size_t unpacked_bytes_max) {
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
  courier::split_bodies read = of.split(raw);
  split.why = std::move(read.why);
  split.bodies = std::move(read.bodies);
  return split;
}

split_delivery split_events(std::string_view raw) {
  split_delivery split;
  for (const courier::courier_part* part : courier::all_parts()) {
    if (part->signs == nullptr) continue;
    split = split_events(*part->signs, raw);
    if (!split.bodies.empty()) break;
  }
  return split;
}

int decoder_version() {
  int sum = 0;
  for (const courier::courier_part* part : courier::all_parts()) sum += part->decoder_version;
  return sum;
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

bool can_be_applied(const suivi::shipment& shipment) {
  return shipment.has_identity() && (shipment.status || webhooks_tell_changes(shipment.courier));
}

} // namespace suivi::receiver
