// When two webhooks are the same event: the key whose unique index says so.
#pragma once

#include "common/shipment/courier_event.hpp"

#include <string>
#include <string_view>

namespace suivi::receiver {

struct dedupe_key {
  std::string bytes;     // 16 of them
  bool expiring = false; // counts for 24 hours only: a later repeat is a new event
};

// With a message id: that and what was said, so that a redelivery in a slightly different wrapper (a delivery
// count in it) is the same event. Without: the bytes and the publishing time. With neither: the bytes, for a
// day, for a parcel may go from one state to another and back. The same holds of what is not understood, with
// keys of its own: a program that understands it takes a repeat for news. The account named by the address is
// no part of it: one registration a trigger brings the same message to several.
[[nodiscard]] dedupe_key choose_key(std::string_view raw, const courier_event& event);

// Of an event that tells a change: the account and the courier's own id of it; without one, its bytes and
// when it occurred.
[[nodiscard]] dedupe_key choose_change_key(std::string_view raw, const courier_event& event,
                                           std::string_view account);

} // namespace suivi::receiver
