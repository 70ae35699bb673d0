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

void conditions::add_filter(const event_filter& filter, std::string_view bound) {
  if (filter.source == event_source::foreign) where = "false";
  if (filter.source == event_source::guepex || filter.source == event_source::maystro) {
    std::vector<std::optional<std::string>> accounts(filter.guepex_accounts.begin(),
                                                     filter.guepex_accounts.end());
    // The same as is_from_guepex().
    bool wanted = filter.source == event_source::guepex;
    add(fmt::format("{} coalesce(i.account = any(%) or starts_with(i.name, 'parcel_'), false)",
                    wanted ? "" : "not"),
        [&](pg::params& p) { p.texts(accounts); });
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
