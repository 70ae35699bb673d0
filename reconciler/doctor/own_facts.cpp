// Times in these tables are PostgreSQL's, but for what receivers note on receipt.
#include "reconciler/doctor/own_facts.hpp"

#include "reconciler/doctor/database_facts.hpp"
#include "reconciler/store/webhook_activity.hpp"

#include <algorithm>

namespace suivi::reconciler {
namespace {

constexpr pg::statement sweeps{"doctor_sweeps", R"sql(
with shown as (
  select s.id, s.account, s.started_at, s.verdict, s.reason, s.conflicts, s.refused,
         s.finished_at is null and a.term = s.term and coalesce(a.lease_until > clock_timestamp(), false) as running
  from suivi.sweep s join suivi.account a on a.id = s.account
  where s.kind = 'full'
)
select a.id, a.full_watermark, e.started_at, coalesce(e.verdict = 'complete', false), coalesce(e.reason, ''),
       coalesce(e.conflicts, 0), coalesce(e.refused, 0),
       (select max(r.started_at) from shown r where r.account = a.id and r.running)
from suivi.account a
left join lateral (select * from shown s where s.account = a.id and not s.running order by s.id desc limit 1) e on true
)sql"};

constexpr pg::statement workers{"doctor_workers", R"sql(
select owner, greatest(seen_at, stopped_at), stopped_at is not null from suivi.reconciler order by 2 desc limit 20
)sql"};

constexpr pg::statement waiting_events{"doctor_waiting", R"sql(
select count(*) filter (where state = 'parked'),
       count(*) filter (where state = 'parked' and since < now() - interval '1 day'),
       count(*) filter (where state = 'failed'),
       count(*) filter (where state = 'pending' and due_at < now() - interval '1 minute')
from suivi.pending
)sql"};

constexpr pg::statement refused_events{"doctor_refused", R"sql(
select (select count(*) from suivi.event_outcome o
        where o.outcome = 'conflict' and o.stored_on >= (now() at time zone 'UTC')::date - 7),
       (select count(*) from suivi.inbox i
        where i.outcome = 'quarantined' and i.stored_on >= (now() at time zone 'UTC')::date - 7)
)sql"};

constexpr pg::statement partitions{"doctor_partitions", R"sql(
with wanted as (
  select t || '_' || to_char((now() at time zone 'UTC')::date + ahead, 'YYYYMMDD') as name, t || '_default' as rest
  from unnest(array['inbox', 'event_outcome']) as t, generate_series(0, 1) as ahead
  union all
  select 'change_' || to_char(date_trunc('month', now() at time zone 'UTC') + ahead * interval '1 month', 'YYYYMM'),
         'change_default'
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

} // namespace

task<void> look_at_sweeps(looker& look, doctor_facts& f) {
  auto last = co_await look.ask("sweep_late", sweeps);
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
    }
  }
  auto at_work = co_await look.ask("no_reconciler", workers);
  if (!at_work) co_return;
  f.workers.emplace();
  for (std::size_t i = 0; i < at_work->size(); ++i)
    f.workers->push_back(
        {std::string(at_work->text(i, 0)), at_work->timestamp(i, 1), at_work->boolean(i, 2)});
}

task<void> look_at_webhooks(pg::connection& db, looker& look, doctor_facts& f) {
  bool opened = co_await look.open("webhooks_silent");
  if (!opened) co_return;
  std::optional<std::string> only;
  if (f.accounts.size() == 1) only = f.accounts.front().id;
  auto found = co_await find_webhook_activity(db, only);
  co_await look.close();
  if (!found) {
    look.note("webhooks_silent", found.error());
    co_return;
  }
  for (account_facts& a : f.accounts) a.webhooks.emplace();
  for (const auto& [id, one] : *found)
    if (account_facts* a = find_account(f, id)) a->webhooks = webhook_facts{one.last_webhook_at, one.missed};
}

task<void> look_at_events(looker& look, doctor_facts& f) {
  auto waiting = co_await look.ask("events waiting", waiting_events);
  if (waiting)
    f.waiting = waiting_facts{waiting->integer(0, 0), waiting->integer(0, 1), waiting->integer(0, 2),
                              waiting->integer(0, 3)};
  auto refused = co_await look.ask("quarantined", refused_events);
  if (refused) f.refused = refused_facts{refused->integer(0, 0), refused->integer(0, 1)};
  auto rooms = co_await look.ask("partitions", partitions);
  if (rooms) f.partitions = partition_facts{split(rooms->text(0, 0)), split(rooms->text(0, 1))};
}

} // namespace suivi::reconciler
