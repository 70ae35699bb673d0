// The SQL that reads past sweeps.
#include "reconciler/store/sweep_history.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

std::string count_columns() {
  std::string text;
  for (const shop::report_count& count : shop::report_counts) text += fmt::format(", s.{}", count.column);
  return text;
}

const std::string newest_text = fmt::format(R"sql(
select s.id, s.account, s.account_name, s.kind, s.verdict = 'complete', s.cut, s.reason, s.started_at,
       extract(epoch from coalesce(s.finished_at, s.seen_at) - s.started_at)::float8,
       s.finished_at is null and coalesce(a.term = s.term and a.lease_until > clock_timestamp(), false),
       s.rows_expected, s.missed_by_webhook{}
from unnest($1::text[]) wanted (id)
cross join (values ('full'), ('incremental'), ('lookups')) kinds (name)
cross join lateral (
  select * from suivi.sweep each
  where each.account = wanted.id and each.kind = kinds.name order by each.id desc limit $2) s
left join suivi.account a on a.id = s.account
order by s.id desc
)sql",
                                            count_columns());
const pg::statement newest{"store_last_sweeps", newest_text};

constexpr pg::statement left_out{"store_left_out", R"sql(
select case when unmatched then 'unmatched' when refused then 'refused' else 'conflicting' end, reference
from suivi.sweep_conflict where account = $1 order by reference
)sql"};

constexpr pg::statement all_accounts{"store_accounts", R"sql(
select id, name, coalesce(lease_until > clock_timestamp(), false), full_watermark, heard_at, problem,
       incremental_watermark,
       (select min(of_kind.since) from (values ('full'), ('incremental')) kinds (name)
        cross join lateral (
          select min(s.started_at) as since from suivi.sweep s
          where s.account = a.id and s.kind = kinds.name and s.finished_at is not null and s.verdict <> 'complete'
            and s.id > coalesce((select max(c.id) from suivi.sweep c
                                 where c.account = a.id and c.kind = kinds.name and c.verdict = 'complete' and not c.abandoned), 0)
        ) of_kind)
from suivi.account a order by id
)sql"};

// From the newest back by the index: this is asked every few seconds, and reports are many.
constexpr pg::statement started_last{"store_last_starts", R"sql(
select a.id, last.started_at
from suivi.account a
cross join lateral (
  select s.started_at from suivi.sweep s
  where s.account = a.id and (s.kind = 'full' or not $1) and s.kind <> 'lookups' and s.finished_at is not null and not s.abandoned
  order by s.id desc limit 1) last
)sql"};

// One row even where there is no account, for the sake of the time.
constexpr pg::statement starts_and_now{"store_sweep_starts", R"sql(
select clock_timestamp(), a.id, full_one.started_at, any_one.started_at, full_one.finished_at,
       coalesce(incomplete.n, 0),
       coalesce(ceil(extract(epoch from a.courier_paused_until - clock_timestamp()) * 1000)::bigint, 0)
from (values (1)) one (x)
left join suivi.account a on true
left join lateral (
  select s.started_at, s.finished_at from suivi.sweep s
  where s.account = a.id and s.kind = 'full' and s.finished_at is not null and not s.abandoned
  order by s.id desc limit 1) full_one on true
left join lateral (
  select s.started_at from suivi.sweep s
  where s.account = a.id and s.kind <> 'lookups' and s.finished_at is not null and not s.abandoned
  order by s.id desc limit 1) any_one on true
left join lateral (
  select count(*) filter (where not was_complete) as n
  from (select bool_or(newest.verdict = 'complete') over (order by newest.id desc) as was_complete
        from (select s.id, s.verdict from suivi.sweep s
              where s.account = a.id and s.kind = 'full' and s.finished_at is not null and not s.abandoned
              order by s.id desc limit 4) newest) in_a_row) incomplete on true
)sql"};

constexpr pg::statement read_watermark_age{"store_watermark_age", R"sql(
select (extract(epoch from clock_timestamp() - greatest(full_watermark, incremental_watermark)) * 1000)::bigint
from suivi.account where id = $1
)sql"};

constexpr pg::statement worker_signs{"store_worker_signs", R"sql(
select coalesce(bool_or(stopped_at is null and seen_at > clock_timestamp() - $1 * interval '1 millisecond'), false),
       max(greatest(seen_at, stopped_at))
from suivi.reconciler
)sql"};

task<result<std::map<std::string, instant>>> starts_of(pg::connection& db, bool only_full) {
  pg::params with;
  with.boolean(only_full);
  auto found = co_await db.run(started_last, std::move(with));
  if (!found) co_return found.error();
  std::map<std::string, instant> starts;
  for (std::size_t i = 0; i < found->size(); ++i) starts.emplace(found->text(i, 0), found->timestamp(i, 1));
  co_return starts;
}

} // namespace

task<result<std::vector<known_sweep>>> last_sweeps(pg::connection& db, std::vector<std::string> accounts,
                                                   std::int64_t limit) {
  std::vector<std::optional<std::string>> ids(accounts.begin(), accounts.end());
  pg::params with;
  with.texts(ids).integer(limit);
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
    s.r.truncated = found->boolean(i, 5);
    s.r.reason = found->maybe_text(i, 6);
    s.r.started_at = found->timestamp(i, 7);
    s.r.seconds = found->real(i, 8);
    s.running = found->boolean(i, 9);
    s.r.rows_expected = found->maybe_integer(i, 10);
    s.r.missed_by_webhook = found->maybe_integer(i, 11);
    std::size_t column = 12;
    for (const shop::report_count& count : shop::report_counts)
      s.r.*count.member = found->integer(i, column++);
    sweeps.push_back(std::move(s));
  }
  co_return sweeps;
}

task<result<left_out_orders>> orders_left_out(pg::connection& db, std::string account) {
  pg::params with;
  with.text(account);
  auto found = co_await db.run(left_out, std::move(with));
  if (!found) co_return found.error();
  left_out_orders all;
  for (std::size_t i = 0; i < found->size(); ++i) {
    std::string_view kind = found->text(i, 0);
    std::vector<std::string>& list = kind == "conflicting" ? all.conflicting
                                     : kind == "refused"   ? all.refused
                                                           : all.unmatched;
    list.emplace_back(found->text(i, 1));
  }
  co_return all;
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
    a.full_watermark = found->maybe_timestamp(i, 3);
    a.last_webhook_at = found->maybe_timestamp(i, 4);
    a.problem = found->maybe_text(i, 5);
    a.incremental_watermark = found->maybe_timestamp(i, 6);
    if (a.problem) a.problem_since = found->maybe_timestamp(i, 7);
    accounts.push_back(std::move(a));
  }
  co_return accounts;
}

task<result<sweep_starts>> read_sweep_starts(pg::connection& db) {
  auto found = co_await db.run(starts_and_now);
  if (!found) co_return found.error();
  sweep_starts starts;
  for (std::size_t i = 0; i < found->size(); ++i) {
    starts.now = found->timestamp(i, 0);
    if (found->null(i, 1)) continue;
    account_starts& one = starts.accounts[std::string(found->text(i, 1))];
    one.full = found->maybe_timestamp(i, 2);
    one.any = found->maybe_timestamp(i, 3);
    one.full_ended = found->maybe_timestamp(i, 4);
    one.incomplete_fulls = static_cast<int>(found->integer(i, 5));
    one.courier_pause = milliseconds(std::max<std::int64_t>(0, found->integer(i, 6)));
  }
  co_return starts;
}

task<result<std::map<std::string, instant>>> last_full_starts(pg::connection& db) {
  return starts_of(db, true);
}
task<result<std::map<std::string, instant>>> last_starts(pg::connection& db) {
  return starts_of(db, false);
}

task<result<std::optional<milliseconds>>> watermark_age(pg::connection& db, std::string account) {
  pg::params with;
  with.text(account);
  auto found = co_await db.run(read_watermark_age, std::move(with));
  if (!found) co_return found.error();
  std::optional<milliseconds> age;
  if (!found->empty() && !found->null(0, 0)) age = milliseconds(found->integer(0, 0));
  co_return age;
}

task<result<worker_sign>> last_worker_sign(pg::connection& db, milliseconds age_max) {
  pg::params with;
  with.integer(age_max.count());
  auto found = co_await db.run(worker_signs, std::move(with));
  if (!found) co_return found.error();
  worker_sign sign;
  sign.is_fresh = found->boolean(0, 0);
  sign.last = found->maybe_timestamp(0, 1);
  co_return sign;
}

} // namespace suivi::reconciler
