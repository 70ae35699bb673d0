// From the raw bytes of a webhook to what it says. Pure; never throws; any input.
//
// The courier's sources show six shapes (see README.md of this folder): a Pub/Sub push wrapper with base64
// once or twice, `payload` or `data` as base64 or JSON text, base64 alone, a JSON text, a plain object.
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
  std::string why;                        // for not_understood: one sentence, no customer data
  std::optional<std::string> name;        // event | type | name | trigger_type, as sent
  maystro::shipment shipment;             // for order
  std::optional<std::string> message_id;  // the wrapper's messageId | message_id
  std::optional<instant> published_at;    // the wrapper's publishTime | publish_time, if it can be read
  std::optional<boost::json::value> body; // the decoded JSON, where there is any
};

[[nodiscard]] event decode(std::string_view bytes);

// Raised whenever decode() understands more than before: receivers then read again what was quarantined.
inline constexpr int decoder_version = 1;

} // namespace suivi::maystro
