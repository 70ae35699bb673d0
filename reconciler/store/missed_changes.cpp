// The SQL that finds the changes of a sweep that no webhook told, where states are numbers.
#include "reconciler/store/missed_changes.hpp"

namespace suivi::reconciler {
namespace {

// What is not the report itself keeps nobody waiting.
constexpr pg::statement limit_time{"missed_briefly", "select set_config('statement_timeout', '3000', true)"};

// Seen before: a parcel of the order was there when the sweep began. Writing again what the journal says was
// written before is the repair of a hand's edit, no change at the courier. A webhook that tells a change
// since the sweep before cannot have come long before that sweep; and it is not one that told the same state
// earlier, before the parcel went on to the state in which it was last known (`known_at`). Webhooks and
// changes are brought together by sorting, not by joining: whatever the planner believes of their number, the
// work stays in proportion to it.
constexpr pg::statement missed{"store_count_missed", R"sql(
with sweep as (
  select s.id, s.account, s.started_at, s.parcels_before,
         (select case when s.kind = 'full' then max(b.started_at)
                      else least(max(b.started_at), s.started_at - interval '2 days') end
          from suivi.sweep b
          where b.account = s.account and b.id < s.id and b.verdict = 'complete' and b.kind = 'full') as before
  from suivi.sweep s where s.id = $1
), changed as (
  select c.order_id, p.uuid, p.display_id, p.reference, p.status, known.at as known_at
  from sweep s
  join suivi.change c on c.sweep_id = s.id and c.at >= s.started_at - interval '1 day' and c.field = 'shippingStatus'
  join suivi.parcel p on p.account = s.account and p.order_id = c.order_id and c.parcel in (p.uuid, p.display_id)
  left join lateral (
    select e.to_value from suivi.change e
    where e.order_id = c.order_id and e.field = 'shippingStatus' and e.id < c.id order by e.id desc limit 1) last on true
  left join lateral (
    select coalesce(told.at, greatest(pulled.started_at, e.at - interval '1 minute')) as at
    from suivi.change e
    left join suivi.sweep pulled on pulled.id = e.sweep_id
    left join lateral (
      select case when i.published_at < i.received_at + interval '5 minutes' then i.published_at else i.received_at end as at
      from suivi.inbox i
      where i.id = e.event_id and i.stored_on between (e.at at time zone 'UTC')::date - 14 and (e.at at time zone 'UTC')::date
    ) told on true
    where e.order_id = c.order_id and e.parcel = c.parcel and e.field = 'shippingStatus' and e.id < c.id
    order by e.id desc limit 1) known on true
  where c.to_value is distinct from last.to_value
    and ((p.id <= s.parcels_before and cardinality(p.left_statuses) > 0)
         or (p.id > s.parcels_before
             and exists (select from suivi.parcel o where o.order_id = c.order_id and o.id <= s.parcels_before)))
), heard as (
  select i.uuid, i.display_id, i.reference, i.status,
         case when i.published_at < i.received_at + interval '5 minutes' then i.published_at else i.received_at end as told_at
  from suivi.inbox i cross join sweep s
  where i.status is not null
    and (s.before is null or i.received_at >= s.before - interval '1 hour')
    and (s.before is null or i.stored_on >= (s.before at time zone 'UTC')::date - 1)
), keyed as (
  select k.key, h.status, h.told_at, null::text as order_id, null::timestamptz as known_at
  from heard h
  cross join lateral (values ('u' || h.uuid), ('d' || h.display_id),
                             (case when h.uuid is null then 'r' || h.reference end)) k (key)
  where k.key is not null
  union all
  select k.key, c.status, null, c.order_id, coalesce(c.known_at, '-infinity')
  from changed c
  cross join lateral (values ('u' || c.uuid), ('d' || c.display_id), ('r' || c.reference)) k (key)
  where k.key is not null
), told as (
  select w.order_id
  from (select k.order_id, k.known_at, max(k.told_at) over (partition by k.key, k.status) as told_at from keyed k) w
  where w.order_id is not null and w.told_at >= w.known_at
), untold as (
  select order_id from changed except select order_id from told
), listed as (
  insert into suivi.sweep_missed (sweep_id, order_id) select $1, order_id from untold on conflict do nothing
)
select count(*) from untold
)sql"};

} // namespace

task<result<std::int64_t>> count_missed(pg::connection& db, std::int64_t sweep) {
  pg::pipeline steps; // one implicit transaction: the limit holds for it alone
  steps.add(limit_time);
  pg::params with;
  with.integer(sweep);
  std::size_t at = steps.add(missed, std::move(with));
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  co_return (*found)[at].integer(0, 0);
}

} // namespace suivi::reconciler
