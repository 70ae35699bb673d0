// A webhook as it was received, and what is made of it: a receipt, an observation, an event to be applied.
// Pure.
#pragma once

#include "receiver/event/dedupe_key.hpp"
#include "receiver/event/disposition.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace suivi::receiver {

// A webhook to be kept.
struct webhook {
  instant received_at{};
  std::string raw;
  std::optional<std::string> account; // as the address named it
  dedupe_key key;
  courier_event event; // without its body
};

// Decoded, its key chosen; whatever the bytes are.
[[nodiscard]] webhook to_webhook(std::string raw, std::optional<std::string> account, instant received_at,
                                 std::size_t unpacked_bytes_max = default_unpacked_bytes_max);

// One that is not understood as a whole: kept as it is.
[[nodiscard]] webhook to_unread_webhook(std::string raw, std::optional<std::string> account, std::string why,
                                        instant received_at);

// One that was stored, decoded anew; its key and its bytes are not needed any more.
[[nodiscard]] webhook to_stored_webhook(std::string_view raw, std::optional<std::string> account,
                                        instant received_at);

struct receipt {
  std::int64_t id = 0;
  std::string stored_on;
  bool repeated = false;
  std::string poison;   // not empty: kept as raw bytes only, and why
  bool spooled = false; // kept in the spool, not in the database yet: there is no id
};

// Events that were stored together and wait as one row (suivi.pending_range).
struct event_range {
  std::int64_t first = 0; // the smallest of its events' ids: its name
  std::string stored_on;  // of them all
  std::size_t events = 0;
};

// What a webhook says; of which account, and which event, is still to be filled in.
[[nodiscard]] shop::observation to_observation(const webhook& a);
// How a webhook is applied.
[[nodiscard]] pending_event to_work(const webhook& a, std::int64_t id);

// The same bytes came again, without message id and time: what they say is tried once more as of `at`.
struct repeated_webhook {
  std::int64_t id;
  std::string stored_on;
  instant at;
};

// The same event came again, this time under an account that may be known.
struct readdressed {
  std::int64_t id;
  std::string stored_on;
  std::string account;
};

} // namespace suivi::receiver
