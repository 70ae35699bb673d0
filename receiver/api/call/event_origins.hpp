// Whose a stored event is: its account's courier's; of an account that is none any more the one's whose
// events bear such types; else the first courier's, at whose address an event need not name an account.
#pragma once

#include "receiver/services/account_registry.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

// A courier that signs its events, so that each is stored under an account.
struct event_sender {
  std::string_view source;           // as the API calls it
  std::string_view type_prefix;      // of its events' types
  std::vector<std::string> accounts; // its own
};

struct event_origins {
  std::vector<event_sender> senders;
  std::vector<std::string> accounts; // of all couriers
};

[[nodiscard]] event_origins origins_of(const account_registry& accounts);

// nullptr: the first courier's.
[[nodiscard]] const event_sender* sender_of(const event_origins& origins,
                                            const std::optional<std::string>& account,
                                            const std::optional<std::string>& type);
// nullptr: none of that name.
[[nodiscard]] const event_sender* sender_named(const event_origins& origins, std::string_view source);

} // namespace suivi::receiver
