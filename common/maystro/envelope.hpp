// From the raw bytes of a webhook to what it says. Pure; never throws; any input.
//
// The courier's sources show six shapes (see README.md of this folder): a Pub/Sub push wrapper with base64
// once or twice, `payload` or `data` as base64 or JSON text, base64 alone, a JSON text, a plain object. A
// form with one of these fields, a list of exactly one event, gzip and deflate are taken off likewise.
#pragma once

#include "common/maystro/shipment.hpp"

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace suivi::maystro {

enum class event_kind {
  order,          // has an order's identity and a usable status: apply it, whatever its name
  ignored,        // a known kind that concerns no order (InventoryMovement)
  not_understood, // keep the bytes; `why` says what is wrong
};

struct event {
  event_kind kind = event_kind::not_understood;
  bool too_large_unpacked = false;        // nothing of it was read
  bool is_signed = false;                 // its courier's signature was found right when it was received
  std::string why;                        // for not_understood: one sentence, no customer data
  std::optional<std::string> name;        // event | type | name | trigger_type, as sent
  maystro::shipment shipment;             // for order
  std::optional<std::string> message_id;  // the wrapper's messageId | message_id
  std::optional<instant> published_at;    // the wrapper's publishTime | publish_time, if it can be read
  std::optional<boost::json::value> body; // the decoded JSON, where there is any
};

// What a compressed body may grow to where nobody says less.
inline constexpr std::size_t default_unpacked_bytes_max = 16 * 1024 * 1024;

// Compressed bodies are undone first, whatever the request's header said of them.
[[nodiscard]] event decode(std::string_view bytes,
                           std::size_t unpacked_bytes_max = default_unpacked_bytes_max);

// Raised whenever decode() understands more than before: receivers then read again what was quarantined.
inline constexpr int decoder_version = 4;

} // namespace suivi::maystro
