// One statement for each kind of filter. They have names, or are functions with plans that are kept, so that
// the plans over all days are made once.
#include "receiver/api/events/event_search.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::receiver {
namespace {

constexpr pg::statement of_reference{"events_of_reference", R"sql(
select event_id, stored_on::text from suivi.events_of_reference($1, $2)
)sql"};

constexpr pg::statement waiting{"events_waiting", R"sql(
select w.event_id, w.stored_on::text from suivi.waiting_event w where w.state = $1 limit $2
)sql"};

// What closed without being processed is in partial indexes (0004_operations.sql).
constexpr pg::statement troubled{"events_troubled", R"sql(
(select q.event_id, q.stored_on::text from suivi.event_outcome q
 where q.outcome not in ('applied', 'unchanged', 'stale', 'ignored') and q.outcome = $1 limit $2)
union
(select i.id, i.stored_on::text from suivi.inbox i where i.outcome = 'quarantined' and $1 = 'quarantined' limit $2)
union
(select w.event_id, w.stored_on::text from suivi.waiting_event w where w.state = $1 limit $2)
)sql"};

constexpr pg::statement counted{"events_counted", R"sql(
select coalesce(sum(c.events), 0)::bigint from suivi.event_count c where c.outcome = $1
)sql"};
// Where there are more, the list meets them soon.
constexpr std::int64_t seldom_max = 20'000;

// Partial indexes know these too (0022_event_indexes.sql): they are used where the outcome is seldom.
constexpr pg::statement settled{"events_settled", R"sql(
(select q.event_id, q.stored_on::text from suivi.event_outcome q
 where q.outcome in ('unchanged', 'stale', 'ignored') and q.outcome = $1 limit $2)
union
(select i.id, i.stored_on::text from suivi.inbox i where i.outcome = 'ignored' and $1 = 'ignored' limit $2)
)sql"};

constexpr pg::statement unprocessed{"events_unprocessed", R"sql(
(select q.event_id, q.stored_on::text from suivi.event_outcome q
 where q.outcome not in ('applied', 'unchanged', 'stale', 'ignored') limit $1)
union
(select i.id, i.stored_on::text from suivi.inbox i where i.outcome = 'quarantined' limit $1)
union
(select w.event_id, w.stored_on::text from suivi.waiting_event w limit $1)
)sql"};

struct question {
  pg::statement text;
  std::optional<std::string> about; // $1; without it the limit is $1
  bool if_seldom = false;
};

// Of several conditions the one that names fewest.
std::optional<question> question_for(const event_filter& filter) {
  if (filter.reference) return question{of_reference, filter.reference};
  if (filter.outcome) {
    const std::string& outcome = *filter.outcome;
    if (outcome == "pending" || outcome == "parked" || outcome == "confirming")
      return question{waiting, outcome};
    if (outcome == "failed" || outcome == "conflict" || outcome == "quarantined")
      return question{troubled, outcome};
  }
  if (filter.processed && !*filter.processed) return question{unprocessed, std::nullopt};
  if (filter.outcome == "unchanged" || filter.outcome == "stale" || filter.outcome == "ignored")
    return question{settled, filter.outcome, true};
  return std::nullopt;
}

task<result<bool>> is_seldom(pg::connection& db, std::string outcome) {
  pg::params with;
  with.text(outcome);
  auto found = co_await db.run(counted, std::move(with));
  if (!found) co_return found.error();
  co_return found->integer(0, 0) <= seldom_max;
}

} // namespace

task<result<std::optional<std::vector<event_name>>>> find_candidates(pg::connection& db,
                                                                     event_filter filter) {
  std::optional<std::vector<event_name>> names;
  std::optional<question> chosen = question_for(filter);
  if (!chosen) co_return names;
  if (chosen->if_seldom) {
    auto seldom = co_await is_seldom(db, *chosen->about);
    if (!seldom) co_return seldom.error();
    if (!*seldom) co_return names;
  }
  pg::params with;
  if (chosen->about) with.text(*chosen->about);
  with.integer(static_cast<std::int64_t>(candidates_max) + 1);
  pg::statement text = chosen->text;
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  if (found->size() > candidates_max) co_return names;
  names.emplace();
  for (std::size_t i = 0; i < found->size(); ++i)
    names->push_back({found->integer(i, 0), std::string(found->text(i, 1))});
  co_return names;
}

std::string days_of(const std::vector<event_name>& names) {
  std::vector<std::string> days;
  for (const event_name& each : names) days.push_back(fmt::format("'{}'", each.stored_on));
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return fmt::format("{}", fmt::join(days, ","));
}

} // namespace suivi::receiver
