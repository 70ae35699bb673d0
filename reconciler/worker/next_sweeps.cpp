// Computes the next sweeps by the same rules as the worker.
#include "reconciler/worker/next_sweeps.hpp"

#include <algorithm>

namespace suivi::reconciler {
namespace {

constexpr pg::statement record{"worker_next_sweeps", R"sql(
insert into suivi.account as a (id, name, next_full_at, next_incremental_at, full_due_at)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
on conflict (id) do update
set next_full_at = excluded.next_full_at, next_incremental_at = excluded.next_incremental_at,
    full_due_at = excluded.full_due_at
where (a.next_full_at, a.next_incremental_at, a.full_due_at)
      is distinct from (excluded.next_full_at, excluded.next_incremental_at, excluded.full_due_at)
)sql"};

} // namespace

next_sweeps reckon_next(std::string account, std::string name, const schedule& times,
                        const last_sweep_starts& last, milliseconds incremental_every, instant now) {
  next_sweeps next{std::move(account), std::move(name), times.next_after(now), std::nullopt,
                   times.last_at(now)};
  due kind = due_at(times, last, incremental_every, now);
  if (kind == due::full) next.full = std::chrono::floor<std::chrono::minutes>(now); // it is about to begin
  if (last.incomplete_fulls > 0 && last.full_ended) {
    instant again = *last.full_ended + retry_pause(last.incomplete_fulls);
    if (again > now) next.full = std::min(next.full.value_or(again), again);
  }
  if (incremental_every.count() > 0)
    next.incremental =
        last.any ? *last.any + incremental_every : std::chrono::floor<std::chrono::minutes>(now);
  return next;
}

task<result<void>> record_next(pg::connection& db, std::vector<next_sweeps> of) {
  std::vector<std::optional<std::string>> ids, names;
  std::vector<std::optional<instant>> fulls, incrementals, dues;
  for (next_sweeps& one : of) {
    ids.push_back(std::move(one.account));
    names.push_back(std::move(one.name));
    fulls.push_back(one.full);
    incrementals.push_back(one.incremental);
    dues.push_back(one.full_due);
  }
  pg::params with;
  with.texts(ids).texts(names).instants(fulls).instants(incrementals).instants(dues);
  auto done = co_await db.run(record, std::move(with));
  if (!done) co_return done.error();
  co_return result<void>();
}

} // namespace suivi::reconciler
