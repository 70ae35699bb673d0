// The statements of ledger.hpp.
#include "reconciler/store/sweep_record.hpp"

namespace suivi::reconciler {
namespace {

constexpr pg::statement know_account{"ledger_know_account", R"sql(
insert into suivi.account as a (id, name) values ($1, $2)
on conflict (id) do update set name = excluded.name where a.name <> excluded.name
)sql"};

constexpr pg::statement take{"ledger_take", R"sql(
update suivi.account
set lease_owner = $2, lease_until = clock_timestamp() + $3 * interval '1 millisecond', term = term + 1
where id = $1 and (lease_until is null or lease_until <= clock_timestamp())
returning term
)sql"};

constexpr pg::statement let_go{"ledger_let_go", R"sql(
update suivi.account set lease_owner = null, lease_until = null where id = $1 and term = $2
)sql"};

constexpr pg::statement hold{"ledger_hold", "select suivi.hold_term($1, $2)"};

constexpr pg::statement begin{"ledger_begin", "begin"};
constexpr pg::statement commit{"ledger_commit", "commit"};

// A sweep that somebody asked for (suivi.sweep_request) takes the id that was promised; a full one is an
// incremental one and more.
constexpr pg::statement open_report{"ledger_open_report", R"sql(
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

constexpr pg::statement keep{"ledger_keep", R"sql(
update suivi.account set lease_until = clock_timestamp() + $3 * interval '1 millisecond'
where id = $1 and term = $2 and lease_until is not null
returning 1
)sql"};

constexpr pg::statement note_progress{"ledger_progress", R"sql(
update suivi.sweep
set seen_at = clock_timestamp(), pages = $2, fetched = $3, matched = $4, backfilled = $5, status_changed = $6,
    unchanged = $7, unmatched = $8, conflicts = $9, stale = $10, unreadable = $11, lookups = $12, requests = $13,
    retries = $14, throttled = $15, rows_expected = coalesce($16, rows_expected)
where id = $1 and finished_at is null
)sql"};

constexpr pg::statement close_report{"ledger_close_report", R"sql(
update suivi.sweep
set seen_at = clock_timestamp(), finished_at = clock_timestamp(), pages = $2, fetched = $3, matched = $4,
    backfilled = $5, status_changed = $6, unchanged = $7, unmatched = $8, conflicts = $9, stale = $10,
    unreadable = $11, lookups = $12, requests = $13, retries = $14, throttled = $15, missed_by_webhook = $16,
    verdict = $17, reason = $18, cut = $19, abandoned = $20
where id = $1 and finished_at is null
)sql"};

constexpr pg::statement has_ended{"ledger_has_ended",
                                  "select finished_at is not null from suivi.sweep where id = $1"};

// Forwards only; a sweep that was cut says nothing of older parcels.
constexpr pg::statement move_watermark{"ledger_watermark", R"sql(
update suivi.account a
set full_watermark = case when $3 then greatest(a.full_watermark, s.started_at) else a.full_watermark end,
    whole_watermark = case when $3 and not $4 then greatest(a.whole_watermark, s.started_at) else a.whole_watermark end,
    incremental_watermark = case when $7 then greatest(a.incremental_watermark, s.started_at) else a.incremental_watermark end,
    heard_at = coalesce(greatest(a.heard_at, $5), a.heard_at), problem = $6, last_sweep = s.id,
    lease_owner = null, lease_until = null
from suivi.sweep s
where s.id = $1 and a.id = s.account and a.term = $2
)sql"};

constexpr pg::statement statistics{"ledger_statistics", R"sql(
update shipping_accounts
set "requestCount" = "requestCount" + $2, "successCount" = "successCount" + $3, "errorCount" = "errorCount" + $4,
    "lastUsed" = coalesce($5 at time zone 'UTC', "lastUsed")
where "id" = $1
)sql"};

// Seen before: a parcel of the order was there when the sweep began. Writing again what the journal says was
// written before is the repair of a hand's edit, no change at the courier. A webhook that tells a change
// since the sweep before cannot have come long before that sweep; and it is not one that told the same state
// earlier, before the parcel went on to the state in which it was last known (`known_at`).
constexpr pg::statement missed{"ledger_missed", R"sql(
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

constexpr pg::statement parked{"ledger_wake_parked", R"sql(
update suivi.pending set due_at = now() where state = 'parked' and due_at > now() and owner is null
)sql"};

constexpr pg::statement newest{"ledger_newest", R"sql(
select s.id, s.account, s.account_name, s.kind, s.verdict = 'complete', s.cut, s.reason, s.started_at,
       extract(epoch from coalesce(s.finished_at, s.seen_at) - s.started_at)::float8,
       s.pages, s.fetched, s.matched, s.backfilled, s.status_changed, s.unchanged, s.unmatched, s.conflicts, s.stale,
       s.unreadable, s.missed_by_webhook, s.lookups, s.requests, s.retries, s.throttled,
       s.finished_at is null and coalesce(a.term = s.term and a.lease_until > clock_timestamp(), false),
       s.rows_expected
from suivi.sweep s left join suivi.account a on a.id = s.account
order by s.id desc limit $1
)sql"};

constexpr pg::statement all_accounts{"ledger_accounts", R"sql(
select id, name, coalesce(lease_until > clock_timestamp(), false), full_watermark, heard_at, problem,
       incremental_watermark
from suivi.account order by id
)sql"};

// From the newest back by the index: this is asked every few seconds, and reports are many.
constexpr pg::statement started_last{"ledger_last_starts", R"sql(
select a.id, last.started_at
from suivi.account a
cross join lateral (
  select s.started_at from suivi.sweep s
  where s.account = a.id and (s.kind = 'full' or not $1) and s.finished_at is not null and not s.abandoned
  order by s.id desc limit 1) last
)sql"};

constexpr pg::statement read_watermark{
    "ledger_read_watermark",
    "select greatest(full_watermark, incremental_watermark) from suivi.account where id = $1"};

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

task<result<std::optional<lease>>> take_lease(pg::connection& db, std::string account, std::string name,
                                              std::string owner) {
  pg::params known;
  known.text(account).text(name);
  auto inserted = co_await db.run(know_account, std::move(known));
  if (!inserted) co_return inserted.error();
  pg::params with;
  with.text(account).text(owner).integer(lease_time.count());
  auto taken = co_await db.run(take, std::move(with));
  if (!taken) co_return taken.error();
  std::optional<lease> mine;
  if (!taken->empty()) mine = lease{account, taken->integer(0, 0)};
  co_return mine;
}

task<result<void>> free_lease(pg::connection& db, lease held) {
  pg::params with;
  with.text(held.account).integer(held.term);
  auto done = co_await db.run(let_go, std::move(with));
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<std::int64_t>> begin_sweep(pg::connection& db, lease held, std::string name, std::string kind) {
  pg::pipeline steps;
  pg::params term;
  term.text(held.account).integer(held.term);
  steps.add(hold, std::move(term));
  pg::params with;
  with.text(held.account).text(name).integer(held.term).text(kind);
  std::size_t at = steps.add(open_report, std::move(with));
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return (*done)[at].integer(0, 0);
}

task<result<bool>> keep_lease(pg::connection& db, lease held, std::int64_t sweep, report so_far,
                              std::optional<std::int64_t> rows_expected) {
  pg::pipeline steps;
  pg::params term;
  term.text(held.account).integer(held.term).integer(lease_time.count());
  std::size_t at = steps.add(keep, std::move(term));
  pg::params progress = numbers(sweep, so_far);
  progress.integer(rows_expected);
  steps.add(note_progress, std::move(progress));
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return !(*done)[at].empty();
}

void add_hold_term(pg::pipeline& closing, const lease& held) {
  pg::params with;
  with.text(held.account).integer(held.term);
  closing.add(hold, std::move(with));
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
  add_hold_term(steps, held);
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
  if (!from_environment && counts.requests > 0) {
    pg::params with;
    with.text(held.account).integer(counts.requests).integer(counts.good).integer(counts.bad).at(counts.last);
    steps.add(statistics, std::move(with));
  }
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

task<result<std::vector<known_sweep>>> last_sweeps(pg::connection& db, std::int64_t most) {
  pg::params with;
  with.integer(most);
  auto found = co_await db.run(newest, std::move(with));
  if (!found) co_return found.error();
  std::vector<known_sweep> sweeps;
  for (std::size_t i = 0; i < found->size(); ++i) {
    known_sweep s;
    s.r.id = std::to_string(found->integer(i, 0));
    s.r.account = found->text(i, 1);
    s.r.account_name = found->text(i, 2);
    s.r.kind = found->text(i, 3);
    s.r.complete = found->boolean(i, 4);
    s.r.cut = found->boolean(i, 5);
    s.r.reason = found->maybe_text(i, 6);
    s.r.started_at = found->at(i, 7);
    s.r.seconds = found->real(i, 8);
    std::int64_t* into[] = {&s.r.pages,          &s.r.fetched,    &s.r.matched,           &s.r.backfilled,
                            &s.r.status_changed, &s.r.unchanged,  &s.r.unmatched,         &s.r.conflicts,
                            &s.r.stale,          &s.r.unreadable, &s.r.missed_by_webhook, &s.r.lookups,
                            &s.r.requests,       &s.r.retries,    &s.r.throttled};
    std::size_t column = 9;
    for (std::int64_t* number : into) *number = found->integer(i, column++);
    s.running = found->boolean(i, column++);
    s.rows_expected = found->maybe_integer(i, column);
    sweeps.push_back(std::move(s));
  }
  co_return sweeps;
}

task<result<std::vector<known_account>>> known_accounts(pg::connection& db) {
  auto found = co_await db.run(all_accounts);
  if (!found) co_return found.error();
  std::vector<known_account> accounts;
  for (std::size_t i = 0; i < found->size(); ++i) {
    known_account a;
    a.id = found->text(i, 0);
    a.name = found->text(i, 1);
    a.leased = found->boolean(i, 2);
    a.full_watermark = found->maybe_at(i, 3);
    a.heard_at = found->maybe_at(i, 4);
    a.problem = found->maybe_text(i, 5);
    a.incremental_watermark = found->maybe_at(i, 6);
    accounts.push_back(std::move(a));
  }
  co_return accounts;
}

namespace {

task<result<std::map<std::string, instant>>> starts_of(pg::connection& db, bool only_full) {
  pg::params with;
  with.boolean(only_full);
  auto found = co_await db.run(started_last, std::move(with));
  if (!found) co_return found.error();
  std::map<std::string, instant> starts;
  for (std::size_t i = 0; i < found->size(); ++i) starts.emplace(found->text(i, 0), found->at(i, 1));
  co_return starts;
}

} // namespace

task<result<std::map<std::string, instant>>> last_full_starts(pg::connection& db) {
  return starts_of(db, true);
}
task<result<std::map<std::string, instant>>> last_starts(pg::connection& db) {
  return starts_of(db, false);
}

task<result<std::optional<instant>>> newest_watermark(pg::connection& db, std::string account) {
  pg::params with;
  with.text(account);
  auto found = co_await db.run(read_watermark, std::move(with));
  if (!found) co_return found.error();
  std::optional<instant> mark;
  if (!found->empty()) mark = found->maybe_at(0, 0);
  co_return mark;
}

} // namespace suivi::reconciler
