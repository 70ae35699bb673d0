// The conditions of a list of events as SQL, put together from those that are there.
#pragma once

#include "common/pg/params.hpp"
#include "receiver/api/call/parameters.hpp"

#include <string>
#include <string_view>

namespace suivi::receiver {

inline constexpr std::string_view outcome_of = "coalesce(o.outcome, p.state, i.outcome, 'pending')";

// On `i`, an event, and where it is asked for `o` and `p`, its outcome and its waiting.
struct conditions {
  std::string from = "suivi.inbox i";
  std::string joins;
  std::string where = "true";
  pg::params with;

  // `%` in the text is the parameter's number.
  template <class Put>
  void add(std::string text, Put put) {
    put(with);
    auto number = "$" + std::to_string(with.size());
    for (auto at = text.find('%'); at != std::string::npos; at = text.find('%', at))
      text.replace(at, 1, number);
    where += " and " + text;
  }

  // A partition holds what was stored on its day, which was received then or, from a spool, before.
  void received_from(instant since);
  void received_before(instant until);
  // The planner does not see by itself that an outcome lies in its event's partition alone.
  void add_outcomes(std::string_view bound);
  // Its events, or with `not ` before it all others.
  void add_sender(const event_sender& sender, const event_origins& origins, std::string_view negation);
  // All but the times of receipt; `bound`: on `o`.
  void add_filter(const event_filter& filter, std::string_view bound);
};

} // namespace suivi::receiver
