// One statement for each kind of filter. That of an order has a name, so that its plan over all days is made
// once; the others are planned for the days they look at.
#include "receiver/api/events/event_search.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::receiver {
namespace {

// Its own reference, or what became of it, names the order.
constexpr pg::statement of_reference{"events_of_reference", R"sql(
(select r.id, r.stored_on::text from suivi.inbox r where r.reference = $1 limit $2)
union
(select q.event_id, q.stored_on::text from suivi.event_outcome q
 where q.order_id = (select x."id" from orders x where x."reference" = $1) limit $2)
)sql"};

// $3 and $4: stored from and up to these times' days; null: all days.
constexpr pg::statement waiting{"", R"sql(
select w.event_id, w.stored_on::text from suivi.waiting_event w
where w.state = $1
  and ($3::timestamptz is null or w.stored_on >= ($3 at time zone 'UTC')::date - 1)
  and ($4::timestamptz is null or w.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2
)sql"};

// What closed without being processed is in partial indexes (0004_operations.sql).
constexpr pg::statement troubled{"", R"sql(
(select q.event_id, q.stored_on::text from suivi.event_outcome q
 where q.outcome not in ('applied', 'unchanged', 'stale', 'ignored') and q.outcome = $1
   and ($3::timestamptz is null or q.stored_on >= ($3 at time zone 'UTC')::date - 1)
   and ($4::timestamptz is null or q.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2)
union
(select i.id, i.stored_on::text from suivi.inbox i
 where i.outcome = 'quarantined' and $1 = 'quarantined'
   and ($3::timestamptz is null or i.stored_on >= ($3 at time zone 'UTC')::date - 1)
   and ($4::timestamptz is null or i.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2)
union
(select w.event_id, w.stored_on::text from suivi.waiting_event w
 where w.state = $1
   and ($3::timestamptz is null or w.stored_on >= ($3 at time zone 'UTC')::date - 1)
   and ($4::timestamptz is null or w.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2)
)sql"};

// Partial indexes know these too (0022_event_indexes.sql): they serve where the outcome is seldom.
constexpr pg::statement settled{"", R"sql(
(select q.event_id, q.stored_on::text from suivi.event_outcome q
 where q.outcome in ('unchanged', 'stale', 'ignored') and q.outcome = $1
   and ($3::timestamptz is null or q.stored_on >= ($3 at time zone 'UTC')::date - 1)
   and ($4::timestamptz is null or q.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2)
union
(select i.id, i.stored_on::text from suivi.inbox i
 where i.outcome = 'ignored' and $1 = 'ignored'
   and ($3::timestamptz is null or i.stored_on >= ($3 at time zone 'UTC')::date - 1)
   and ($4::timestamptz is null or i.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2)
)sql"};

constexpr pg::statement unprocessed{"", R"sql(
(select q.event_id, q.stored_on::text from suivi.event_outcome q
 where $1 = '' and q.outcome not in ('applied', 'unchanged', 'stale', 'ignored')
   and ($3::timestamptz is null or q.stored_on >= ($3 at time zone 'UTC')::date - 1)
   and ($4::timestamptz is null or q.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2)
union
(select i.id, i.stored_on::text from suivi.inbox i
 where i.outcome = 'quarantined'
   and ($3::timestamptz is null or i.stored_on >= ($3 at time zone 'UTC')::date - 1)
   and ($4::timestamptz is null or i.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2)
union
(select w.event_id, w.stored_on::text from suivi.waiting_event w
 where ($3::timestamptz is null or w.stored_on >= ($3 at time zone 'UTC')::date - 1)
   and ($4::timestamptz is null or w.stored_on <= ($4 at time zone 'UTC')::date + 1) limit $2)
)sql"};

struct question {
  pg::statement text;
  std::string about; // $1
  bool by_day = true;
};

// Of several conditions the one that names fewest.
std::optional<question> question_for(const event_filter& filter) {
  if (filter.reference) return question{of_reference, *filter.reference, false};
  if (filter.outcome) {
    const std::string& outcome = *filter.outcome;
    if (outcome == "pending" || outcome == "parked" || outcome == "confirming")
      return question{waiting, outcome};
    if (outcome == "failed" || outcome == "conflict" || outcome == "quarantined")
      return question{troubled, outcome};
  }
  if (filter.processed && !*filter.processed) return question{unprocessed, ""};
  if (filter.outcome && is_settled(*filter.outcome)) return question{settled, *filter.outcome};
  return std::nullopt;
}

} // namespace

task<result<candidates>> find_candidates(pg::connection& db, event_filter filter, stretch within,
                                         std::size_t limit) {
  candidates found_all;
  std::optional<question> chosen = question_for(filter);
  if (!chosen) co_return found_all;
  pg::params with;
  with.text(chosen->about).integer(static_cast<std::int64_t>(limit) + 1);
  if (chosen->by_day) with.timestamp(within.from).timestamp(within.until);
  pg::statement text = chosen->text;
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  if (found->size() > limit)
    found_all.are_many = true;
  else
    found_all.names = event_names_of(*found);
  co_return found_all;
}

bool is_settled(std::string_view outcome) {
  return outcome == "unchanged" || outcome == "stale" || outcome == "ignored";
}

std::vector<event_name> event_names_of(const pg::rows& found) {
  std::vector<event_name> names;
  for (std::size_t i = 0; i < found.size(); ++i)
    names.push_back({found.integer(i, 0), std::string(found.text(i, 1))});
  return names;
}

void put_names(pg::params& with, const std::vector<event_name>& names) {
  std::vector<std::optional<std::int64_t>> ids;
  std::vector<std::optional<std::string>> days;
  for (const auto& n : names) {
    ids.emplace_back(n.id);
    days.emplace_back(n.stored_on);
  }
  with.integers(ids).texts(days);
}

std::string days_of(const std::vector<event_name>& names) {
  std::vector<std::string> days;
  for (const event_name& each : names) days.push_back(fmt::format("'{}'", each.stored_on));
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return fmt::format("{}", fmt::join(days, ","));
}

} // namespace suivi::receiver
