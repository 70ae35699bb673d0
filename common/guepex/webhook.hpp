// From the raw bytes of a Guepex webhook to its events. Pure; never throws; any input.
//
// `{"type":"parcel_status_updated","events":[{"event_id","occurred_at","data":{"tracking","status",…}}]}`:
// several events in one POST, each of which stands for itself.
#pragma once

#include "common/base/time.hpp"
#include "common/guepex/status.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::guepex {

enum class event_kind {
  state,   // tracking number and status: apply it, whatever its type
  link,    // a parcel created or edited, without status: tells which reference has which tracking number
  ignored, // of a type that tells no state: payments, deletions, types nobody knows
  not_understood, // keep the bytes; `why` says what is wrong
};

struct event {
  event_kind kind = event_kind::not_understood;
  std::string why;                      // for not_understood: one sentence, no customer data
  std::optional<std::string> type;      // as sent
  std::optional<std::string> event_id;  // of the courier
  std::optional<instant> occurred_at;   // no zone: Algiers
  std::optional<std::string> tracking;  // for state and link
  std::optional<std::string> reference; // order_id
  std::optional<shop_status> status;    // for state
  std::optional<std::string> reason;    // where one was told
  std::optional<instant> created_at;    // date_creation
  // A webhook of its own that holds this event alone: decode() reads it to the same event.
  std::string body;
};

struct delivery {
  std::string why;           // not empty: the body is not understood as a whole
  std::vector<event> events; // in their order; not empty unless `why` says something
};

// Each event is stored by itself before the answer goes out; a body of more is not understood as a whole.
inline constexpr std::size_t events_max = 1'000;
inline constexpr std::size_t type_bytes_max = 256; // each event is kept with it

[[nodiscard]] delivery decode(std::string_view body);

// Raised whenever decode() understands more than before.
inline constexpr int decoder_version = 2;

} // namespace suivi::guepex
