// Decides what becomes of an event, by the table in the header.
#include "receiver/event/disposition.hpp"

#include "common/base/backoff.hpp"
#include "common/sqlstate/batch_failure.hpp"
#include "common/sqlstate/sqlstate.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr int busy_tries_in_memory_max = 6; // 20 ms … 640 ms, then through the database
constexpr milliseconds busy_pause_max = 5s;
constexpr milliseconds parked_pause_max = 10min; // a round wakes them as soon as their order is there
constexpr milliseconds failed_pause_max = 10min;
constexpr milliseconds read_pause_max = 1min;
constexpr milliseconds patience_with_courier = 10min;

int attempts_in(event_state state, const pending_event& event) {
  return event.state == state ? event.attempts + 1 : 1;
}

disposition close(std::string_view outcome, std::string error, std::string order_id) {
  disposition next;
  next.outcome = outcome;
  next.error = std::move(error);
  next.order_id = std::move(order_id);
  return next;
}

disposition postpone(event_state state, int attempts, milliseconds delay, std::string error) {
  disposition next;
  next.action = disposition::kind::postpone;
  next.state = state;
  next.attempts = attempts;
  next.delay = delay;
  next.error = std::move(error);
  return next;
}

// The shop would not take it.
disposition refused(const error& e, int attempts, double jitter) {
  std::string why = e.code;
  if (pg::sqlstate_of(e) == "42501") why += ": " + e.detail; // names the table; a right is given by a person
  return postpone(event_state::failed, attempts, backoff(attempts - 1, 1s, failed_pause_max, jitter),
                  std::move(why));
}

// What was read for before and refused by the shop is read for again: its pauses grow on, and since when it
// has failed is kept.
bool was_refused(const pending_event& event) {
  return event.state == event_state::failed;
}

disposition settle_doubt(const pending_event& event, const shop::verdict& v, instant now, double jitter) {
  int attempts = was_refused(event) ? event.attempts + 1 : attempts_in(event_state::confirming, event);
  if (!v.wanted)
    return postpone(event_state::confirming, attempts, backoff(attempts, 1s, read_pause_max, jitter),
                    v.why.empty() ? "waits for proof" : v.why);
  bool never_read = event.read_at == instant{};
  bool read_in_vain = !never_read && event.read_at >= v.wanted->not_before;
  if (read_in_vain && v.unproven)
    return close("conflict", "the courier's answer shows no such parcel", v.order_id);
  // A first read at once often settles it; where the API's lag may have hidden the answer, a second one must
  // not come before `not_before`.
  if (never_read || (!read_in_vain && now >= v.wanted->not_before)) {
    disposition next;
    next.action = disposition::kind::read_first;
    next.state = was_refused(event) ? event_state::failed : event_state::confirming;
    next.attempts = attempts;
    next.wanted = v.wanted;
    return next;
  }
  auto delay = backoff(attempts, 1s, read_pause_max, jitter);
  if (!read_in_vain)
    delay = std::max(milliseconds(50), std::chrono::ceil<milliseconds>(v.wanted->not_before - now));
  return postpone(event_state::confirming, attempts, delay, "waits for the courier's answer");
}

} // namespace

std::string_view to_string(event_state s) {
  switch (s) {
  case event_state::pending:
    return "pending";
  case event_state::parked:
    return "parked";
  case event_state::confirming:
    return "confirming";
  case event_state::failed:
    return "failed";
  }
  return "pending";
}

event_state event_state_from(std::string_view text) {
  for (auto s : {event_state::parked, event_state::confirming, event_state::failed})
    if (text == to_string(s)) return s;
  return event_state::pending;
}

disposition after_verdict(const pending_event& event, const shop::verdict& v, instant now, double jitter) {
  switch (v.outcome) {
  case shop::outcome::applied:
  case shop::outcome::unchanged:
  case shop::outcome::stale:
  case shop::outcome::conflict: {
    // What it said was written, by the answer of the read that it caused.
    bool by_its_read = v.outcome == shop::outcome::unchanged && event.read_wrote;
    std::string_view outcome = by_its_read ? "applied" : shop::to_string(v.outcome);
    auto next = close(outcome, v.outcome == shop::outcome::conflict ? v.why : "", v.order_id);
    next.tells_reference = !v.order_id.empty() && event.observation.shipment.reference == v.reference;
    if (!by_its_read) next.wanted = v.wanted;
    return next;
  }
  case shop::outcome::unmatched: {
    int attempts = attempts_in(event_state::parked, event);
    auto next = postpone(event_state::parked, attempts, backoff(attempts - 1, 5s, parked_pause_max, jitter),
                         v.unproven ? "it names no account, and nothing proves one yet" : "");
    next.by_ids_only = v.unproven;
    return next;
  }
  case shop::outcome::busy: {
    bool waited_before = event.state == event_state::pending && event.attempts > 0;
    if (waited_before || event.busy_tries >= busy_tries_in_memory_max) return wait_for_lock(event, jitter);
    disposition next;
    next.action = disposition::kind::try_again;
    next.delay = backoff(event.busy_tries, 20ms, busy_pause_max, jitter);
    return next;
  }
  case shop::outcome::in_doubt:
    return settle_doubt(event, v, now, jitter);
  }
  return postpone(event_state::failed, attempts_in(event_state::failed, event), failed_pause_max,
                  "no verdict");
}

disposition wait_for_lock(const pending_event& event, double jitter) {
  int attempts = attempts_in(event_state::pending, event);
  auto delay = backoff(attempts - 1, 1s, busy_pause_max, jitter);
  if (event.state != event_state::confirming)
    return postpone(event_state::pending, attempts, delay, "the order is locked");
  return postpone(event_state::confirming, event.attempts, delay, "the order is locked");
}

disposition read_later(const pending_event& event, milliseconds wait, std::string why, double jitter) {
  int attempts = attempts_in(event_state::confirming, event);
  auto delay = std::max(wait, backoff(attempts - 1, 1s, read_pause_max, jitter));
  return postpone(event_state::confirming, attempts, std::min<milliseconds>(delay, 1h), std::move(why));
}

disposition wait_for_account(const pending_event& event, double jitter) {
  int attempts = attempts_in(event_state::failed, event);
  return postpone(event_state::failed, attempts, backoff(attempts - 1, 1s, failed_pause_max, jitter),
                  "its account is not seen: row-level security may hide it");
}

disposition after_failed_apply(const pending_event& event, const error& e, double jitter) {
  return refused(e, attempts_in(event_state::failed, event), jitter);
}

disposition after_failed_read(const pending_event& event, const error& e,
                              std::optional<milliseconds> retry_after, double jitter) {
  if (e.code == "courier:not_found") return close("conflict", "the courier knows no such parcel", "");
  if (e.code == "courier:anothers") return close("conflict", "the order is another courier's", "");
  if (e.code == "courier:no_key") return close("conflict", "no key to ask the courier with", "");
  int attempts = std::max(1, event.attempts); // the read was counted when it was begun
  bool by_shop = !pg::sqlstate_of(e).empty() && (e.kind == failure::permanent || pg::is_statement_timeout(e));
  if (by_shop) return refused(e, attempts, jitter);
  auto delay = backoff(attempts - 1, 1s, read_pause_max, jitter);
  if (retry_after) delay = std::clamp<milliseconds>(*retry_after, delay, 1h);
  return postpone(event_state::confirming, attempts, delay, e.code);
}

bool waited_long_enough(const pending_event& event, instant now) {
  return event.state == event_state::confirming && event.courier_away &&
         now - event.state_since >= patience_with_courier;
}

} // namespace suivi::receiver
