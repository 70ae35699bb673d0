// Times in these tables are PostgreSQL's, but for what receivers note on receipt.
#include "reconciler/doctor/collect/own_facts.hpp"

#include "common/shop/problems/event_facts.hpp"
#include "reconciler/doctor/collect/database_facts.hpp"
#include "reconciler/store/webhook_activity.hpp"

namespace suivi::reconciler {
namespace {

// What the last whole reading left out stands until the next one, though a sweep between read nothing.
constexpr pg::statement sweeps{"doctor_sweeps", R"sql(
with shown as (
  select s.id, s.account, s.kind, s.started_at, s.verdict, s.reason, s.conflicts, s.refused,
         s.finished_at is null and a.term = s.term and coalesce(a.lease_until > clock_timestamp(), false) as running
  from suivi.sweep s join suivi.account a on a.id = s.account
  where not (s.abandoned and s.verdict = 'complete') -- read less than the settings ask for
), left_out as (
  select account, count(*) filter (where not refused) as conflicts, count(*) filter (where refused) as refused
  from suivi.sweep_conflict where not unmatched group by 1
)
select a.id, a.full_watermark, e.started_at, coalesce(e.verdict = 'complete', false), coalesce(e.reason, ''),
       greatest(e.conflicts, l.conflicts, 0), greatest(e.refused, l.refused, 0),
       (select max(r.started_at) from shown r where r.account = a.id and r.kind = 'full' and r.running),
       i.started_at, coalesce(i.verdict = 'complete', false), coalesce(i.reason, '')
from suivi.account a
left join left_out l on l.account = a.id
left join lateral (
  select * from shown s where s.account = a.id and s.kind = 'full' and not s.running order by s.id desc limit 1) e on true
left join lateral (
  select * from shown s where s.account = a.id and s.kind = 'incremental' and not s.running order by s.id desc limit 1) i on true
)sql"};

constexpr pg::statement quotas{"doctor_quotas", R"sql(
select account, lockouts::bigint, locked_at, closed_until from suivi.request_quota
)sql"};

constexpr pg::statement workers{"doctor_workers", R"sql(
select owner, greatest(seen_at, stopped_at), stopped_at is not null from suivi.reconciler order by 2 desc limit 20
)sql"};

} // namespace

task<void> collect_sweeps(fact_reader& reader, doctor_facts& f) {
  auto last = co_await reader.ask("sweep_late", sweeps);
  if (last) {
    for (account_facts& a : f.accounts) a.sweeps.emplace();
    for (std::size_t i = 0; i < last->size(); ++i) {
      account_facts* a = find_account(f, last->text(i, 0));
      if (!a) continue;
      a->sweeps->complete_as_of = last->maybe_timestamp(i, 1);
      if (!last->null(i, 2))
        a->sweeps->last_full =
            sweep_facts{last->timestamp(i, 2), last->boolean(i, 3), std::string(last->text(i, 4)),
                        last->integer(i, 5), last->integer(i, 6)};
      a->sweeps->running_since = last->maybe_timestamp(i, 7);
      if (!last->null(i, 8))
        a->sweeps->last_incremental =
            sweep_facts{last->timestamp(i, 8), last->boolean(i, 9), std::string(last->text(i, 10)), 0, 0};
    }
  }
  auto left = co_await reader.ask("requests left", quotas);
  for (std::size_t i = 0; left && i < left->size(); ++i)
    if (account_facts* a = find_account(f, left->text(i, 0)))
      a->quota = quota_facts{left->integer(i, 1), left->maybe_timestamp(i, 2), left->maybe_timestamp(i, 3)};
  auto at_work = co_await reader.ask("no_reconciler", workers);
  if (!at_work) co_return;
  f.workers.emplace();
  for (std::size_t i = 0; i < at_work->size(); ++i)
    f.workers->push_back(
        {std::string(at_work->text(i, 0)), at_work->timestamp(i, 1), at_work->boolean(i, 2)});
}

task<void> collect_webhooks(pg::connection& db, fact_reader& reader, doctor_facts& f) {
  bool opened = co_await reader.open("webhooks_silent");
  if (!opened) co_return;
  std::optional<std::string> only;
  auto may_be_unnamed = [](const account_facts& a) { return a.has_webhooks && !a.has_signed_webhooks; };
  auto first = std::ranges::find_if(f.accounts, may_be_unnamed);
  if (std::ranges::count_if(f.accounts, may_be_unnamed) == 1) only = first->id;
  auto found = co_await find_webhook_activity(db, only);
  co_await reader.close();
  if (!found) {
    reader.note("webhooks_silent", found.error());
    co_return;
  }
  for (account_facts& a : f.accounts) a.webhooks.emplace();
  for (const auto& [id, one] : *found)
    if (account_facts* a = find_account(f, id)) a->webhooks = webhook_facts{one.last_webhook_at, one.missed};
}

task<void> collect_events(fact_reader& reader, doctor_facts& f) {
  auto pending = co_await reader.ask("events waiting", shop::waiting_events_query);
  auto ended = co_await reader.ask("conflict", shop::closed_events_query);
  auto refused = co_await reader.ask("quarantined", shop::quarantined_events_query);
  auto there = co_await reader.ask("partitions", shop::partitions_query);
  if (pending && ended) {
    shop::waiting_events waiting = shop::read_waiting_events(*pending);
    verdict::counted failed = shop::sum_of(waiting.failed, shop::read_closed_events(*ended).failed);
    f.waiting = waiting_facts{waiting.parked, waiting.parked_long.count, failed.count, waiting.overdue};
  }
  if (ended && refused)
    f.refused = refused_facts{shop::read_closed_events(*ended).conflict.count,
                              shop::read_quarantined_events(*refused).count};
  if (!there) co_return;
  shop::partition_facts partitions = shop::read_partitions(*there);
  f.partitions = partition_facts{std::move(partitions.missing), std::move(partitions.stray)};
}

} // namespace suivi::reconciler
