// Which events a replay is about, as operators name them on the command line and in the API. Pure.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

struct replay_selection {
  std::optional<instant> since; // by time of receipt, inclusive
  std::optional<instant> until; // exclusive
  std::vector<std::string> ids; // as given; empty: any
  // Outcomes; empty: any. Without a word from the operator: those that may do better this time.
  std::vector<std::string> outcomes{"parked", "failed", "conflict", "quarantined"};
  bool outcome_is_set = false;
  std::string account; // empty: any
  // As the list of events filters; of stored webhooks only.
  std::optional<std::string> event_type, reference;
  std::optional<bool> processed;

  // Not the ends of its time in the wrong order.
  [[nodiscard]] bool is_in_order() const;
  // Whether something was received at `when`, if that is known.
  [[nodiscard]] bool covers(std::optional<instant> when) const;
  [[nodiscard]] bool names(std::string_view id) const;
  [[nodiscard]] bool wants(std::string_view outcome) const;
  // Those of `ids` that an event of the inbox can have, ascending, each once.
  [[nodiscard]] std::vector<std::int64_t> event_ids() const;
};

// RFC 3339 (no offset means UTC), or an age before `now` (`24h`).
[[nodiscard]] std::optional<instant> read_moment(std::string_view text, instant now);
inline constexpr std::string_view until_allowed = "a time no earlier than since";
inline constexpr std::string_view outcomes_allowed =
    "pending, applied, unchanged, stale, conflict, parked, confirming, failed, ignored, quarantined or all";
// Takes one of the outcomes a webhook can have, or `all`. False: it is neither.
[[nodiscard]] bool take_outcome(std::string_view text, replay_selection& into);

struct replay_request {
  replay_selection selection;
  bool dry_run = false;
};

// The API's body `{since?,until?,ids?,outcome?,account?,eventType?,reference?,processed?,dryRun?}`; null
// counts as absent, no body as `{}`. An error's `detail` names the member and what is allowed.
[[nodiscard]] result<replay_request> read_replay_request(std::string_view body, instant now);

} // namespace suivi::receiver
