// The shop's own times have no zone and are UTC.
#include "reconciler/doctor/collect/order_facts.hpp"

#include "common/decision/state_rules.hpp"
#include "reconciler/doctor/checks/needs.hpp"
#include "reconciler/doctor/collect/database_facts.hpp"

namespace suivi::reconciler {
namespace {

using texts = std::vector<std::optional<std::string>>;

// Counted as the contract's view `untracked` is.
constexpr pg::statement untracked{"doctor_untracked", R"sql(
select "shippingAccountId", count(*), count(*) filter (where coalesce("trackingNumber", '') = '')
from orders
where "shippingAccountId" is not null and "createdAt" < now() at time zone 'UTC' - interval '6 hours'
  and "status"::text not in ('PENDING', 'CANCELLED')
group by 1
)sql"};

// Asked for by reference and not there, or older than a whole list that was read: as samples count them.
constexpr pg::statement unknown_to_courier{"doctor_unknown_to_courier", R"sql(
select o."shippingAccountId", count(*)
from orders o
left join suivi.lookup l on l.order_id = o."id" and l.account = o."shippingAccountId"
left join suivi.account a on a.id = o."shippingAccountId"
where (l.negatives > 0 or o."createdAt" < a.whole_watermark at time zone 'UTC') and coalesce(o."trackingNumber", '') = '' and o."createdAt" < now() at time zone 'UTC' - interval '6 hours'
  and o."status"::text not in ('PENDING', 'CANCELLED')
group by 1
)sql"};

// $2: accounts without a list, as below.
constexpr pg::statement never_read{"doctor_never_read", R"sql(
select coalesce(o."shippingAccountId", ''), count(*),
       count(*) filter (where exists (select from suivi.unanswered_number u
                                      where u.order_id = o."id" and u.account = o."shippingAccountId")),
       count(*) filter (where a.id <> all($2) and o."createdAt" < a.whole_watermark at time zone 'UTC')
from orders o left join suivi.account a on a.id = o."shippingAccountId"
where (o."trackingNumber" <> '' or o."maystroOrderId" <> '') and coalesce(o."shippingStatus", '') <> all($1)
  and not exists (select from suivi.parcel p
                  where p.order_id = o."id" and p.account = coalesce(o."shippingAccountId", p.account))
group by 1
)sql"};

// Shown by a pull once, and not since the last complete sweep of the whole list began: both by PostgreSQL's
// clock, for a worker's may be wrong. Not of orders that two accounts claim: what is read of these is not
// taken. $1: accounts without a list, whose sweeps ask for the shop's numbers, and for none that has ended.
constexpr pg::statement gone{"doctor_gone", R"sql(
select a.id, count(p.id) filter (where p.pulled_at is not null and p.pull_stored_at < a.whole_watermark
                                   and o."id" is not null and d.order_id is null
                                   and (a.id <> all($1) or (not p.ended and o."trackingNumber" = p.uuid)))
from suivi.account a
left join suivi.parcel p on p.account = a.id
left join orders o on o."id" = p.order_id and (o."shippingAccountId" is null or o."shippingAccountId" = p.account)
left join suivi.adopted_order d on d.order_id = o."id" and d.contested_by is not null and o."shippingAccountId" is null
where a.whole_watermark is not null
group by a.id
)sql"};

// Those that incremental sweeps read in turn; one that the courier said it has not is told as gone. When a
// pull was stored is PostgreSQL's to say: pulled_at is of a worker's clock, which may be wrong.
constexpr pg::statement open_parcels{"doctor_open_parcels", R"sql(
select p.account, count(*), min(case when p.pulled_at is not null then p.pull_stored_at else p.as_of_from end)
from suivi.parcel p join orders o on o."id" = p.order_id
where p.open and p.order_id is not null
  and (p.status not in (50, 53) or p.created_at is null or p.created_at > now() - interval '60 days')
  and (p.gone_at is null or p.gone_at <= p.pull_stored_at)
group by 1
)sql"};

constexpr pg::statement unassigned_plain{
    "doctor_unassigned",
    R"sql(select count(*), 0::bigint, 0::bigint from orders where "shippingAccountId" is null)sql"};

constexpr pg::statement unassigned_adopted{"doctor_adopted", R"sql(
select count(*), count(*) filter (where a.order_id is not null and a.contested_by is null),
       count(*) filter (where a.contested_by is not null)
from orders o left join suivi.adopted_order a on a.order_id = o."id"
where o."shippingAccountId" is null
)sql"};

// The courier trims them; an order whose parcel bears the very same reference was matched all the same.
constexpr pg::statement blanks{"doctor_blanks", R"sql(
select count(*), coalesce(array_to_string((array_agg(quote_literal(o."reference") order by o."createdAt" desc))[1:3], ', '), '')
from orders o
where o."reference" <> btrim(o."reference", E' \t\r\n\f' || chr(160))
  and not exists (select from suivi.parcel p where p.order_id = o."id" and p.reference = o."reference")
)sql"};

// Of the parcels that no order was found for. Letters are compared as they are, so only a person can tell.
constexpr pg::statement near_misses{"doctor_near_misses", R"sql(
with named as (
  select distinct c.reference, lower(btrim(case when e.utf8 then normalize(c.reference) else c.reference end)) as plain
  from suivi.sweep_conflict c, (select current_setting('server_encoding') = 'UTF8' as utf8) e where c.unmatched
)
select count(*), coalesce(array_to_string((array_agg(quote_literal(n.reference) || ' for ' || quote_literal(o."reference")
                                                     order by n.reference))[1:3], ', '), '')
from orders o
join named n on n.plain = lower(btrim(case when current_setting('server_encoding') = 'UTF8'
                                           then normalize(o."reference"::text) else o."reference"::text end))
where o."reference" <> n.reference
  and not exists (select from suivi.parcel p where p.order_id = o."id")
)sql"};

constexpr pg::statement inactive_with_orders{"doctor_inactive", R"sql(
select a."id", a."name", count(*)
from orders o
join shipping_accounts a on a."id" = o."shippingAccountId"
join shipping_companies c on c."id" = a."companyId"
where lower(btrim(c."slug")) = any($1) and not (a."isActive" and c."isActive")
  and o."status"::text not in ('DELIVERED', 'CANCELLED', 'RETURNED') and coalesce(o."shippingStatus", '') <> all($2)
group by 1, 2 order by 1
)sql"};

constexpr pg::statement open_with_account{"doctor_open_with_account", R"sql(
select count(*) from orders
where "shippingAccountId" <> all($2) and "status"::text not in ('DELIVERED', 'CANCELLED', 'RETURNED')
  and coalesce("shippingStatus", '') <> all($1)
)sql"};

// Which column names a store as orders."storeIdentifier" does is known by trying.
constexpr pg::statement store_columns{"doctor_store_columns", R"sql(
select k.relname, a.attname, has_column_privilege(k.oid, a.attnum, 'SELECT')
from pg_class k join pg_namespace s on s.oid = k.relnamespace
join pg_attribute a on a.attrelid = k.oid and a.attnum > 0 and not a.attisdropped
where s.nspname = $1
  and (k.relname = 'api_configurations' and a.attname in ('shippingAccountId', 'storeIdentifier', 'name')
       or k.relname = 'orders' and a.attname = 'storeIdentifier')
order by 1, 2
)sql"};

constexpr pg::statement linked_by_identifier{"doctor_linked_by_identifier", R"sql(
with links as (
  select "storeIdentifier" as store, count(distinct "shippingAccountId") as accounts
  from api_configurations where "shippingAccountId" is not null and "storeIdentifier" <> '' group by 1
)
select count(*) filter (where l.accounts = 1), count(*) filter (where l.accounts > 1)
from orders o join links l on l.store = o."storeIdentifier" where o."shippingAccountId" is null
)sql"};

constexpr pg::statement linked_by_name{"doctor_linked_by_name", R"sql(
with links as (
  select "name" as store, count(distinct "shippingAccountId") as accounts
  from api_configurations where "shippingAccountId" is not null and "name" <> '' group by 1
)
select count(*) filter (where l.accounts = 1), count(*) filter (where l.accounts > 1)
from orders o join links l on l.store = o."storeIdentifier" where o."shippingAccountId" is null
)sql"};

// Where a parcel of any courier stays for good.
texts final_states() {
  texts states;
  for (courier_kind courier : couriers)
    for (std::string& text : shop::final_texts(courier)) states.emplace_back(std::move(text));
  return states;
}

} // namespace

task<void> collect_orders(fact_reader& reader, doctor_facts& f, bool schema_current) {
  auto tracked = co_await reader.ask("untracked", untracked);
  if (tracked) {
    for (account_facts& a : f.accounts) a.tracking.emplace();
    for (std::size_t i = 0; i < tracked->size(); ++i)
      if (account_facts* a = find_account(f, tracked->text(i, 0)))
        a->tracking = untracked_facts{tracked->integer(i, 1), tracked->integer(i, 2), std::nullopt};
  }
  pg::statement of_nobody = schema_current ? unassigned_adopted : unassigned_plain;
  auto unassigned = co_await reader.ask("orders_without_account", of_nobody);
  if (unassigned)
    f.unassigned = unassigned_facts{unassigned->integer(0, 0), unassigned->integer(0, 1),
                                    unassigned->integer(0, 2), std::nullopt, schema_current};
  if (!schema_current) co_return;

  auto unknown = co_await reader.ask("untracked", unknown_to_courier);
  for (account_facts& a : f.accounts) {
    if (!unknown) a.tracking.reset(); // half a look is none
    if (a.tracking) a.tracking->unknown_to_courier = 0;
  }
  for (std::size_t i = 0; unknown && i < unknown->size(); ++i)
    if (account_facts* a = find_account(f, unknown->text(i, 0)); a && a->tracking)
      a->tracking->unknown_to_courier = unknown->integer(i, 1);
  texts unlisted;
  for (const account_facts& a : f.accounts)
    if (!a.lists_parcels) unlisted.emplace_back(a.id);
  pg::params finals;
  finals.texts(final_states()).texts(unlisted);
  auto unread = co_await reader.ask("orders never read", never_read, std::move(finals));
  if (unread) {
    for (account_facts& a : f.accounts) a.never_read = 0;
    if (f.unassigned) f.unassigned->never_read = 0;
    for (std::size_t i = 0; i < unread->size(); ++i) {
      if (account_facts* a = find_account(f, unread->text(i, 0))) {
        a->never_read = unread->integer(i, 1);
        a->numbers_unknown = unread->integer(i, 2);
        a->not_listed = unread->integer(i, 3);
      }
      if (unread->text(i, 0).empty() && f.unassigned) f.unassigned->never_read = unread->integer(i, 1);
    }
  }
  pg::params without_list;
  without_list.texts(unlisted);
  auto no_longer = co_await reader.ask("parcels gone", gone, std::move(without_list));
  for (std::size_t i = 0; no_longer && i < no_longer->size(); ++i)
    if (account_facts* a = find_account(f, no_longer->text(i, 0))) a->parcels_gone = no_longer->integer(i, 1);
  auto open = co_await reader.ask("unchecked", open_parcels);
  if (open) {
    for (account_facts& a : f.accounts) a.open_parcels.emplace();
    for (std::size_t i = 0; i < open->size(); ++i)
      if (account_facts* a = find_account(f, open->text(i, 0)))
        a->open_parcels = open_parcel_facts{open->integer(i, 1), open->maybe_timestamp(i, 2)};
  }
  auto around = co_await reader.ask("references", blanks);
  if (around) {
    f.blanks = blank_facts{around->integer(0, 0), {}};
    if (f.blanks->orders > 0) f.blanks->examples.emplace_back(around->text(0, 1));
  }
  auto near = co_await reader.ask("references", near_misses);
  if (near) {
    f.spelled_otherwise = blank_facts{near->integer(0, 0), {}};
    if (f.spelled_otherwise->orders > 0) f.spelled_otherwise->examples.emplace_back(near->text(0, 1));
  }
}

task<void> collect_unreached_orders(fact_reader& reader, doctor_facts& f) {
  if (f.company) {
    pg::params with;
    with.texts(served_slugs()).texts(final_states());
    auto found = co_await reader.ask("inactive account", inactive_with_orders, std::move(with));
    for (std::size_t i = 0; found && i < found->size(); ++i)
      f.inactive_with_orders.push_back(
          {std::string(found->text(i, 0)), std::string(found->text(i, 1)), found->integer(i, 2)});
  }
  if (!f.accounts_from_environment) co_return;
  texts reached; // by the tables' own accounts, of other couriers
  for (const account_facts& a : f.accounts) reached.emplace_back(a.id);
  pg::params with;
  with.texts(final_states()).texts(reached);
  auto open = co_await reader.ask("accounts", open_with_account, std::move(with));
  if (open) f.open_orders_with_account = open->integer(0, 0);
}

task<void> collect_store_links(fact_reader& reader, doctor_facts& f, std::string schema) {
  if (!f.unassigned || f.unassigned->orders == f.unassigned->adopted) co_return;
  pg::params params;
  params.text(schema);
  auto there = co_await reader.ask("store links", store_columns, std::move(params));
  if (!there) co_return;
  bool of_orders = false, account = false, identifier = false, name = false;
  store_link_facts s;
  s.schema = schema;
  for (std::size_t i = 0; i < there->size(); ++i) {
    bool orders = there->text(i, 0) == "orders";
    std::string_view column = there->text(i, 1);
    if (orders)
      of_orders = true;
    else if (column == "shippingAccountId")
      account = true;
    else if (column == "storeIdentifier")
      identifier = true;
    else
      name = true;
    if (!there->boolean(i, 2))
      s.missing.push_back(
          {right_of::column, schema, std::string(there->text(i, 0)), std::string(column), "SELECT", true});
  }
  if (!of_orders || !account || (!identifier && !name)) co_return;
  if (s.missing.empty()) {
    for (bool by_identifier : {true, false}) {
      if (by_identifier ? !identifier : !name) continue;
      pg::statement links = by_identifier ? linked_by_identifier : linked_by_name;
      auto linked = co_await reader.ask("store links", links);
      if (!linked) co_return;
      bool better =
          s.column.empty() || linked->integer(0, 0) + linked->integer(0, 1) > s.orders + s.undecided;
      if (!better) continue;
      s.column = by_identifier ? "storeIdentifier" : "name";
      s.orders = linked->integer(0, 0);
      s.undecided = linked->integer(0, 1);
    }
  }
  f.store_links = std::move(s);
}

} // namespace suivi::reconciler
