// What a stored webhook says, whichever courier sent it. Pure; never throws; any input.
//
// A body with a list of `events` is Guepex's; whatever else is Maystro's. So a body tells by itself what it
// is, in the inbox, in the spool and in a file.
#pragma once

#include "common/maystro/envelope.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

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

// There is something to be written of it.
[[nodiscard]] bool can_be_applied(const maystro::shipment& shipment);

} // namespace suivi::receiver
