// Tables are found in the catalog, so that a missing right does not look like a missing table.
#include "reconciler/doctor/collect/shop_facts.hpp"

#include "common/shop/problems/row_security.hpp"
#include "reconciler/doctor/checks/needs.hpp"

#include <algorithm>

namespace suivi::reconciler {
namespace {

using texts = std::vector<std::optional<std::string>>;

constexpr int clock_questions = 3; // the quickest answer tells most

constexpr pg::statement clock_now{"doctor_clock", "select clock_timestamp()"};

constexpr pg::statement session{"doctor_session", R"sql(
select current_database(), current_user, current_setting('transaction_read_only') = 'on', pg_is_in_recovery(),
       current_setting('synchronous_commit'),
       coalesce((select bool_or(setting = 'synchronous_commit=off')
                 from pg_db_role_setting s cross join unnest(s.setconfig) as setting
                 where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
                   and s.setrole in (0, (select oid from pg_roles where rolname = current_user))), false),
       coalesce((select case when s.setrole = 0 then format('DATABASE %I', current_database())
                             when s.setdatabase = 0 then format('ROLE %I', session_user)
                             else format('ROLE %I IN DATABASE %I', session_user, current_database()) end
                 from pg_db_role_setting s cross join unnest(s.setconfig) as setting
                 where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
                   and s.setrole in (0, (select oid from pg_roles where rolname = session_user))
                   and setting like 'default\_transaction\_read\_only=%' -- of several the one in force:
                 order by s.setrole <> 0 desc, s.setdatabase <> 0 desc limit 1), '')
)sql"};

constexpr pg::statement tables{"doctor_tables", R"sql(
with wanted as (select oid from pg_namespace where nspname = $1),
tables as (
  select c.oid, c.relname, c.relnamespace, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relname in ('orders', 'shipping_companies', 'shipping_accounts') and c.relkind in ('r', 'p', 'v')
)
select exists (select from wanted),
       exists (select from tables t join wanted w on w.oid = t.relnamespace where t.relname = 'orders'),
       (select count(*) = 2 from tables t join wanted w on w.oid = t.relnamespace where t.relname <> 'orders'),
       (select t.nspname from tables t where t.oid = to_regclass('orders')),
       coalesce((select string_agg(t.nspname, ',' order by t.nspname) from tables t
                 where t.relname = 'orders' and t.nspname <> $1
                   and exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'shippingAccountId')), '')
)sql"};

constexpr pg::statement columns{"doctor_columns", R"sql(
select n.t, n.c, a.attname is not null, coalesce(format_type(a.atttypid, a.atttypmod), ''), coalesce(b.typname, ''),
       coalesce(b.typtype = 'e', false),
       exists (select from pg_enum e where e.enumtypid = b.oid and e.enumlabel = 'DELIVERED'),
       case when b.typname in ('varchar', 'bpchar') and b.typmod > 4 then b.typmod - 4 end,
       coalesce(a.attnotnull or b.filled, false), coalesce(a.attgenerated <> '', false)
from unnest($2::text[], $3::text[]) with ordinality as n(t, c, place)
join pg_namespace s on s.nspname = $1
join pg_class k on k.relnamespace = s.oid and k.relname = n.t
left join pg_attribute a on a.attrelid = k.oid and a.attname = n.c and a.attnum > 0 and not a.attisdropped
left join lateral (
  with recursive below as (
    select y.oid, y.typname, y.typtype, y.typbasetype, y.typtypmod, a.atttypmod as typmod, y.typnotnull as filled
    from pg_type y where y.oid = a.atttypid
    union all
    select y.oid, y.typname, y.typtype, y.typbasetype, y.typtypmod,
           case when d.typtypmod >= 0 then d.typtypmod else d.typmod end, d.filled or y.typnotnull
    from below d join pg_type y on y.oid = d.typbasetype where d.typtype = 'd'
  )
  select * from below where typtype <> 'd') b on true
order by n.place
)sql"};

constexpr pg::statement shop_rights{"doctor_shop_rights", R"sql(
select n.t, a.attname, n.p, false
from unnest($2::text[], $3::text[], $4::text[]) with ordinality as n(t, c, p, place)
join pg_namespace s on s.nspname = $1
join pg_class k on k.relnamespace = s.oid and k.relname = n.t
join pg_attribute a on a.attrelid = k.oid and a.attnum > 0 and not a.attisdropped and a.attname = coalesce(n.c, a.attname)
where not has_column_privilege(k.oid, a.attnum, n.p)
union all
select k.relname, null, 'SELECT', true
from pg_class k join pg_namespace s on s.oid = k.relnamespace
where s.nspname = $1 and k.relname = 'webhook_events' and not has_table_privilege(k.oid, 'SELECT')
order by 4, 1, 3
)sql"};

constexpr pg::statement schema_rights{"doctor_schema_rights", R"sql(
select current_user,
       coalesce((select not has_schema_privilege(s.oid, 'USAGE') from pg_namespace s where s.nspname = $1), false),
       not exists (select from pg_namespace where nspname = 'suivi')
         and not has_database_privilege(current_database(), 'CREATE'),
       current_database(),
       coalesce((select not has_schema_privilege(s.oid, 'USAGE') from pg_namespace s where s.nspname = 'suivi'), false),
       coalesce((select not has_schema_privilege(s.oid, 'CREATE') from pg_namespace s where s.nspname = 'suivi'), false)
)sql"};

constexpr pg::statement own_rights{"doctor_own_rights", R"sql(
select 'table', k.relname::text, p
from pg_class k cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as p
where k.relnamespace = (select oid from pg_namespace where nspname = 'suivi')
  and (k.relkind in ('r', 'p') or (k.relkind = 'v' and p = 'SELECT')) and not has_table_privilege(k.oid, p)
union all
select 'sequence', k.relname::text, p from pg_class k cross join unnest(array['SELECT', 'UPDATE', 'USAGE']) as p
where k.relnamespace = (select oid from pg_namespace where nspname = 'suivi')
  and case when k.relkind = 'S' then not has_sequence_privilege(k.oid, p) else false end
union all
select 'function', format('%I(%s)', f.proname, pg_get_function_identity_arguments(f.oid)), 'EXECUTE' from pg_proc f
where f.pronamespace = (select oid from pg_namespace where nspname = 'suivi') and not has_function_privilege(f.oid, 'EXECUTE')
union all
select 'owner', format('%s suivi.%I', case k.relkind when 'v' then 'VIEW' when 'S' then 'SEQUENCE' else 'TABLE' end, k.relname), ''
from pg_class k
where k.relnamespace = (select oid from pg_namespace where nspname = 'suivi') and k.relkind in ('r', 'p', 'v', 'S')
  and not pg_has_role(k.relowner, 'USAGE') -- a table's own sequence goes with it
  and not (k.relkind = 'S' and exists (select from pg_depend d where d.objid = k.oid and d.deptype in ('a', 'i')))
union all
select 'owner', format('FUNCTION suivi.%I(%s)', f.proname, pg_get_function_identity_arguments(f.oid)), '' from pg_proc f
where f.pronamespace = (select oid from pg_namespace where nspname = 'suivi') and not pg_has_role(f.proowner, 'USAGE')
order by 1, 2, 3
)sql"};

constexpr pg::statement company{"doctor_company", R"sql(
select c."slug", c."isActive", count(a."id"), count(a."id") filter (where not (a."isActive" and c."isActive"))
from shipping_companies c left join shipping_accounts a on a."companyId" = c."id"
where lower(btrim(c."slug")) = any($1) group by c."id", c."slug", c."isActive" order by 1
)sql"};

// Named like a courier that is served, but for other signs; with accounts, or where none is served.
constexpr pg::statement alike{"doctor_alike", R"sql(
select c."slug" from shipping_companies c
where lower(btrim(c."slug")) <> all($1)
  and exists (select from unnest($1) as served (slug)
              where regexp_replace(lower(c."slug" || ' ' || c."name"), '[^a-z]', '', 'g')
                    like '%' || regexp_replace(served.slug, '[^a-z]', '', 'g') || '%')
  and (exists (select from shipping_accounts a where a."companyId" = c."id" and a."isActive" and c."isActive")
       or not exists (select from shipping_companies s where lower(btrim(s."slug")) = any($1)))
order by 1 limit 5
)sql"};

constexpr pg::statement other_couriers{"doctor_other_couriers", R"sql(
select c."slug", count(*)
from shipping_accounts a join shipping_companies c on c."id" = a."companyId"
where a."isActive" and c."isActive" and lower(btrim(c."slug")) <> all($1)
group by 1 order by 1
)sql"};

texts list_of(std::string_view names) {
  texts list;
  while (!names.empty()) {
    std::string_view one = names.substr(0, names.find(','));
    list.emplace_back(std::string(one));
    names.remove_prefix(std::min(names.size(), one.size() + 1));
  }
  return list;
}

void add_column(table_facts& to, const pg::rows& found, std::size_t i, const needed_column& needed) {
  column_fact fact{std::string(needed.table), std::string(needed.name), "",
                   std::string(to_string(needed.kind))};
  if (!found.boolean(i, 2)) {
    to.missing.push_back(std::move(fact));
    return;
  }
  fact.type = found.text(i, 3);
  bool written_by_others = needed.updated && found.boolean(i, 9);
  if (written_by_others) fact.type += ", generated always";
  std::string_view type = found.text(i, 4);
  bool fitting = !written_by_others && fits(needed.kind, {type, found.boolean(i, 5), found.boolean(i, 6)});
  std::int64_t characters_max = found.maybe_integer(i, 7).value_or(needed.characters_least);
  if (!fitting)
    to.unfit.push_back(fact);
  else if (characters_max < needed.characters_least)
    to.narrow.push_back(fact);
  if (fitting && type == "bpchar") to.padded.push_back(fact);
  bool is_searched = needed.table == "orders" && (needed.name == "id" || needed.name == "reference");
  if (is_searched && type == "citext") to.caseless.push_back(fact);
  if (needed.cleared && found.boolean(i, 8)) to.not_null.push_back(std::move(fact));
}

} // namespace

task<void> collect_clock(pg::connection& db, fact_reader& reader, doctor_facts& f) {
  for (int i = 0; i < clock_questions; ++i) {
    instant requested_at = now();
    auto stated = co_await db.run(clock_now); // outside any transaction: one round trip
    instant answered = now();
    if (!stated) {
      reader.note("clock_skew", stated.error());
      co_return;
    }
    f.now = stated->timestamp(0, 0);
    clock_interval ahead = clock_ahead(requested_at, answered, f.now, milliseconds(0));
    // The first question is prepared too, which is another round trip and a wider interval.
    f.database_clock = f.database_clock ? narrowed(*f.database_clock, ahead) : ahead;
  }
}

task<void> collect_session(fact_reader& reader, doctor_facts& f) {
  auto row = co_await reader.ask("durability", session);
  if (!row) co_return;
  session_facts& s = f.session.emplace();
  s.database = row->text(0, 0);
  s.role = row->text(0, 1);
  s.read_only = row->boolean(0, 2);
  s.standby = row->boolean(0, 3);
  s.synchronous_commit = row->text(0, 4);
  s.asynchronous_by_default = row->boolean(0, 5);
  s.read_only_by = row->text(0, 6);
}

task<void> collect_tables(fact_reader& reader, doctor_facts& f, std::string schema) {
  pg::params params;
  params.text(schema);
  auto there = co_await reader.ask("orders table", tables, std::move(params));
  if (!there) co_return;
  table_facts t;
  t.schema = schema;
  t.schema_there = there->boolean(0, 0);
  t.orders = there->boolean(0, 1);
  t.account_tables = there->boolean(0, 2);
  t.used_schema = there->maybe_text(0, 3);
  for (std::optional<std::string>& other : list_of(there->text(0, 4)))
    t.elsewhere.push_back(std::move(*other));
  texts names, members;
  for (const needed_column& n : needed_columns()) {
    names.emplace_back(std::string(n.table));
    members.emplace_back(std::string(n.name));
  }
  pg::params with;
  with.text(schema).texts(names).texts(members);
  auto found = co_await reader.ask("column types", columns, std::move(with));
  t.columns_known = found.has_value();
  if (found) {
    std::size_t i = 0; // of tables that are there, in the order of the list
    for (const needed_column& n : needed_columns())
      if (i < found->size() && found->text(i, 0) == n.table && found->text(i, 1) == n.name)
        add_column(t, *found, i++, n);
  }
  f.tables = std::move(t);
}

task<void> collect_rights(fact_reader& reader, doctor_facts& f, std::string schema) {
  pg::params params;
  params.text(schema);
  auto of_schemas = co_await reader.ask("rights", schema_rights, std::move(params));
  texts names, members, privileges;
  auto need = [&](std::string_view table, std::optional<std::string> column, const char* privilege) {
    names.emplace_back(std::string(table));
    members.push_back(std::move(column));
    privileges.emplace_back(privilege);
  };
  for (const needed_column& n : needed_columns()) {
    if (n.table != "shipping_accounts") need(n.table, std::string(n.name), "SELECT");
    if (n.updated) need(n.table, std::string(n.name), "UPDATE");
  }
  need("shipping_accounts", std::nullopt, "SELECT"); // the operations API shows whole rows
  pg::params with;
  with.text(schema).texts(names).texts(members).texts(privileges);
  auto of_shop = co_await reader.ask("rights", shop_rights, std::move(with));
  auto of_own = co_await reader.ask("rights", own_rights);
  auto guarded = co_await reader.ask("row security", shop::guarded_tables_query);
  if (!of_schemas || !of_shop || !of_own) co_return;

  right_facts& r = f.rights.emplace();
  if (guarded) r.guarded = shop::read_guarded_tables(*guarded);
  if (guarded) r.old_events_guarded = shop::are_old_events_guarded(*guarded);
  r.role = of_schemas->text(0, 0);
  if (of_schemas->boolean(0, 1)) r.missing.push_back({right_of::schema, schema, "", "", "USAGE", false});
  if (of_schemas->boolean(0, 2))
    r.missing.push_back({right_of::database, "", std::string(of_schemas->text(0, 3)), "", "CREATE", false});
  if (of_schemas->boolean(0, 4)) r.missing.push_back({right_of::schema, "suivi", "", "", "USAGE", false});
  if (of_schemas->boolean(0, 5)) r.missing.push_back({right_of::schema, "suivi", "", "", "CREATE", false});
  for (std::size_t i = 0; i < of_shop->size(); ++i) {
    bool whole = of_shop->null(i, 1);
    r.missing.push_back({whole ? right_of::table : right_of::column, schema, std::string(of_shop->text(i, 0)),
                         of_shop->maybe_text(i, 1).value_or(""), std::string(of_shop->text(i, 2)),
                         of_shop->boolean(i, 3)});
  }
  for (std::size_t i = 0; i < of_own->size(); ++i) {
    std::string_view kind = of_own->text(i, 0);
    std::string object(of_own->text(i, 1));
    if (kind == "owner") {
      r.not_owned.push_back(std::move(object));
      continue;
    }
    right_of of = kind == "table"      ? right_of::table
                  : kind == "sequence" ? right_of::sequence
                                       : right_of::function;
    r.missing.push_back({of, "suivi", std::move(object), "", std::string(of_own->text(i, 2)), false});
  }
}

task<void> collect_companies(fact_reader& reader, doctor_facts& f) {
  pg::params known;
  known.texts(served_slugs());
  pg::params with = known, and_with = known;
  auto served = co_await reader.ask("company", company, std::move(with));
  auto like_these = co_await reader.ask("company", alike, std::move(and_with));
  if (!served || !like_these) co_return;
  company_facts c;
  for (std::size_t i = 0; i < served->size(); ++i) {
    (served->boolean(i, 1) ? c.active : c.inactive).emplace_back(served->text(i, 0));
    c.accounts += served->integer(i, 2);
    c.inactive_accounts += served->integer(i, 3);
  }
  for (std::size_t i = 0; i < like_these->size(); ++i) c.alike.emplace_back(like_these->text(i, 0));
  auto others = co_await reader.ask("other couriers", other_couriers, std::move(known));
  if (others)
    for (std::size_t i = 0; i < others->size(); ++i)
      c.others[std::string(others->text(i, 0))] = others->integer(i, 1);
  f.company = std::move(c);
}

} // namespace suivi::reconciler
