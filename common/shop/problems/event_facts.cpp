// SQL that counts events which wait or have failed. Its cost does not grow with the events that are well.
#include "common/shop/problems/event_facts.hpp"

#include <algorithm>

namespace suivi::shop {

const pg::statement waiting_events_query{"facts_waiting", R"sql(
select count(*) filter (where state = 'failed'), min(since) filter (where state = 'failed'),
       count(*) filter (where state = 'parked' and since < now() - interval '24 hours'),
       min(since) filter (where state = 'parked' and since < now() - interval '24 hours'),
       count(*) filter (where state = 'parked'),
       count(*) filter (where state = 'pending' and due_at < now() - interval '1 minute')
       + (select coalesce(sum(cardinality(ids)), 0) from suivi.pending_range where due_at < now() - interval '1 minute')
from suivi.pending
)sql"};

const pg::statement closed_events_query{"facts_closed", R"sql(
select failed, failed_since, conflict, conflict_since from suivi.closed_events(100000)
)sql"};

// What a person had tried again has an outcome of its own and still stands among the quarantined: each is
// looked up. Of very many that would take long, and say little else: they are counted by their index alone.
const pg::statement quarantined_events_query{"facts_quarantined", R"sql(
with counted as materialized (
  select count(*) as events from (select from suivi.inbox q where q.outcome = 'quarantined' limit 100000) x
)
select c.events, (select q.received_at from suivi.inbox q where q.outcome = 'quarantined' order by q.id limit 1)
from counted c where c.events > 1000
union all
select e.events, e.since from counted c cross join lateral suivi.quarantined_events(1000) e where c.events <= 1000
)sql"};

const pg::statement partitions_query{"facts_partitions", R"sql(
with wanted as (
  select t || '_' || to_char((now() at time zone 'UTC')::date + ahead, 'YYYYMMDD') as name
  from unnest(array['inbox', 'event_outcome']) as t, generate_series(0, 1) as ahead
  union all
  select 'change_' || to_char(date_trunc('month', now() at time zone 'UTC') + ahead * interval '1 month', 'YYYYMM')
  from generate_series(0, 1) as ahead
)
select array_to_string(array(select name from wanted where to_regclass('suivi.' || name) is null order by 1), ','),
       concat_ws(',', case when exists (select from suivi.inbox_default) then 'inbox_default' end,
                      case when exists (select from suivi.event_outcome_default) then 'event_outcome_default' end,
                      case when exists (select from suivi.change_default) then 'change_default' end)
)sql"};

waiting_events read_waiting_events(const pg::rows& answer) {
  return {{answer.integer(0, 0), answer.maybe_timestamp(0, 1)},
          {answer.integer(0, 2), answer.maybe_timestamp(0, 3)},
          answer.integer(0, 4),
          answer.integer(0, 5)};
}

closed_events read_closed_events(const pg::rows& answer) {
  return {{answer.integer(0, 0), answer.maybe_timestamp(0, 1)},
          {answer.integer(0, 2), answer.maybe_timestamp(0, 3)}};
}

verdict::counted read_quarantined_events(const pg::rows& answer) {
  return {answer.integer(0, 0), answer.maybe_timestamp(0, 1)};
}

partition_facts read_partitions(const pg::rows& answer) {
  return {split_names(answer.text(0, 0)), split_names(answer.text(0, 1))};
}

verdict::counted sum_of(const verdict::counted& a, const verdict::counted& b) {
  verdict::counted sum{a.count + b.count, a.since};
  if (b.since) sum.since = std::min(sum.since.value_or(*b.since), *b.since);
  return sum;
}

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> list;
  while (!names.empty()) {
    std::string_view one = names.substr(0, names.find(','));
    list.emplace_back(one);
    names.remove_prefix(std::min(names.size(), one.size() + 1));
  }
  return list;
}

} // namespace suivi::shop
