// What is to be done with an event once the door, or the courier, has spoken. Pure: `now` and chance are
// arguments.
//
//   pending ──applied, unchanged, stale, conflict──▶ closed
//      │ ▲ busy: shortly again, in memory at first, then through the database
//      ├─unmatched──▶ parked ──order appears──▶ pending
//      ├─in doubt──▶ confirming ──read──▶ pending ──▶ closed          ──404──▶ closed (conflict)
//      │                  ├─may not be asked now──▶ confirming, later
//      │                  └─the shop refuses what was read──▶ failed ──backoff──▶ read for again
//      └─error──▶ failed ──backoff──▶ pending
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/decision/observation.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace suivi::receiver {

enum class event_state { pending, parked, confirming, failed };
[[nodiscard]] std::string_view to_string(event_state s);
[[nodiscard]] event_state event_state_from(std::string_view text); // pending for anything unknown

// An event in this process's hands.
struct pending_event {
  std::int64_t id = 0;
  std::optional<std::string> named_account; // by the webhook's address
  shop::observation observation;            // its account is filled in before each try
  instant received_at{};
  event_state state = event_state::pending;
  instant state_since{};
  int attempts = 0;          // in this state
  int busy_tries = 0;        // while in hand
  bool courier_away = false; // the last read failed without an answer that settles anything
  instant read_at{};         // the last read that was answered was asked then; epoch: none
  bool read_wrote = false;   // … and its answer wrote the order
};

struct disposition {
  enum class kind {
    close,      // `outcome`, `error`, `order_id`
    try_again,  // in memory, after `delay`
    postpone,   // in the database: `state`, `delay`; anybody may take it then
    read_first, // ask the courier for `wanted` now; nobody else takes it meanwhile
  };
  kind action = kind::close;
  std::string outcome;
  std::string error;
  std::string order_id;
  bool tells_reference = false; // the event tells that order's reference
  event_state state = event_state::pending;
  int attempts = 0;
  milliseconds delay{0};
  std::optional<shop::wanted_read> wanted;
  bool by_ids_only = false; // parked: the appearing of its reference alone does not help it
};

// After the door's verdict.
[[nodiscard]] disposition after_verdict(const pending_event& event, const shop::verdict& v, instant now,
                                        double jitter);
// Its order is locked, and it is not kept in memory until that ends.
[[nodiscard]] disposition wait_for_lock(const pending_event& event, double jitter);
// It should be read for, but not now: `why` is the matter, for `wait` at least.
[[nodiscard]] disposition read_later(const pending_event& event, milliseconds wait, std::string why,
                                     double jitter);
// Its account is not seen, and may be hidden.
[[nodiscard]] disposition wait_for_account(const pending_event& event, double jitter);
// The door failed because of this very event.
[[nodiscard]] disposition after_failed_apply(const pending_event& event, const error& e, double jitter);
// The courier could not be asked, its answer settles nothing, or the shop would not take it. `retry_after`:
// what it asked for.
[[nodiscard]] disposition after_failed_read(const pending_event& event, const error& e,
                                            std::optional<milliseconds> retry_after, double jitter);

// The courier could not be asked for 10 minutes: the later time decides.
[[nodiscard]] bool waited_long_enough(const pending_event& event, instant now);

} // namespace suivi::receiver
