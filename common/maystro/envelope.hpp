// From the raw bytes of a webhook to what it says. Pure; never throws; any input.
//
// The courier's sources show six shapes (see README.md of this folder): a Pub/Sub push wrapper with base64
// once or twice, `payload` or `data` as base64 or JSON text, base64 alone, a JSON text, a plain object. A
// form with one of these fields, a list of exactly one event, gzip and deflate are taken off likewise.
#pragma once

#include "common/maystro/shipment.hpp"
#include "common/shipment/courier_event.hpp"

#include <string_view>

namespace suivi::maystro {

using suivi::default_unpacked_bytes_max;
using suivi::event_kind;

// `name` is event | type | name | trigger_type; `message_id` and `published_at` are the wrapper's messageId |
// message_id and publishTime | publish_time.
using event = courier_event;

// Compressed bodies are undone first, whatever the request's header said of them.
[[nodiscard]] event decode(std::string_view bytes,
                           std::size_t unpacked_bytes_max = default_unpacked_bytes_max);

// Raised whenever decode() understands more than before: receivers then read again what was quarantined.
inline constexpr int decoder_version = 4;

} // namespace suivi::maystro
