// Statements without name are planned for the days they look at.
#include "receiver/api/events/event_places.hpp"

#include "receiver/api/events/event_search.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr instant::duration stretch_min = 15min;
// Where there are more of an outcome, hours that hold the type hold the outcome too.
constexpr std::int64_t seldom_max = 20'000;

constexpr pg::statement counted{"events_counted", R"sql(
select coalesce(sum(c.events), 0)::bigint from suivi.event_count c where c.outcome = $1
)sql"};

constexpr pg::statement edge_of_counts{"events_counted_edge", R"sql(
select c.up_to, c.event_before,
       exists (select from suivi.inbox i where i.stored_on < (now() at time zone 'UTC')::date - 397)
from suivi.event_counted c
)sql"};

// What came after the counting is in the counts of its hours only later. Counts older than two days are of
// whole hours.
constexpr std::string_view hours_text = R"sql(
select s.slot, s.slot + case when extract(minute from s.slot) = 0 then interval '1 hour' else interval '15 minutes' end,
       sum(s.events)::bigint
from (
  (select c.slot, sum(c.events) as events from suivi.event_count c
   where c.slot < $1 and c.slot > $2 - interval '1 hour' and {} group by c.slot order by c.slot desc limit $3)
  union all
  (select date_bin('15 minutes', i.received_at, 'epoch'), count(*) from suivi.inbox i
   where i.id > $4 and i.stored_on >= ($5 at time zone 'UTC')::date - 1 and i.received_at < $5
     and i.received_at < $1 and i.received_at >= $2 and {} group by 1)) s
group by s.slot order by s.slot desc limit $3
)sql";

constexpr pg::statement late_events{"", R"sql(
select i.id, i.stored_on::text from suivi.inbox i
where i.stored_on > ($2 at time zone 'UTC')::date + 1 and i.received_at < $2 and i.received_at >= $1 limit $3
)sql"};

constexpr instant long_ago{};

std::vector<std::optional<std::string>> guepex_accounts_of(const event_filter& filter) {
  return {filter.guepex_accounts.begin(), filter.guepex_accounts.end()};
}

// Older ones come later; those that touch become one.
void add_hour(std::vector<stretch>& hours, stretch one) {
  while (!hours.empty() && *one.until >= *hours.back().from) {
    one.until = std::max(*one.until, *hours.back().until);
    hours.pop_back();
  }
  hours.push_back(one);
}

// The filter's type, account and source, of a row `r` of counts or events.
std::string counted_condition(const event_filter& filter, std::string_view r, pg::params& with) {
  std::string text = "true";
  if (filter.name) {
    with.text(*filter.name);
    text += fmt::format(" and {}.name = ${}", r, with.size());
  }
  if (filter.account) {
    with.text(*filter.account);
    text += filter.and_unnamed
                ? fmt::format(" and ({0}.account = ${1} or coalesce({0}.account, '') = '')", r, with.size())
                : fmt::format(" and {}.account = ${}", r, with.size());
  }
  if (filter.source == event_source::guepex || filter.source == event_source::maystro) {
    with.texts(guepex_accounts_of(filter));
    text +=
        fmt::format(" and {0} coalesce({1}.account = any(${2}) or starts_with({1}.name, 'parcel_'), false)",
                    filter.source == event_source::guepex ? "" : "not", r, with.size());
  }
  return text;
}

} // namespace

std::vector<stretch> stretches_before(instant place, std::optional<instant> since) {
  std::vector<stretch> all;
  std::optional<instant> until;
  for (std::optional<std::chrono::hours> reach :
       {std::optional(24h), std::optional(8 * 24h), std::optional(32 * 24h), std::optional(128 * 24h),
        std::optional(512 * 24h), std::optional<std::chrono::hours>()}) {
    stretch one{since, until};
    if (reach && (!since || *since < place - *reach)) one.from = place - *reach;
    all.push_back(one);
    if (one.from == since) break;
    until = one.from;
  }
  return all;
}

std::optional<std::pair<stretch, stretch>> halves_of(const stretch& whole, instant now) {
  if (!whole.from) return std::nullopt;
  instant end = whole.until.value_or(now);
  if (end - *whole.from <= stretch_min) return std::nullopt;
  instant middle = *whole.from + (end - *whole.from) / 2;
  return std::pair(stretch{middle, whole.until}, stretch{whole.from, middle});
}

task<result<bool>> is_found_by_hours(pg::connection& db, event_filter filter) {
  bool named = filter.name || filter.account || filter.source == event_source::guepex ||
               filter.source == event_source::maystro;
  if (!named || filter.reference) co_return false;
  if (filter.processed && !*filter.processed) co_return false;
  if (!filter.outcome || *filter.outcome == "applied") co_return true;
  if (!is_settled(*filter.outcome)) co_return false;
  pg::params with;
  with.text(*filter.outcome);
  auto found = co_await db.run(counted, std::move(with));
  if (!found) co_return found.error();
  co_return found->integer(0, 0) > seldom_max;
}

task<result<std::optional<counted_edge>>> find_counted_edge(pg::connection& db) {
  auto found = co_await db.run(edge_of_counts);
  if (!found) co_return found.error();
  std::optional<counted_edge> edge;
  if (!found->empty())
    edge = counted_edge{found->timestamp(0, 0), found->integer(0, 1), found->boolean(0, 2)};
  co_return edge;
}

task<result<std::vector<stretch>>> find_hours(pg::connection& db, event_filter filter, counted_edge edge,
                                              instant until, std::int64_t events, std::int64_t hours_max) {
  pg::params with;
  with.timestamp(until).timestamp(filter.since.value_or(long_ago)).integer(hours_max);
  with.integer(edge.event_before).timestamp(edge.up_to);
  std::string of_counts = counted_condition(filter, "c", with);
  std::string of_events = counted_condition(filter, "i", with);
  std::string text = fmt::format(fmt::runtime(hours_text), of_counts, of_events);
  pg::statement statement{"", text};
  auto found = co_await db.run(statement, std::move(with));
  if (!found) co_return found.error();
  std::vector<stretch> hours;
  std::int64_t held = 0;
  for (std::size_t i = 0; i < found->size() && held < events; ++i) {
    held += found->integer(i, 2);
    add_hour(hours, {found->timestamp(i, 0), found->timestamp(i, 1)});
  }
  if (hours.empty()) co_return hours;
  hours.front().until = std::min(*hours.front().until, until);
  // To the whole hour, so that none of the hours before reaches into it.
  hours.back().from = std::chrono::floor<std::chrono::hours>(*hours.back().from);
  if (filter.since) hours.back().from = std::max(*hours.back().from, *filter.since);
  co_return hours;
}

task<result<std::vector<event_name>>> find_late_events(pg::connection& db, stretch within) {
  pg::params with;
  with.timestamp(within.from.value_or(long_ago)).timestamp(*within.until);
  with.integer(static_cast<std::int64_t>(candidates_max) + 1);
  auto found = co_await db.run(late_events, std::move(with));
  if (!found) co_return found.error();
  co_return event_names_of(*found);
}

} // namespace suivi::receiver
