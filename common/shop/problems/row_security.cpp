// Asks the catalog which tables have row level security that hides rows from us.
#include "common/shop/problems/row_security.hpp"

namespace suivi::shop {

// A policy lets everything through if it says `true`: more cannot be known without the rows that it may hide.
const pg::statement guarded_tables_query{"shop_guarded_tables", R"sql(
with guarded as (
  select c.oid, c.relname, n.commands
  from (values ('orders', array['r', 'w']), ('shipping_accounts', array['r']), ('shipping_companies', array['r']),
               ('webhook_events', array['r'])) as n (name, commands)
  join pg_class c on c.oid = to_regclass(n.name)
  where row_security_active(c.oid)
), policies as (
  select g.oid, wanted.command, p.polpermissive as permissive,
         coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') = 'true'
           and coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'true') = 'true' as open
  from guarded g cross join unnest(g.commands) as wanted (command)
  join pg_policy p on p.polrelid = g.oid and p.polcmd::text in ('*', wanted.command)
  where exists (select from unnest(p.polroles) as r (role)
                where case when r.role = 0 then true else pg_has_role(r.role, 'USAGE') end)
)
select g.relname::text from guarded g
where exists (select from policies p where p.oid = g.oid and not p.permissive and not p.open)
   or exists (select from unnest(g.commands) as wanted (command)
              where not exists (select from policies p where p.oid = g.oid and p.command = wanted.command
                                  and p.permissive and p.open))
order by 1
)sql"};

namespace {

constexpr std::string_view old_events = "webhook_events";

} // namespace

std::vector<std::string> read_guarded_tables(const pg::rows& answer) {
  std::vector<std::string> tables;
  for (std::size_t i = 0; i < answer.size(); ++i)
    if (answer.text(i, 0) != old_events) tables.emplace_back(answer.text(i, 0));
  return tables;
}

bool are_old_events_guarded(const pg::rows& answer) {
  for (std::size_t i = 0; i < answer.size(); ++i)
    if (answer.text(i, 0) == old_events) return true;
  return false;
}

} // namespace suivi::shop
