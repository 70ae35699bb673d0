// The statements of sweep_record.hpp.
#include "reconciler/store/sweep_record.hpp"

namespace suivi::reconciler {
namespace {

constexpr pg::statement begin{"store_begin", "begin"};
constexpr pg::statement commit{"store_commit", "commit"};

// A sweep that somebody asked for (suivi.sweep_request) takes the id that was promised; a full one is an
// incremental one and more.
constexpr pg::statement open_report{"store_begin_sweep", R"sql(
with asked as (
  delete from suivi.sweep_request r using suivi.account a
  where a.id = $1 and a.term = $3 and r.account = a.id and (r.kind = $4 or $4 = 'full')
  returning r.sweep_id
)
insert into suivi.sweep (id, account, account_name, term, owner, kind, parcels_before) overriding system value
select coalesce((select sweep_id from asked), nextval('suivi.sweep_id_seq')), id, $2, term, coalesce(lease_owner, ''), $4,
       coalesce((select max(id) from suivi.parcel), 0)
from suivi.account where id = $1 and term = $3
returning id
)sql"};

constexpr pg::statement note_progress{"store_record_progress", R"sql(
update suivi.sweep
set seen_at = clock_timestamp(), pages = $2, fetched = $3, matched = $4, backfilled = $5, status_changed = $6,
    unchanged = $7, unmatched = $8, conflicts = $9, stale = $10, unreadable = $11, lookups = $12, requests = $13,
    retries = $14, throttled = $15, rows_expected = coalesce($16, rows_expected)
where id = $1 and finished_at is null
)sql"};

constexpr pg::statement close_report{"store_end_sweep", R"sql(
update suivi.sweep
set seen_at = clock_timestamp(), finished_at = clock_timestamp(), pages = $2, fetched = $3, matched = $4,
    backfilled = $5, status_changed = $6, unchanged = $7, unmatched = $8, conflicts = $9, stale = $10,
    unreadable = $11, lookups = $12, requests = $13, retries = $14, throttled = $15, missed_by_webhook = $16,
    verdict = $17, reason = $18, cut = $19, abandoned = $20
where id = $1 and finished_at is null
)sql"};

constexpr pg::statement has_ended{"store_has_ended",
                                  "select finished_at is not null from suivi.sweep where id = $1"};

// Forwards only; a sweep that was cut says nothing of older parcels.
constexpr pg::statement move_watermark{"store_move_watermark", R"sql(
update suivi.account a
set full_watermark = case when $3 then greatest(a.full_watermark, s.started_at) else a.full_watermark end,
    whole_watermark = case when $3 and not $4 then greatest(a.whole_watermark, s.started_at) else a.whole_watermark end,
    incremental_watermark = case when $7 then greatest(a.incremental_watermark, s.started_at) else a.incremental_watermark end,
    heard_at = coalesce(greatest(a.heard_at, $5), a.heard_at), problem = $6, last_sweep = s.id,
    lease_owner = null, lease_until = null
from suivi.sweep s
where s.id = $1 and a.id = s.account and a.term = $2
)sql"};

// Seen before: a parcel of the order was there when the sweep began. Writing again what the journal says was
// written before is the repair of a hand's edit, no change at the courier. A webhook that tells a change
// since the sweep before cannot have come long before that sweep; and it is not one that told the same state
// earlier, before the parcel went on to the state in which it was last known (`known_at`).
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
), told as (
  select c.order_id from changed c
  join heard h on h.status = c.status and h.uuid = c.uuid and h.told_at >= coalesce(c.known_at, '-infinity')
  union
  select c.order_id from changed c
  join heard h on h.status = c.status and h.display_id = c.display_id and h.told_at >= coalesce(c.known_at, '-infinity')
  union
  select c.order_id from changed c
  join heard h on h.status = c.status and h.uuid is null and h.reference = c.reference
              and h.told_at >= coalesce(c.known_at, '-infinity')
)
select count(distinct order_id) from changed where order_id not in (select order_id from told)
)sql"};

constexpr pg::statement parked{"store_wake_parked", R"sql(
update suivi.pending set due_at = now() where state = 'parked' and due_at > now() and owner is null
)sql"};

pg::params numbers(std::int64_t sweep, const report& r) {
  pg::params p;
  p.integer(sweep).integer(r.pages).integer(r.fetched).integer(r.matched).integer(r.backfilled);
  p.integer(r.status_changed).integer(r.unchanged).integer(r.unmatched).integer(r.conflicts).integer(r.stale);
  p.integer(r.unreadable).integer(r.lookups).integer(r.requests).integer(r.retries).integer(r.throttled);
  return p;
}

pg::params closing_numbers(std::int64_t sweep, const report& r) {
  pg::params p = numbers(sweep, r);
  p.integer(r.missed_by_webhook)
      .text(r.complete ? "complete" : "incomplete")
      .text(r.reason)
      .boolean(r.cut)
      .boolean(r.abandoned);
  return p;
}

} // namespace

task<result<std::int64_t>> begin_sweep(pg::connection& db, lease held, std::string name, std::string kind) {
  pg::pipeline steps;
  add_term_check(steps, held);
  pg::params with;
  with.text(held.account).text(name).integer(held.term).text(kind);
  std::size_t at = steps.add(open_report, std::move(with));
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return (*done)[at].integer(0, 0);
}

task<result<bool>> record_progress(pg::connection& db, lease held, std::int64_t sweep, report so_far,
                                   std::optional<std::int64_t> rows_expected) {
  pg::pipeline steps;
  std::size_t at = add_lease_renewal(steps, held);
  pg::params progress = numbers(sweep, so_far);
  progress.integer(rows_expected);
  steps.add(note_progress, std::move(progress));
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return !(*done)[at].empty();
}

task<result<std::int64_t>> count_missed(pg::connection& db, std::int64_t sweep) {
  pg::params with;
  with.integer(sweep);
  auto found = co_await db.run(missed, std::move(with));
  if (!found) co_return found.error();
  co_return found->integer(0, 0);
}

task<result<void>> end_sweep(pg::connection& db, lease held, std::int64_t sweep, report r,
                             request_counts counts, bool from_environment,
                             std::optional<std::string> problem) {
  pg::params which;
  which.integer(sweep);
  auto known = co_await db.run(has_ended, std::move(which));
  if (!known) co_return known.error();
  if (!known->empty() && known->boolean(0, 0)) co_return result<void>(); // its COMMIT's answer was lost
  pg::pipeline steps;
  steps.add(begin);
  add_term_check(steps, held);
  steps.add(close_report, closing_numbers(sweep, r));
  pg::params mark;
  std::optional<instant> heard = counts.good > 0 ? counts.last : std::nullopt;
  mark.integer(sweep)
      .integer(held.term)
      .boolean(r.complete && r.kind == "full")
      .boolean(r.cut)
      .at(heard)
      .text(problem);
  mark.boolean(r.complete && r.kind == "incremental");
  steps.add(move_watermark, std::move(mark));
  if (!from_environment && counts.requests > 0) add_request_counts(steps, held.account, counts);
  steps.add(commit);
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> end_lost_sweep(pg::connection& db, std::int64_t sweep, report r) {
  auto done = co_await db.run(close_report, closing_numbers(sweep, r));
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> wake_parked(pg::connection& db) {
  auto done = co_await db.run(parked);
  if (!done) co_return done.error();
  co_return result<void>();
}

} // namespace suivi::reconciler
