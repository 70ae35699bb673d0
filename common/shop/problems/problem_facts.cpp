// Reads all facts for the verdict in one round trip.
#include "common/shop/problems/problem_facts.hpp"

#include "common/runtime/task.hpp"
#include "common/shop/problems/event_facts.hpp"

#include <functional>
#include <map>

namespace suivi::shop {
namespace {

constexpr std::size_t accounts_at_a_stretch = 500; // then others are served

constexpr pg::statement clock_now{"facts_clock", "select clock_timestamp()"};

// A full sweep that read less than the settings ask for (abandoned, though complete) says nothing of the one
// before.
constexpr pg::statement accounts_known{"facts_accounts", R"sql(
select a.id, a.key_refused_at, a.full_due_at, a.full_watermark, coalesce(last.verdict <> 'complete', false),
       coalesce(last.finished_at, last.seen_at), coalesce(last.reason, ''),
       array_to_string(array(select unnest(a.hooks_wanted) except select unnest(a.hooks_registered) order by 1), ','),
       a.hooks_checked_at, heard.heard_at,
       coalesce((select sum(s.missed_by_webhook)::bigint from suivi.sweep s
                 where s.account = a.id and s.started_at > heard.heard_at), 0), a.incremental_watermark
from suivi.account a
left join lateral (
  select s.verdict, s.reason, s.finished_at, s.seen_at from suivi.sweep s
  where s.account = a.id and s.kind = 'full' and not (s.abandoned and s.verdict = 'complete')
    and not (s.finished_at is null and a.term = s.term and coalesce(a.lease_until > clock_timestamp(), false))
  order by s.id desc limit 1) last on true
left join suivi.last_webhooks($1, true, 2000) heard on heard.account_id = a.id
)sql"};

constexpr pg::statement workers{"facts_workers", R"sql(
select coalesce(bool_or(stopped_at is null and seen_at > clock_timestamp() - interval '30 seconds'), false),
       max(coalesce(stopped_at, seen_at))
from suivi.reconciler
)sql"};

// $1: the accounts whose courier cannot be asked by reference, and so was not.
constexpr pg::statement sampled{"facts_sampled", R"sql(
select coalesce(sum(untracked) filter (where account <> ''), 0)::bigint,
       min(untracked_since) filter (where account <> ''),
       coalesce(sum(unknown) filter (where account <> '' and account <> all($1)), 0)::bigint,
       coalesce(sum(untracked) filter (where account = ''), 0)::bigint,
       min(untracked_since) filter (where account = '')
from suivi.sample where at = (select max(at) from suivi.sample)
)sql"};

constexpr pg::statement contested_orders{"facts_contested", R"sql(
select count(*), min(a.at) from suivi.adopted_order a join orders o on o."id" = a.order_id
where a.contested_by is not null and o."shippingAccountId" is null
)sql"};

// By how much the database's clock is certainly ahead of ours: it was read between these two looks.
milliseconds ahead_by(instant there, instant requested_at, instant answered) {
  if (there > answered) return std::chrono::duration_cast<milliseconds>(there - answered);
  if (there < requested_at) return std::chrono::duration_cast<milliseconds>(there - requested_at);
  return milliseconds(0);
}

std::vector<std::optional<std::string>> accounts_without_look_up(const std::vector<known_account>& all) {
  std::vector<std::optional<std::string>> ids;
  for (const known_account& one : all)
    if (courier::capabilities_of(one.courier).references_max == 0) ids.emplace_back(one.id);
  return ids;
}

void read_account(const pg::rows& found, std::size_t i, verdict::account_facts& a) {
  a.key_refused_since = found.maybe_timestamp(i, 1);
  a.key_refused = a.key_refused_since.has_value();
  a.full_due_at = found.maybe_timestamp(i, 2);
  a.complete_as_of = found.maybe_timestamp(i, 3);
  a.last_full_incomplete = found.boolean(i, 4);
  a.last_full_ended_at = found.maybe_timestamp(i, 5);
  a.last_full_reason = found.text(i, 6);
  a.hooks_missing = split_names(found.text(i, 7));
  a.hooks_checked_at = found.maybe_timestamp(i, 8);
  a.last_webhook_at = found.maybe_timestamp(i, 9);
  a.missed_since = found.integer(i, 10);
  a.incremental_as_of = found.maybe_timestamp(i, 11);
}

} // namespace

task<result<verdict::facts>> read_problem_facts(pg::connection& db, std::vector<known_account> accounts) {
  pg::pipeline steps;
  pg::params only;
  only.text(accounts.size() == 1 ? std::optional<std::string_view>(accounts.front().id) : std::nullopt);
  steps.add(clock_now);
  steps.add(accounts_known, std::move(only));
  steps.add(workers);
  pg::params without_look_up;
  without_look_up.texts(accounts_without_look_up(accounts));
  steps.add(sampled, std::move(without_look_up));
  for (pg::statement each : {contested_orders, waiting_events_query, closed_events_query,
                             quarantined_events_query, partitions_query})
    steps.add(each);
  instant requested_at = now();
  auto answer = co_await db.run(std::move(steps));
  instant answered = now();
  if (!answer) co_return answer.error();
  const std::vector<pg::rows>& rows = *answer;

  verdict::facts f;
  f.now = rows[0].timestamp(0, 0);
  f.database_clock_ahead = ahead_by(f.now, requested_at, answered);
  std::map<std::string, std::size_t, std::less<>> row_of;
  for (std::size_t i = 0; i < rows[1].size(); ++i) row_of.emplace(rows[1].text(i, 0), i);
  for (const known_account& who : accounts) {
    verdict::account_facts& a = f.accounts.emplace_back();
    a.id = who.id;
    a.name = who.name;
    a.has_key = who.has_key;
    a.courier = slug(who.courier);
    a.registers_hooks = courier::capabilities_of(who.courier).registers_hooks;
    if (auto row = row_of.find(who.id); row != row_of.end()) read_account(rows[1], row->second, a);
    if (f.accounts.size() % accounts_at_a_stretch == 0) co_await runtime::sleep_for(milliseconds(0));
  }
  f.reconciler_alive = rows[2].boolean(0, 0);
  f.reconciler_last_alive_at = rows[2].maybe_timestamp(0, 1);
  f.untracked = {rows[3].integer(0, 0), rows[3].maybe_timestamp(0, 1)};
  f.unknown_to_courier = rows[3].integer(0, 2);
  f.orders_without_account = {rows[3].integer(0, 3), rows[3].maybe_timestamp(0, 4)};
  f.contested = {rows[4].integer(0, 0), rows[4].maybe_timestamp(0, 1)};
  waiting_events waiting = read_waiting_events(rows[5]);
  closed_events closed = read_closed_events(rows[6]);
  f.failed = sum_of(waiting.failed, closed.failed);
  f.parked_long = waiting.parked_long;
  f.conflict = closed.conflict;
  f.quarantined = read_quarantined_events(rows[7]);
  partition_facts partitions = read_partitions(rows[8]);
  f.partitions_missing = std::move(partitions.missing);
  f.partitions_stray = std::move(partitions.stray);
  co_return f;
}

} // namespace suivi::shop
