// What a shop does not have, the statements do not ask for.
#include "reconciler/doctor/database_facts.hpp"

#include "common/log/log.hpp"
#include "common/pg/migrate.hpp"
#include "common/schema/schema.hpp"
#include "reconciler/store/webhook_activity.hpp"

#include <algorithm>
#include <array>

namespace suivi::reconciler {
namespace {

struct needed {
  const char* table;
  const char* column;
};

constexpr std::array needed_columns{needed{"orders", "id"},
                                    needed{"orders", "reference"},
                                    needed{"orders", "status"},
                                    needed{"orders", "trackingNumber"},
                                    needed{"orders", "shippingStatus"},
                                    needed{"orders", "maystroOrderId"},
                                    needed{"orders", "alertedAt"},
                                    needed{"orders", "alertReason"},
                                    needed{"orders", "abortReason"},
                                    needed{"orders", "additionalMetaData"},
                                    needed{"orders", "shippingAccountId"},
                                    needed{"orders", "createdAt"},
                                    needed{"orders", "updatedAt"},
                                    needed{"shipping_companies", "id"},
                                    needed{"shipping_companies", "slug"},
                                    needed{"shipping_companies", "isActive"},
                                    needed{"shipping_accounts", "id"},
                                    needed{"shipping_accounts", "name"},
                                    needed{"shipping_accounts", "companyId"},
                                    needed{"shipping_accounts", "credentials"},
                                    needed{"shipping_accounts", "baseUrl"},
                                    needed{"shipping_accounts", "isActive"},
                                    needed{"shipping_accounts", "requestCount"},
                                    needed{"shipping_accounts", "successCount"},
                                    needed{"shipping_accounts", "errorCount"},
                                    needed{"shipping_accounts", "lastUsed"},
                                    needed{"shipping_accounts", "lastTestAt"},
                                    needed{"shipping_accounts", "lastTestStatus"},
                                    needed{"shipping_accounts", "lastTestError"}};

constexpr pg::statement tables{"doctor_tables", R"sql(
select to_regclass('orders') is not null,
       to_regclass('shipping_companies') is not null and to_regclass('shipping_accounts') is not null,
       clock_timestamp()
)sql"};

constexpr pg::statement missing_columns{"doctor_columns", R"sql(
select n.t, n.c from unnest($1::text[], $2::text[]) as n(t, c)
where to_regclass(n.t) is not null
  and not exists (select from pg_attribute a where a.attrelid = to_regclass(n.t) and a.attname = n.c and not a.attisdropped)
)sql"};

constexpr pg::statement company{"doctor_company", R"sql(
select c."isActive",
       (select count(*) from shipping_accounts a where a."companyId" = c."id" and not (a."isActive" and c."isActive"))
from shipping_companies c where c."slug" = 'maystro'
)sql"};

constexpr pg::statement alike{"doctor_alike", R"sql(
select c."slug" from shipping_companies c
where c."slug" ilike '%maystro%' or c."name" ilike '%maystro%' order by 1 limit 5
)sql"};

constexpr pg::statement orders_by_account{"doctor_orders", R"sql(
select "shippingAccountId", count(*), count(*) filter (where coalesce("trackingNumber", '') = '')
from orders
where "shippingAccountId" is not null and "createdAt" < now() at time zone 'UTC' - interval '1 day'
group by 1
)sql"};

constexpr pg::statement unassigned_orders{
    "doctor_unassigned",
    R"sql(select count(*), 0::bigint, 0::bigint from orders where "shippingAccountId" is null)sql"};

constexpr pg::statement adopted_orders{"doctor_adopted", R"sql(
select count(*), count(*) filter (where a.order_id is not null and a.contested_by is null),
       count(*) filter (where a.contested_by is not null)
from orders o left join suivi.adopted_order a on a.order_id = o."id"
where o."shippingAccountId" is null
)sql"};

// Shown by a pull once, and not since the last complete sweep of the whole list began; both by PostgreSQL's
// clock.
constexpr pg::statement gone{"doctor_gone", R"sql(
select a.id, count(p.id) filter (where p.pulled_at is not null and p.pull_stored_at < a.whole_watermark and o."id" is not null)
from suivi.account a
left join suivi.parcel p on p.account = a.id
left join orders o on o."id" = p.order_id and (o."shippingAccountId" is null or o."shippingAccountId" = p.account)
where a.whole_watermark is not null
group by a.id
)sql"};

constexpr pg::statement sweeps{"doctor_sweeps", R"sql(
select a.id, coalesce(a.lease_until > clock_timestamp(), false), a.full_watermark,
       s.started_at, coalesce(s.verdict = 'complete', false), coalesce(s.reason, ''),
       s.finished_at is null and a.term = s.term and coalesce(a.lease_until > clock_timestamp(), false)
from suivi.account a
left join lateral (select * from suivi.sweep s where s.account = a.id and s.kind = 'full' order by s.id desc limit 1) s on true
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

constexpr pg::statement workers{"doctor_workers", R"sql(
select owner from suivi.reconciler
where stopped_at is null and seen_at > clock_timestamp() - interval '30 seconds' order by 1
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

account_facts* entry(doctor_facts& f, std::string_view id) {
  for (account_facts& a : f.accounts)
    if (a.id == id) return &a;
  return nullptr;
}

// A statement that fails costs its own check only.
task<std::optional<pg::rows>> ask(pg::connection& db, pg::statement statement, pg::params with = {}) {
  auto found = co_await db.run(statement, std::move(with));
  if (found) co_return *found;
  log::warn("doctor could not look at something",
            {{"statement", statement.name}, {"error", to_string(found.error())}});
  co_return std::nullopt;
}

task<void> look_at_shop(pg::connection& db, doctor_facts& f) {
  instant asked = now();
  auto there = co_await ask(db, tables);
  instant answered = now();
  if (!there) co_return;
  f.orders_table = there->boolean(0, 0);
  f.account_tables = there->boolean(0, 1);
  f.database_ahead =
      std::chrono::duration_cast<milliseconds>(there->at(0, 2) - (asked + (answered - asked) / 2));
  std::vector<std::optional<std::string>> names, columns;
  for (const needed& n : needed_columns) {
    names.emplace_back(n.table);
    columns.emplace_back(n.column);
  }
  pg::params with;
  with.texts(names).texts(columns);
  auto missing = co_await ask(db, missing_columns, std::move(with));
  for (std::size_t i = 0; missing && i < missing->size(); ++i)
    f.columns_missing.push_back({std::string(missing->text(i, 0)), std::string(missing->text(i, 1))});
  bool readable = std::none_of(f.columns_missing.begin(), f.columns_missing.end(),
                               [](const column_fact& c) { return c.table != "orders"; });
  if (f.account_tables && readable) {
    auto row = co_await ask(db, company);
    f.company = row && !row->empty();
    if (f.company) {
      f.company_active = row->boolean(0, 0);
      f.inactive_accounts = row->integer(0, 1);
    } else {
      auto others = co_await ask(db, alike);
      for (std::size_t i = 0; others && i < others->size(); ++i)
        f.companies_alike.emplace_back(others->text(i, 0));
    }
  }
}

task<void> look_at_orders(pg::connection& db, doctor_facts& f, bool schema) {
  auto counted = co_await ask(db, orders_by_account);
  for (std::size_t i = 0; counted && i < counted->size(); ++i)
    if (account_facts* a = entry(f, counted->text(i, 0))) {
      a->orders = counted->integer(i, 1);
      a->without_tracking = counted->integer(i, 2);
    }
  pg::statement how = schema ? adopted_orders : unassigned_orders;
  auto unassigned = co_await ask(db, how);
  if (unassigned) {
    f.orders_without_account = unassigned->integer(0, 0);
    f.adopted = unassigned->integer(0, 1);
    f.contested = unassigned->integer(0, 2);
  }
  if (!schema) co_return;
  auto no_longer = co_await ask(db, gone);
  for (std::size_t i = 0; no_longer && i < no_longer->size(); ++i)
    if (account_facts* a = entry(f, no_longer->text(i, 0))) a->parcels_gone = no_longer->integer(i, 1);
}

task<void> look_at_own(pg::connection& db, doctor_facts& f) {
  auto last = co_await ask(db, sweeps);
  for (std::size_t i = 0; last && i < last->size(); ++i) {
    f.sweep_leased = f.sweep_leased || last->boolean(i, 1);
    account_facts* a = entry(f, last->text(i, 0));
    if (!a) continue;
    a->complete_as_of = last->maybe_at(i, 2);
    if (!last->null(i, 3))
      a->last_full = sweep_facts{last->at(i, 3), last->boolean(i, 4), last->boolean(i, 6),
                                 std::string(last->text(i, 5))};
  }
  std::optional<std::string> only;
  if (f.accounts.size() == 1) only = f.accounts.front().id;
  auto found = co_await find_webhook_activity(db, only);
  if (found)
    for (const auto& [id, one] : *found)
      if (account_facts* a = entry(f, id)) {
        a->heard_at = one.last_webhook_at;
        a->missed = one.missed;
      }
  auto rooms = co_await ask(db, partitions);
  if (rooms) f.partitions = partition_facts{split(rooms->text(0, 0)), split(rooms->text(0, 1))};
  auto alive = co_await ask(db, workers);
  for (std::size_t i = 0; alive && i < alive->size(); ++i) f.workers_alive.emplace_back(alive->text(i, 0));
  auto waiting = co_await ask(db, waiting_events);
  if (!waiting) co_return;
  event_facts& e = f.events.emplace();
  e.parked = waiting->integer(0, 0);
  e.parked_long = waiting->integer(0, 1);
  e.failed = waiting->integer(0, 2);
  e.overdue = waiting->integer(0, 3);
  auto refused = co_await ask(db, refused_events);
  if (!refused) co_return;
  e.conflicts = refused->integer(0, 0);
  e.quarantined = refused->integer(0, 1);
}

} // namespace

task<void> collect_from_database(pg::connection& db, doctor_facts& into) {
  co_await look_at_shop(db, into);
  auto missing = co_await pg::migrations_missing(db, schema::all());
  if (missing)
    into.scripts_missing = *missing;
  else
    into.schema_error = missing.error();
  bool schema = into.scripts_missing == 0;
  if (into.orders_table && into.columns_missing.empty()) co_await look_at_orders(db, into, schema);
  if (schema) co_await look_at_own(db, into);
}

} // namespace suivi::reconciler
