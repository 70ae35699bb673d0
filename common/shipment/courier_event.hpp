// What a webhook says, whichever courier sent it: each courier's folder reads its own bodies to this.
#pragma once

#include "common/shipment/shipment.hpp"

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>

namespace suivi {

enum class event_kind {
  order,          // has an order's identity and something to be written of it: apply it, whatever its name
  ignored,        // a known kind that concerns no order, or tells nothing of where it is
  not_understood, // keep the bytes; `why` says what is wrong
};

struct courier_event {
  event_kind kind = event_kind::not_understood;
  bool too_large_unpacked = false;        // nothing of it was read
  bool is_signed = false;                 // its courier's signature was found right when it was received
  std::string why;                        // for not_understood: one sentence, no customer data
  std::optional<std::string> name;        // its type, as sent
  suivi::shipment shipment;               // for order; its courier is always said
  std::optional<std::string> message_id;  // the courier's
  std::optional<instant> published_at;    // when it was sent, or occurred; if it can be read
  std::optional<boost::json::value> body; // the decoded JSON, where there is any
};

// What a compressed body may grow to where nobody says less.
inline constexpr std::size_t default_unpacked_bytes_max = 16 * 1024 * 1024;

} // namespace suivi
