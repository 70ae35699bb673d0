// The SQL that records a sweep: its beginning, progress and report.
#include "reconciler/store/sweep_record.hpp"

#include "common/sqlstate/sqlstate.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace suivi::reconciler {
namespace {

constexpr pg::statement begin{"store_begin", "begin"};
constexpr pg::statement commit{"store_commit", "commit"};
constexpr pg::statement rollback{"store_rollback", "rollback"};

// A sweep that somebody asked for (suivi.sweep_request) takes the id that was promised; a full one is an
// incremental one and more. The request stays under a new id until the sweep has ended: where it never does,
// the request is there for the next reconciler.
constexpr pg::statement open_report{"store_begin_sweep", R"sql(
with asked as (
  select r.sweep_id from suivi.sweep_request r join suivi.account a on a.id = r.account
  where a.id = $1 and a.term = $3 and (r.kind = $4 or ($4 = 'full' and r.kind = 'incremental'))
  for update of r
), kept as (
  update suivi.sweep_request r set sweep_id = nextval('suivi.sweep_id_seq'), asked_at = clock_timestamp()
  from asked where r.sweep_id = asked.sweep_id
  returning r.sweep_id
)
insert into suivi.sweep (id, account, account_name, term, owner, kind, parcels_before) overriding system value
select coalesce((select sweep_id from asked), nextval('suivi.sweep_id_seq')), id, $2, term, coalesce(lease_owner, ''), $4,
       coalesce((select max(id) from suivi.parcel), 0)
from suivi.account where id = $1 and term = $3
returning id, (select sweep_id from kept)
)sql"};

// A request that nobody has come for within minutes is forgotten: not this one, while its sweep goes on.
constexpr pg::statement keep_request{
    "store_keep_request", "update suivi.sweep_request set asked_at = clock_timestamp() where sweep_id = $1"};
constexpr pg::statement fulfill_request{"store_fulfill_request",
                                        "delete from suivi.sweep_request where sweep_id = $1"};

// The counts of a report are parameters from here on, in the order of shop::report_counts.
constexpr std::size_t first_count = 2, after_counts = first_count + shop::report_counts.size();

std::string count_assignments() {
  std::string text;
  std::size_t parameter = first_count;
  for (const shop::report_count& count : shop::report_counts)
    text += fmt::format("{} = ${}, ", count.column, parameter++);
  return text + fmt::format("rows_expected = coalesce(${}, rows_expected)", after_counts);
}

const std::string progress_text = fmt::format(R"sql(
update suivi.sweep set seen_at = clock_timestamp(), {}, in_flight = ${}
where id = $1 and finished_at is null
)sql",
                                              count_assignments(), after_counts + 1);
const pg::statement progress{"store_record_progress", progress_text};

const std::string end_text =
    fmt::format(R"sql(
with done as (update suivi.sweep
set seen_at = clock_timestamp(), finished_at = clock_timestamp(), {},
    verdict = ${}, reason = ${}, cut = ${}, abandoned = ${}, missed_by_webhook = ${},
    missed_listed = ${}::bigint is not null
where id = $1 and finished_at is null returning 1)
select suivi.check_written((select count(*) from suivi.sweep where id = $1 and finished_at is null), (select count(*) from done))
)sql",
                count_assignments(), after_counts + 1, after_counts + 2, after_counts + 3, after_counts + 4,
                after_counts + 5, after_counts + 5);
const pg::statement end_report{"store_end_sweep", end_text};

constexpr pg::statement has_ended{"store_has_ended",
                                  "select finished_at is not null from suivi.sweep where id = $1"};

// Forwards only; a sweep that was cut says nothing of older parcels. What was wrong with the last full sweep
// stays the account's problem until a full one is complete, however many incremental ones are, and however
// many that read less than the settings ask for (abandoned, though complete).
constexpr pg::statement move_watermark{"store_move_watermark", R"sql(
update suivi.account a
set full_watermark = case when $3 then greatest(a.full_watermark, s.started_at) else a.full_watermark end,
    whole_watermark = case when $3 and not $4 then greatest(a.whole_watermark, s.started_at) else a.whole_watermark end,
    incremental_watermark = case when $7 then greatest(a.incremental_watermark, s.started_at) else a.incremental_watermark end,
    heard_at = coalesce(greatest(a.heard_at, $5), a.heard_at), last_sweep = s.id,
    problem = coalesce($6, case when s.kind <> 'full' or $8 then (
      select case when f.verdict <> 'complete' then f.reason end from suivi.sweep f
      where f.account = a.id and f.kind = 'full' and f.id < s.id and f.finished_at is not null
        and not (f.abandoned and f.verdict = 'complete')
      order by f.id desc limit 1) end),
    lease_owner = null, lease_until = null
from suivi.sweep s
where s.id = $1 and a.id = s.account and a.term = $2
)sql"};

// What is not the report itself keeps nobody waiting.
constexpr pg::statement briefly{"store_briefly", "select set_config('statement_timeout', '3000', true)"};

// Refused since the first sweep that met it; the first good answer says that it is not any more.
constexpr pg::statement note_key{"store_note_key", R"sql(
update suivi.account
set key_refused_at = case when $2 then coalesce(key_refused_at, clock_timestamp()) end
where id = $1 and ($2 or key_refused_at is not null)
)sql"};

constexpr pg::statement forget_conflicts{
    "store_forget_conflicts", "delete from suivi.sweep_conflict where account = $1 and sweep_id <= $2"};
// A sweep that did not read the whole list says nothing of what it did not read: that stays, as its own.
constexpr pg::statement keep_conflicts{"store_keep_conflicts", R"sql(
with before as (
  delete from suivi.sweep_conflict where account = $1 and sweep_id <= $2 returning reference, refused, unmatched
)
insert into suivi.sweep_conflict (sweep_id, account, reference, refused, unmatched)
select $2, $1, reference, bool_or(refused), bool_and(unmatched) from before
where reference <> all($3::text[]) and reference <> all($4::text[]) group by reference
)sql"};
// … but for what it read and the door took. Apart, for the shop may hold its orders.
constexpr pg::statement drop_taken{"store_drop_taken", R"sql(
delete from suivi.sweep_conflict c using suivi.sweep s
where s.id = $2 and c.account = $1 and c.reference <> all($3::text[]) and exists (
  select from "orders" o join suivi.parcel p on p.order_id = o."id" and p.account = $1
  where o."reference" = c.reference and p.pulled_at is not null and p.pull_stored_at >= s.started_at)
)sql"};
constexpr pg::statement add_conflicts{"store_add_conflicts", R"sql(
insert into suivi.sweep_conflict (sweep_id, account, reference, refused, unmatched)
select $2::bigint, $1::text, reference, refused, false from unnest($3::text[], $4::boolean[]) as u(reference, refused)
union all
select $2::bigint, $1::text, reference, false, true from unnest($5::text[]) as u(reference)
on conflict do nothing
)sql"};
constexpr pg::statement add_conflicts_to_last{"store_add_conflicts_to_last", R"sql(
insert into suivi.sweep_conflict as c (sweep_id, account, reference, refused, unmatched)
select coalesce(last.id, $2), $1::text, u.reference, u.refused, false
from (select max(id) as id from suivi.sweep where account = $1 and kind = 'full' and finished_at is not null) last
cross join unnest($3::text[], $4::boolean[]) as u(reference, refused)
on conflict (sweep_id, reference) do update set refused = excluded.refused, unmatched = false
)sql"};

constexpr pg::statement parked{"store_wake_parked", R"sql(
update suivi.pending set due_at = now() where state = 'parked' and due_at > now() and owner is null
)sql"};

pg::params counts_of(std::int64_t sweep, const shop::sweep_report& r) {
  pg::params with;
  with.integer(sweep);
  for (const shop::report_count& count : shop::report_counts) with.integer(r.*count.member);
  with.integer(r.rows_expected);
  return with;
}

pg::params end_of(std::int64_t sweep, const shop::sweep_report& r) {
  pg::params with = counts_of(sweep, r);
  with.text(r.complete ? "complete" : "incomplete").text(r.reason).boolean(r.truncated).boolean(r.abandoned);
  with.integer(r.missed_by_webhook);
  return with;
}

// A database of a narrow encoding cannot store every reference: what is told of it is told in ASCII.
bool is_unstorable(const error& e) {
  return pg::sqlstate_of(e) == "22P05";
}

std::string to_ascii(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) > 126; }, '?');
  return text;
}

left_out_references in_ascii(const left_out_references& of) {
  left_out_references as_stored{{}, {}, of.whole};
  for (const auto& [reference, by_database] : of.conflicting)
    as_stored.conflicting.emplace(to_ascii(reference), by_database);
  for (const std::string& reference : of.unmatched) as_stored.unmatched.insert(to_ascii(reference));
  return as_stored;
}

using texts = std::vector<std::optional<std::string>>;

texts names_of(const left_out_references& left_out) {
  texts names;
  for (const auto& [reference, by_database] : left_out.conflicting) names.emplace_back(reference);
  return names;
}

// Suivi's own table alone: whatever the shop holds, this keeps no report waiting.
void add_list(pg::pipeline& steps, const std::string& account, std::int64_t sweep,
              const left_out_references& left_out) {
  texts names = names_of(left_out), unmatched(left_out.unmatched.begin(), left_out.unmatched.end());
  std::vector<std::optional<bool>> refused;
  for (const auto& [reference, by_database] : left_out.conflicting) refused.emplace_back(by_database);
  pg::params before, added;
  before.text(account).integer(sweep);
  added = before;
  if (left_out.whole == true) {
    steps.add(forget_conflicts, std::move(before));
  } else if (left_out.whole == false) {
    before.texts(names).texts(unmatched);
    steps.add(keep_conflicts, std::move(before));
  }
  added.texts(names).booleans(refused);
  if (left_out.whole) added.texts(unmatched);
  steps.add(left_out.whole ? add_conflicts : add_conflicts_to_last, std::move(added));
}

task<result<void>> try_to_end(pg::connection& db, lease held, begun_sweep sweep, shop::sweep_report r,
                              std::optional<instant> last_answer_at, std::optional<std::string> problem,
                              left_out_references left_out) {
  pg::pipeline steps;
  steps.add(begin);
  add_term_check(steps, held);
  steps.add(end_report, end_of(sweep.id, r));
  pg::params mark;
  bool read_enough = r.complete && !r.abandoned;
  mark.integer(sweep.id)
      .integer(held.term)
      .boolean(read_enough && r.kind == "full")
      .boolean(r.truncated)
      .timestamp(last_answer_at)
      .text(problem);
  mark.boolean(read_enough && r.kind == "incremental").boolean(r.abandoned);
  steps.add(move_watermark, std::move(mark));
  add_list(steps, held.account, sweep.id, left_out);
  if (sweep.again && !r.abandoned) {
    pg::params request;
    request.integer(*sweep.again);
    steps.add(fulfill_request, std::move(request));
  }
  steps.add(commit);
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> try_to_forget(pg::connection& db, std::string account, std::int64_t sweep,
                                 left_out_references left_out) {
  pg::params taken;
  taken.text(account).integer(sweep).texts(names_of(left_out));
  pg::pipeline steps; // one implicit transaction: the limit holds for it alone
  steps.add(briefly);
  steps.add(drop_taken, std::move(taken));
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return result<void>();
}

} // namespace

task<result<begun_sweep>> begin_sweep(pg::connection& db, lease held, std::string name, std::string kind) {
  pg::pipeline steps;
  add_term_check(steps, held);
  pg::params with;
  with.text(held.account).text(name).integer(held.term).text(kind);
  std::size_t at = steps.add(open_report, std::move(with));
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  const pg::rows& row = (*done)[at];
  if (row.empty()) co_return permanent("store:sweep", "the database does not keep rows of suivi.sweep");
  co_return begun_sweep{row.integer(0, 0), row.maybe_integer(0, 1)};
}

task<result<bool>> record_progress(pg::connection& db, lease held, begun_sweep sweep,
                                   shop::sweep_report so_far, int in_flight) {
  pg::pipeline steps;
  std::size_t at = add_lease_renewal(steps, held);
  pg::params with = counts_of(sweep.id, so_far);
  with.integer(in_flight);
  steps.add(progress, std::move(with));
  if (sweep.again) {
    pg::params request;
    request.integer(*sweep.again);
    steps.add(keep_request, std::move(request));
  }
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return !(*done)[at].empty();
}

task<result<void>> end_sweep(pg::connection& db, lease held, begun_sweep sweep, shop::sweep_report r,
                             std::optional<instant> last_answer_at, std::optional<std::string> problem,
                             left_out_references left_out) {
  pg::params which;
  which.integer(sweep.id);
  auto known = co_await db.run(has_ended, std::move(which));
  if (!known) co_return known.error();
  if (!known->empty() && known->boolean(0, 0)) co_return result<void>(); // its COMMIT's answer was lost
  auto ended = co_await try_to_end(db, held, sweep, r, last_answer_at, problem, left_out);
  if (ended || !is_unstorable(ended.error())) co_return ended;
  auto undone = co_await db.run(rollback);
  if (!undone) co_return undone.error();
  if (r.reason) r.reason = to_ascii(std::move(*r.reason));
  if (problem) problem = to_ascii(std::move(*problem));
  auto again = co_await try_to_end(db, held, sweep, std::move(r), last_answer_at, std::move(problem),
                                   in_ascii(left_out));
  co_return again;
}

task<result<void>> end_lost_sweep(pg::connection& db, std::int64_t sweep, shop::sweep_report r) {
  auto done = co_await db.run(end_report, end_of(sweep, r));
  if (!done && is_unstorable(done.error()) && r.reason) {
    r.reason = to_ascii(std::move(*r.reason));
    done = co_await db.run(end_report, end_of(sweep, r));
  }
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> forget_taken(pg::connection& db, std::string account, std::int64_t sweep,
                                left_out_references left_out) {
  auto forgotten = co_await try_to_forget(db, account, sweep, left_out);
  if (forgotten || !is_unstorable(forgotten.error())) co_return forgotten;
  auto again = co_await try_to_forget(db, std::move(account), sweep, in_ascii(left_out));
  co_return again;
}

task<result<void>> record_key(pg::connection& db, std::string account, bool refused) {
  pg::params with;
  with.text(account).boolean(refused);
  auto done = co_await db.run(note_key, std::move(with));
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> wake_parked(pg::connection& db) {
  auto done = co_await db.run(parked);
  if (!done) co_return done.error();
  co_return result<void>();
}

} // namespace suivi::reconciler
