// One round trip.
#include "common/shop/problem_facts.hpp"

#include <algorithm>

namespace suivi::shop {
namespace {

constexpr pg::statement clock_now{"facts_clock", "select clock_timestamp()"};

// The reconciler notes every few minutes when an account's last webhook came; only where that is long ago the
// events of the last hours are looked through.
constexpr pg::statement accounts_known{"facts_accounts", R"sql(
select a.id, a.key_refused_at, a.full_due_at, a.full_watermark, coalesce(last.verdict <> 'complete', false),
       coalesce(last.finished_at, last.seen_at), coalesce(last.reason, ''),
       array_to_string(array(select unnest(a.hooks_wanted) except select unnest(a.hooks_registered) order by 1), ','),
       a.hooks_checked_at, heard.at,
       coalesce((select sum(s.missed_by_webhook)::bigint from suivi.sweep s
                 where s.account = a.id and s.started_at > heard.at), 0)
from suivi.account a
left join lateral (
  select s.verdict, s.reason, s.finished_at, s.seen_at from suivi.sweep s
  where s.account = a.id and s.kind = 'full'
    and not (s.finished_at is null and a.term = s.term and coalesce(a.lease_until > clock_timestamp(), false))
  order by s.id desc limit 1) last on true
left join lateral (
  select max(i.received_at) as at from suivi.inbox i
  where a.webhook_heard_at < now() - interval '6 hours'
    and i.received_at > now() - interval '6 hours' and i.stored_on >= (now() at time zone 'UTC')::date - 1
    and (i.account = a.id
         or (i.account is null
             and (a.id = $1 or exists (select from suivi.parcel p where p.uuid = i.uuid and p.account = a.id))))
) fresh on true
cross join lateral (select greatest(a.webhook_heard_at, fresh.at) as at) heard
)sql"};

constexpr pg::statement workers{"facts_workers", R"sql(
select coalesce(bool_or(stopped_at is null and seen_at > clock_timestamp() - interval '30 seconds'), false),
       max(coalesce(stopped_at, seen_at))
from suivi.reconciler
)sql"};

constexpr pg::statement sampled{"facts_sampled", R"sql(
select coalesce(sum(untracked) filter (where account <> ''), 0)::bigint,
       min(untracked_since) filter (where account <> ''),
       coalesce(sum(unknown) filter (where account <> ''), 0)::bigint,
       coalesce(sum(untracked) filter (where account = ''), 0)::bigint,
       min(untracked_since) filter (where account = '')
from suivi.sample where at = (select max(at) from suivi.sample)
)sql"};

constexpr pg::statement contested_orders{"facts_contested", R"sql(
select count(*) from suivi.adopted_order a join orders o on o."id" = a.order_id
where a.contested_by is not null and o."shippingAccountId" is null
)sql"};

constexpr pg::statement waiting_events{"facts_waiting", R"sql(
select count(*) filter (where state = 'failed'), min(since) filter (where state = 'failed'),
       count(*) filter (where state = 'parked' and since < now() - interval '24 hours'),
       min(since) filter (where state = 'parked' and since < now() - interval '24 hours')
from suivi.pending
)sql"};

// Partial indexes know these (0004_operations.sql).
constexpr pg::statement closed_events{"facts_closed", R"sql(
select count(*) filter (where o.outcome = 'failed'), min(o.at) filter (where o.outcome = 'failed'),
       count(*) filter (where o.outcome = 'conflict'), min(o.at) filter (where o.outcome = 'conflict')
from (select outcome, at from suivi.event_outcome
      where outcome not in ('applied', 'unchanged', 'stale', 'ignored') limit 100000) o
)sql"};

constexpr pg::statement quarantined_events{"facts_quarantined", R"sql(
select count(*), min(i.received_at)
from (select id, stored_on, received_at from suivi.inbox where outcome = 'quarantined' limit 100000) i
where not exists (select from suivi.event_outcome o where o.event_id = i.id and o.stored_on = i.stored_on)
  and not exists (select from suivi.pending p where p.event_id = i.id)
)sql"};

constexpr pg::statement partitions{"facts_partitions", R"sql(
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

std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> list;
  while (!names.empty()) {
    std::string_view one = names.substr(0, names.find(','));
    list.emplace_back(one);
    names.remove_prefix(std::min(names.size(), one.size() + 1));
  }
  return list;
}

// By how much the database's clock is certainly ahead of ours: it was read between these two looks.
milliseconds ahead_by(instant there, instant requested_at, instant answered) {
  if (there > answered) return std::chrono::duration_cast<milliseconds>(there - answered);
  if (there < requested_at) return std::chrono::duration_cast<milliseconds>(there - requested_at);
  return milliseconds(0);
}

void read_account(const pg::rows& found, std::size_t i, verdict::account_facts& a) {
  a.key_refused_since = found.maybe_timestamp(i, 1);
  a.key_refused = a.key_refused_since.has_value();
  a.full_due_at = found.maybe_timestamp(i, 2);
  a.complete_as_of = found.maybe_timestamp(i, 3);
  a.last_full_incomplete = found.boolean(i, 4);
  a.last_full_ended_at = found.maybe_timestamp(i, 5);
  a.last_full_reason = found.text(i, 6);
  a.hooks_missing = split(found.text(i, 7));
  a.hooks_checked_at = found.maybe_timestamp(i, 8);
  a.last_webhook_at = found.maybe_timestamp(i, 9);
  a.missed_since = found.integer(i, 10);
}

verdict::counted both(const pg::rows& a, std::size_t at_a, const pg::rows& b, std::size_t at_b) {
  verdict::counted sum{a.integer(0, at_a) + b.integer(0, at_b), a.maybe_timestamp(0, at_a + 1)};
  if (auto other = b.maybe_timestamp(0, at_b + 1)) sum.since = std::min(sum.since.value_or(*other), *other);
  return sum;
}

} // namespace

task<result<verdict::facts>> read_problem_facts(pg::connection& db, std::vector<known_account> accounts) {
  pg::pipeline steps;
  pg::params only;
  only.text(accounts.size() == 1 ? std::optional<std::string_view>(accounts.front().id) : std::nullopt);
  steps.add(clock_now);
  steps.add(accounts_known, std::move(only));
  for (pg::statement each :
       {workers, sampled, contested_orders, waiting_events, closed_events, quarantined_events, partitions})
    steps.add(each);
  instant requested_at = now();
  auto answer = co_await db.run(std::move(steps));
  instant answered = now();
  if (!answer) co_return answer.error();
  const std::vector<pg::rows>& rows = *answer;

  verdict::facts f;
  f.now = rows[0].timestamp(0, 0);
  f.database_clock_ahead = ahead_by(f.now, requested_at, answered);
  for (const known_account& who : accounts) {
    verdict::account_facts& a = f.accounts.emplace_back();
    a.id = who.id;
    a.name = who.name;
    a.has_key = who.has_key;
    for (std::size_t i = 0; i < rows[1].size(); ++i)
      if (rows[1].text(i, 0) == who.id) read_account(rows[1], i, a);
  }
  f.reconciler_alive = rows[2].boolean(0, 0);
  f.reconciler_last_alive_at = rows[2].maybe_timestamp(0, 1);
  f.untracked = {rows[3].integer(0, 0), rows[3].maybe_timestamp(0, 1)};
  f.unknown_to_courier = rows[3].integer(0, 2);
  f.orders_without_account = {rows[3].integer(0, 3), rows[3].maybe_timestamp(0, 4)};
  f.contested = {rows[4].integer(0, 0), std::nullopt};
  f.failed = both(rows[5], 0, rows[6], 0);
  f.parked_long = {rows[5].integer(0, 2), rows[5].maybe_timestamp(0, 3)};
  f.conflict = {rows[6].integer(0, 2), rows[6].maybe_timestamp(0, 3)};
  f.quarantined = {rows[7].integer(0, 0), rows[7].maybe_timestamp(0, 1)};
  f.partitions_missing = split(rows[8].text(0, 0));
  f.partitions_stray = split(rows[8].text(0, 1));
  co_return f;
}

} // namespace suivi::shop
