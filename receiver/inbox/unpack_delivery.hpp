// A delivery that was quarantined as a whole, by a program that could not read it: where it can be read now,
// each of its events becomes a webhook of its own.
#pragma once

#include "receiver/inbox/ingest.hpp"

namespace suivi::receiver {

struct whole_delivery {
  std::int64_t id = 0;
  std::string stored_on; // its day
  std::string account;
  instant received_at{};
  std::vector<std::string> bodies; // its events, as split_events() reads them
};

// The events of what is in quarantine, where they are several; else none, for one alone is read in its place.
// Without an account nobody has checked who sent them.
[[nodiscard]] std::vector<std::string> events_of_whole(std::string_view raw,
                                                       const std::optional<std::string>& account);

// Stores them, each by its own dedupe key and as of the delivery's receipt, due for anybody; those that were
// seen before stay as they are. The delivery itself is out of quarantine then, and tells nothing. May be
// repeated.
task<result<std::vector<receipt>>> unpack_delivery(pg::connection& db, whole_delivery whole);

} // namespace suivi::receiver
