// The SQL that chooses open parcels for a re-read, and how many of them.
#include "reconciler/sweep/rotation.hpp"

#include <algorithm>

namespace suivi::reconciler {
namespace {

constexpr milliseconds default_every{300'000};

#define SUIVI_OPEN_PARCELS                                                                                   \
  "p.account = $1 and p.open and p.order_id is not null"                                                     \
  " and (p.status not in (50, 53) or p.created_at is null or p.created_at > clock_timestamp() - interval "   \
  "'60 days')"                                                                                               \
  " and (p.gone_at is null or p.gone_at <= p.pulled_at or p.asked_at < clock_timestamp() - interval '1 "     \
  "day')"

constexpr pg::statement count_open{"rotation_count",
                                   "select count(*) from suivi.parcel p where " SUIVI_OPEN_PARCELS};

// Both times are PostgreSQL's: pulled_at is of a worker's clock, and one that is ahead would put its parcels
// off.
constexpr pg::statement choose{
    "rotation_choose",
    "select w.id, w.uuid, coalesce(w.reference, o.\"reference\", '') from ("
    "  select c.*, row_number() over (order by c.heard nulls first, c.id) as place from ("
    "    select p.id, p.uuid, p.reference, p.order_id, "
    "           greatest(case when p.pulled_at is not null then p.pull_stored_at end, p.asked_at) as heard"
    "    from suivi.parcel p where " SUIVI_OPEN_PARCELS " order by heard nulls first, p.id limit $2) c) w "
    "left join \"orders\" o on o.\"id\" = w.order_id "
    "where w.place <= $3 or w.heard is null or w.heard < clock_timestamp() - $4 * interval '1 millisecond' "
    "order by w.place"};

#undef SUIVI_OPEN_PARCELS

constexpr pg::statement begin{"rotation_begin", "begin"};
constexpr pg::statement commit{"rotation_commit", "commit"};

// gone_at is this clock's and pulled_at a worker's: gone is later than the last pull whatever the clocks say,
// and the next pull takes it away (common/door/door_writes.cpp). The door writes parcels under their orders'
// locks, in any order; whoever else writes some must not wait for it while it may wait for him. One that is
// being written is asked for again next time. One that a pull has shown since it was asked for, `ago`, is not
// gone.
constexpr pg::statement note{"rotation_note", R"sql(
with free as (
  select p.id, n.gone and (p.pulled_at is null or p.pull_stored_at < clock_timestamp() - n.ago * interval '1 millisecond')
               as gone
  from unnest($1::bigint[], $2::boolean[], $3::bigint[]) as n (id, gone, ago)
  join suivi.parcel p on p.id = n.id for update of p skip locked
)
update suivi.parcel p
set asked_at = clock_timestamp(),
    gone_at = case when not n.gone or p.gone_at > coalesce(p.pulled_at, '-infinity') then p.gone_at
                   else greatest(clock_timestamp(), p.pulled_at + interval '1 microsecond') end
from free n
where p.id = n.id
)sql"};

// An order that two accounts claim takes nothing, so of its parcels nobody knows.
constexpr pg::statement note_gone{"rotation_note_gone", R"sql(
with missed as (
  select p.id
  from suivi.sweep s
  join suivi.parcel p on p.account = s.account and p.open and p.order_id is not null
  left join suivi.adopted_order d on d.order_id = p.order_id and d.contested_by is not null
  where s.id = $2 and s.account = $1 and d.order_id is null
    and (p.pull_stored_at < s.started_at or (p.pulled_at is null and p.id <= s.parcels_before))
    and (p.gone_at is null or p.gone_at <= p.pulled_at)
  for update of p skip locked
)
update suivi.parcel p set gone_at = greatest(clock_timestamp(), p.pulled_at + interval '1 microsecond')
from missed m where p.id = m.id
)sql"};

} // namespace

std::int64_t rotation_budget(std::int64_t open, milliseconds every) {
  if (open <= 0) return 0;
  std::int64_t step = std::chrono::milliseconds(every.count() > 0 ? every : default_every).count();
  std::int64_t whole = std::chrono::milliseconds(rotation_period).count();
  std::int64_t sweeps = std::max<std::int64_t>(1, whole / step);
  std::int64_t needed = (open + sweeps - 1) / sweeps;
  return std::min(open, std::clamp(needed, rotation_min, rotation_max));
}

task<result<std::vector<open_parcel>>> parcels_to_reread(pg::connection& db, std::string account,
                                                         milliseconds every, std::int64_t every_time) {
  pg::params account_params;
  account_params.text(account);
  auto counted = co_await db.run(count_open, std::move(account_params));
  if (!counted) co_return counted.error();
  pg::params with;
  with.text(account).integer(rotation_budget(counted->integer(0, 0), every)).integer(every_time);
  with.integer(std::chrono::milliseconds(rotation_rest).count());
  auto found = co_await db.run(choose, std::move(with));
  if (!found) co_return found.error();
  std::vector<open_parcel> parcels;
  for (std::size_t i = 0; i < found->size(); ++i) {
    open_parcel p;
    p.id = found->integer(i, 0);
    p.uuid = found->maybe_text(i, 1);
    p.reference = found->text(i, 2);
    parcels.push_back(std::move(p));
  }
  co_return parcels;
}

task<result<void>> note_rereads(pg::connection& db, lease held, std::vector<reread> done) {
  std::vector<std::optional<std::int64_t>> ids;
  std::vector<std::optional<bool>> gone;
  std::vector<std::optional<std::int64_t>> ago;
  steady_time now = steady_now();
  for (const reread& one : done) {
    ids.push_back(one.id);
    gone.push_back(one.gone);
    ago.push_back(std::chrono::ceil<milliseconds>(now - one.requested_at).count());
  }
  pg::pipeline steps;
  steps.add(begin);
  add_term_check(steps, held);
  pg::params params;
  params.integers(ids).booleans(gone).integers(ago);
  steps.add(note, std::move(params));
  steps.add(commit);
  auto noted = co_await db.run(std::move(steps));
  if (!noted) co_return noted.error();
  co_return result<void>();
}

task<result<void>> note_not_shown(pg::connection& db, lease held, std::int64_t sweep) {
  pg::pipeline steps;
  steps.add(begin);
  add_term_check(steps, held);
  pg::params params;
  params.text(held.account).integer(sweep);
  steps.add(note_gone, std::move(params));
  steps.add(commit);
  auto noted = co_await db.run(std::move(steps));
  if (!noted) co_return noted.error();
  co_return result<void>();
}

} // namespace suivi::reconciler
