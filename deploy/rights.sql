-- The database role that Suivi connects as, with every right it needs in a shop's database and no other. May be repeated.
--
-- Run it as the owner of the shop's tables or a superuser, with psql:
--   psql -v role=suivi -f deploy/rights.sql "postgresql://owner@host/shop"
--   -v role=NAME     the role (suivi); it is made, without a password, where it is not there: ALTER ROLE NAME PASSWORD '…'
--   -v schema=NAME   the schema of the shop's tables (public)
-- Suivi reads and writes the columns named here, and owns the schema `suivi`; CREATE on the database lets it make that schema,
-- and make it again should it be lost. `suivi-reconciler doctor` (check `rights`) prints what is missing.
\set ON_ERROR_STOP on
\if :{?role}
\else
  \set role suivi
\endif
\if :{?schema}
\else
  \set schema public
\endif

select format('create role %I login', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec

begin;
grant connect, create on database :"DBNAME" to :"role";
grant usage on schema :"schema" to :"role";

grant select ("id", "reference", "shippingAccountId", "trackingNumber", "shippingStatus", "maystroOrderId", "alertedAt",
              "alertReason", "abortReason", "additionalMetaData", "status", "updatedAt", "createdAt")
  on :"schema".orders to :"role";
grant update ("trackingNumber", "shippingStatus", "maystroOrderId", "alertedAt", "alertReason", "abortReason",
              "additionalMetaData", "status", "updatedAt")
  on :"schema".orders to :"role";

-- A shop whose courier accounts come from the environment has no such tables.
select format('grant select on %I.%I to %I', n.nspname, c.relname, :'role')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = :'schema' and c.relkind in ('r', 'p', 'v') and c.relname in ('shipping_accounts', 'shipping_companies',
      'webhook_events') -- the last for `suivi-receiver replay --legacy` only
\gexec
select format('grant update ("requestCount", "successCount", "errorCount", "lastUsed", "lastTestAt", "lastTestStatus", '
              '"lastTestError") on %I.shipping_accounts to %I', :'schema', :'role')
where to_regclass(format('%I.shipping_accounts', :'schema')) is not null
\gexec

-- A schema `suivi` that another role made becomes this one's, with all that is in it. Whoever gives a thing away must be a member
-- of the role that gets it: an owner who is no superuser is one until all of it is done.
select not pg_has_role(:'role', 'USAGE') and exists (
  select from pg_namespace where nspname = 'suivi' and not pg_has_role(:'role', nspowner, 'USAGE')
  union all
  select from pg_class where relnamespace = to_regnamespace('suivi') and not pg_has_role(:'role', relowner, 'USAGE')
  union all
  select from pg_proc where pronamespace = to_regnamespace('suivi') and not pg_has_role(:'role', proowner, 'USAGE')
) as is_member_meanwhile \gset
\if :is_member_meanwhile
  grant :"role" to current_user;
\endif
select format('alter schema suivi owner to %I', :'role') from pg_namespace
where nspname = 'suivi' and not pg_has_role(:'role', nspowner, 'USAGE')
\gexec
select format('alter %s suivi.%I owner to %I', case c.relkind when 'S' then 'sequence' else 'table' end, c.relname, :'role')
from pg_class c
where c.relnamespace = to_regnamespace('suivi') and c.relkind in ('r', 'p', 'v', 'S')
  and not pg_has_role(:'role', c.relowner, 'USAGE')
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i') and c.relkind = 'S')
\gexec
select format('alter function %s owner to %I', f.oid::regprocedure, :'role')
from pg_proc f
where f.pronamespace = to_regnamespace('suivi') and not pg_has_role(:'role', f.proowner, 'USAGE')
\gexec
\if :is_member_meanwhile
  revoke :"role" from current_user;
\endif

-- To somebody who may not give a right, GRANT is a warning and a success: then nothing of all this holds.
select has_database_privilege(:'role', current_database(), 'CREATE') and has_schema_privilege(:'role', :'schema', 'USAGE')
  and has_column_privilege(:'role', format('%I.orders', :'schema'), 'id', 'SELECT')
  and has_column_privilege(:'role', format('%I.orders', :'schema'), 'status', 'UPDATE')
  and not exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = :'schema' and c.relkind in ('r', 'p', 'v')
      and (c.relname in ('shipping_accounts', 'shipping_companies', 'webhook_events')
             and not has_table_privilege(:'role', c.oid, 'SELECT')
           or c.relname = 'shipping_accounts' and not has_column_privilege(:'role', c.oid, 'lastUsed', 'UPDATE')))
  as is_given \gset
\if :is_given
  commit;
\else
  rollback;
  do $$ begin
    raise exception 'nothing was given: run this as the owner of the database and of the shop''s tables, or as a superuser';
  end $$;
\endif
