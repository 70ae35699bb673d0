// Where a replay decides otherwise than the apply lane.
#include "receiver/replay/policy.hpp"

#include "common/door/door.hpp"

#include <algorithm>

namespace suivi::receiver {

using namespace std::chrono_literals;

disposition replay_step(const pending_event& event, std::string_view recorded_error, const shop::verdict& v,
                        instant now, double jitter) {
  auto next = after_verdict(event, v, now, jitter);
  if (v.outcome != shop::outcome::in_doubt) return next;
  next.action = disposition::kind::postpone;
  next.wanted.reset();
  next.delay = 0ms;
  if (next.error.empty()) next.error = "waits for the courier's answer";
  if (event.state == event_state::confirming) { // it goes on where it was
    next.attempts = event.attempts;
    if (!recorded_error.empty()) next.error = recorded_error;
  }
  return next;
}

disposition locked_too_long(const pending_event& event) {
  disposition next;
  next.action = disposition::kind::postpone;
  next.state = event_state::failed;
  next.attempts = event.state == event_state::failed ? event.attempts + 1 : 1;
  next.delay = 1s;
  next.error = "the order is locked";
  return next;
}

disposition unknown_account(const pending_event&) {
  disposition next;
  next.outcome = "conflict";
  next.error = "the address names an unknown account";
  return next;
}

disposition hidden_account(const pending_event& event) {
  return wait_for_account(event, 0);
}

std::string_view outcome_of(const disposition& step) {
  return step.action == disposition::kind::close ? std::string_view(step.outcome) : to_string(step.state);
}

std::string_view outcome_elsewhere(std::string_view recorded) {
  return recorded == "pending" ? "failed" : recorded;
}

std::size_t page_size(double per_second) {
  if (per_second <= 0) return shop::observations_per_call_max;
  constexpr double pages_per_second = 5;
  auto limit = static_cast<double>(shop::observations_per_call_max);
  return static_cast<std::size_t>(std::clamp(per_second / pages_per_second, 1.0, limit));
}

milliseconds paced(std::uint64_t events, double per_second) {
  if (per_second <= 0) return 0ms;
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(events) / per_second * 1000));
}

} // namespace suivi::receiver
