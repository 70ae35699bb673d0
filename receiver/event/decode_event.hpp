// What a stored webhook says, whichever courier sent it. Pure; never throws; any input.
//
// Each courier's part knows its own bodies; whatever nobody knows is the default courier's. So a body tells
// by itself what it is, in the inbox, in the spool and in a file.
#pragma once

#include "common/courier_list/parts.hpp"
#include "common/shipment/courier_event.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

// Raised whenever any courier's bodies are understood better than before, or more of them.
[[nodiscard]] int decoder_version();

// Where a courier sends several events in one body, of exactly one: each is stored as a webhook of its own
// (split_events). `shipment.courier` is said whatever the event's kind.
[[nodiscard]] courier_event decode_event(std::string_view raw,
                                         std::size_t unpacked_bytes_max = default_unpacked_bytes_max);

// The events of one delivery, compressed or not, each as a body that decode_event() reads; or why the whole
// is not understood.
struct split_delivery {
  std::vector<std::string> bodies;
  std::string why;        // empty where there are bodies
  bool too_large = false; // compressed, and longer than the bound without that
};
[[nodiscard]] split_delivery split_events(const courier::signed_webhooks& of, std::string_view raw,
                                          std::size_t unpacked_bytes_max = default_unpacked_bytes_max);
// Of a body that was stored or filed, whichever courier's it is.
[[nodiscard]] split_delivery split_events(std::string_view raw);

// Whether a signature was checked is kept with the event, whatever key its account has by the time that it is
// applied or replayed: as one blank before the body that split_events() made, where JSON allows it.
[[nodiscard]] std::string marked_as_signed(std::string body);
// Of what a sender wrote, which may look like it, the mark is taken by one more blank.
[[nodiscard]] std::string without_claim(std::string body);
// As it was before marked_as_signed().
[[nodiscard]] std::string_view without_mark(std::string_view raw);

// There is something to be written of it.
[[nodiscard]] bool can_be_applied(const suivi::shipment& shipment);

} // namespace suivi::receiver
