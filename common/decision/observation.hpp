// "Parcel X was in state S as of time T, says source Z": what webhooks, sweeps, look-ups, confirming reads
// and replays are turned into, and the only thing the door takes.
#pragma once

#include "common/base/time.hpp"
#include "common/shipment/shipment.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::shop {

enum class source : int { webhook = 1, sweep = 2, lookup = 3, confirm = 4, replay = 5 };
[[nodiscard]] std::string_view to_string(source s);

// When the courier was in that state.
struct as_of {
  enum class shape : int {
    unknown = 0, // nothing is known of the time: may only fill blanks
    untimed = 1, // a webhook without publishTime: at latest `to`, the time of receipt
    point =
        2, // a webhook: published at `from` == `to`, true then or earlier
           // (of both kinds, as kept for a parcel: `to` is later where a pull that ended then said the same)
    interval = 3, // a pull: true at some time from `from` (request start less the API's lag) to `to` (answer
                  // received)
    // Couriers that say since when a parcel is in its state. `from` is that time; of the answers, `to` is the
    // request's start less the API's lag: the state was still true then.
    stated_event = 4, // a webhook; `to` == `from`, or, until it is kept, what it says itself if that is later
    stated_row = 5,   // a row of a list, or of a look-up
    stated_answer = 6, // the answer for one parcel
  };
  shape kind = shape::unknown;
  instant from{};
  instant to{};

  bool operator==(const as_of&) const = default;
};

// The courier was asked: what it shows is all it knows.
[[nodiscard]] bool is_pull(as_of::shape kind);

// A webhook published after its receipt counts as of its receipt, but no pull in between is known to be later
// (`to` is what it says itself); more than 5 minutes after it, it has no time.
[[nodiscard]] as_of webhook_time(std::optional<instant> published_at, instant received_at);
// `courier_now` is the answer's Date, if any. Where it and our clock disagree the interval spans both, so
// that what is published meanwhile by either is in doubt. `read_lag`: how far behind the API may answer.
[[nodiscard]] as_of pull_time(instant requested_at, instant answered_at, std::optional<instant> courier_now,
                              milliseconds read_lag);

// When the state began, where the courier says so and it is not in doubt: as of then; else by the request.
// `whole`: the answer for one parcel, or for parcels that can only be asked for like that.
enum class pull_kind { row, answer };
[[nodiscard]] as_of pull_time(const std::optional<instant>& status_at, pull_kind kind,
                              const as_of& by_request);
// As webhook_time(), of a courier whose events are as of the change of state.
[[nodiscard]] as_of event_time(std::optional<instant> occurred_at, instant received_at);

struct observation {
  std::string account; // empty: not known (a webhook without account where the shop has several)
  source from = source::webhook;
  as_of when;
  suivi::shipment shipment;             // without a status it brings ids alone
  std::optional<std::int64_t> event_id; // inbox event, for the journal
  std::optional<std::int64_t> sweep_id;
  std::optional<instant> read_at; // of a pull: when it was answered; else `when.to`
  bool is_signed = false;         // a webhook that only the courier can have sent
  // The courier was asked in vain for long: where nobody can tell which is newer, the later time decides.
  bool decide_by_later_time = false;
};

// What is meant by a reference with blanks around it, where nobody knows it as it is.
[[nodiscard]] std::string without_blanks_around(std::string_view reference);
// A row of the courier's answer is about the reference that was asked for.
[[nodiscard]] bool is_reference(const std::optional<std::string>& reported, std::string_view requested);

enum class outcome : int {
  applied = 1,   // the order's row was written
  unchanged = 2, // it already said so
  stale = 3,     // an older truth, or of a parcel the order does not show
  unmatched = 4, // no order here
  conflict = 5,  // the order belongs to another account; never written
  in_doubt = 6,  // neither is known to be the older, or proof is needed: read `wanted` first
  busy = 7,      // the order or parcel is locked by somebody: try again shortly
};
[[nodiscard]] std::string_view to_string(outcome o);

// A single read from the courier that would settle something.
struct wanted_read {
  std::string account;
  std::optional<std::string> uuid; // else by reference
  std::string reference;
  instant not_before;                                  // earlier, the API's lag could hide the answer
  std::optional<std::int64_t> event_id = std::nullopt; // that gave the reason, for the journal
};

struct change {
  std::string field; // the column's name
  std::optional<std::string> from;
  std::optional<std::string> to;
};

struct verdict {
  shop::outcome outcome = shop::outcome::unmatched;
  std::string order_id;              // where an order was found
  std::string reference;             // that order's
  std::vector<change> changes;       // what this observation changed in the order's row
  std::optional<wanted_read> wanted; // may come with any outcome
  bool unproven = false; // in doubt, or unmatched, for want of proof whose and which parcel it is, not when
  std::string why;       // for conflict: one sentence
  bool unlocked = false; // nothing at all is written for it, so that it needs no lock
};

} // namespace suivi::shop
