// What became of an event is joined only where it is asked for.
#include "receiver/api/events/event_conditions.hpp"

#include <fmt/format.h>
#include <optional>
#include <vector>

namespace suivi::receiver {

void conditions::received_from(instant since) {
  add("i.received_at >= % and i.stored_on >= (% at time zone 'UTC')::date - 1",
      [&](pg::params& p) { p.timestamp(since); });
}

void conditions::received_before(instant until) {
  add("i.received_at < %", [&](pg::params& p) { p.timestamp(until); });
}

void conditions::add_outcomes(std::string_view bound) {
  joins = fmt::format(" left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on{}"
                      " left join suivi.pending p on p.event_id = i.id",
                      bound);
}

// The same as sender_of().
void conditions::add_sender(const event_sender& sender, const event_origins& origins,
                            std::string_view negation) {
  std::vector<std::optional<std::string>> own(sender.accounts.begin(), sender.accounts.end());
  std::vector<std::optional<std::string>> all(origins.accounts.begin(), origins.accounts.end());
  with.texts(own).texts(all).text(misnamed_prefix(couriers.front())).text(sender.type_prefix);
  std::size_t last = with.size();
  where += fmt::format(
      " and {}coalesce(i.account = any(${}) or (i.account <> all(${}) and not starts_with(i.account, ${})"
      " and ${} <> '' and starts_with(i.name, ${})), false)",
      negation, last - 3, last - 2, last - 1, last, last);
}

void conditions::add_filter(const event_filter& filter, std::string_view bound) {
  if (filter.source == event_source(couriers.front())) {
    for (const event_sender& one : filter.origins.senders) add_sender(one, filter.origins, "not ");
  } else if (filter.source) {
    const event_sender* one = sender_named(filter.origins, *filter.source);
    if (one == nullptr)
      where = "false";
    else
      add_sender(*one, filter.origins, "");
  }
  if (filter.name) add("i.name = %", [&](pg::params& p) { p.text(*filter.name); });
  if (filter.account)
    add(filter.and_unnamed ? "(i.account = % or i.account is null)" : "i.account = %",
        [&](pg::params& p) { p.text(*filter.account); });
  if (filter.outcome || filter.processed) add_outcomes(bound);
  if (filter.outcome) add(fmt::format("{} = %", outcome_of), [&](pg::params& p) { p.text(*filter.outcome); });
  if (filter.processed)
    where += fmt::format(" and {} {} ('applied', 'unchanged', 'stale', 'ignored')", outcome_of,
                         *filter.processed ? "in" : "not in");
}

} // namespace suivi::receiver
