// What a stored webhook says, whichever courier sent it. Pure; never throws; any input.
//
// A body with a list of `events` is Guepex's; whatever else is Maystro's. So a body tells by itself what it
// is, in the inbox, in the spool and in a file.
#pragma once

#include "common/guepex/webhook.hpp"
#include "common/maystro/envelope.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

// Raised whenever any courier's bodies are understood better than before, or more of them.
inline constexpr int decoder_version = maystro::decoder_version + guepex::decoder_version;

// Of a Guepex body exactly one event: each is stored as a webhook of its own (split_events). Its
// `shipment.courier` says so whatever its kind, its `published_at` is when the change occurred. One that
// tells ids alone has no status.
[[nodiscard]] maystro::event
decode_event(std::string_view raw, std::size_t unpacked_bytes_max = maystro::default_unpacked_bytes_max);

// The events of a Guepex delivery, compressed or not, each as a body that decode_event() reads; or why the
// whole is not understood.
struct split_delivery {
  std::vector<std::string> bodies;
  std::string why;        // empty where there are bodies
  bool too_large = false; // compressed, and longer than the bound without that
};
[[nodiscard]] split_delivery
split_events(std::string_view raw, std::size_t unpacked_bytes_max = maystro::default_unpacked_bytes_max);

// Whether a signature was checked is kept with the event, whatever key its account has by the time that it is
// applied or replayed: as one blank before the body that split_events() made, where JSON allows it.
[[nodiscard]] std::string marked_as_signed(std::string body);
// Of what a sender wrote, which may look like it, the mark is taken by one more blank.
[[nodiscard]] std::string without_claim(std::string body);
// As it was before marked_as_signed().
[[nodiscard]] std::string_view without_mark(std::string_view raw);

// There is something to be written of it.
[[nodiscard]] bool can_be_applied(const maystro::shipment& shipment);

} // namespace suivi::receiver
