-- What the screen asks for often is planned once a connection, not over all days at each look.
-- compatible_from: 16

-- When an event of a type last came is found without going through all counts.
create index event_count_name on suivi.event_count (name, slot);

-- As it was (0025_last_webhooks.sql), with a plan that is kept: which days it needs is seen when it runs.
create or replace function suivi.last_webhooks(sole text, if_silent boolean, events_max integer)
returns table (account_id text, heard_at timestamptz, looked_to bigint)
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return query
  with fresh as materialized (
    select i.id, i.received_at, i.account, i.uuid from suivi.inbox i
    where (not if_silent or exists (select from suivi.account a where a.webhook_heard_at < now() - interval '6 hours'))
      and i.id > (select case when bool_or(a.webhooks_looked_to is null) then 0 else coalesce(min(a.webhooks_looked_to), 0) end
                  from suivi.account a)
      and i.stored_on >= (now() at time zone 'UTC')::date - 14
    order by i.id desc limit events_max
  ), heard as (
    select f.account as account_id, max(f.received_at) as at from fresh f where f.account is not null group by 1
    union all
    select sole, max(f.received_at) from fresh f where f.account is null and sole is not null
    union all
    select p.account, max(f.received_at) from fresh f join suivi.parcel p on p.uuid = f.uuid
    where f.account is null and sole is null group by 1
  )
  select a.id,
         greatest(a.webhook_heard_at, (select max(h.at) from heard h where h.account_id = a.id),
                  (select max(c.slot) from suivi.event_count c where c.account = a.id),
                  (select max(c.slot) from suivi.event_count c where a.id = sole and c.account = '')),
         (select max(f.id) from fresh f)
  from suivi.account a;
end $$;

-- Events that an order's reference names, `events_max` of each way to find them: their own reference, or what became of them, names
-- the order. What told the order's reference is not in the index of outcomes: where the order has another one since, its parcels
-- know the one that was told.
create function suivi.events_of_reference(wanted text, events_max bigint) returns table (event_id bigint, stored_on date)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  (select r.id, r.stored_on from suivi.inbox r where r.reference = wanted limit events_max)
  union
  (select q.event_id, q.stored_on from suivi.event_outcome q
   where q.order_id = (select x."id" from orders x where x."reference" = wanted) and q.by_reference is not true
   limit events_max)
  union
  (select q.event_id, q.stored_on
   from orders x
   join suivi.parcel p on p.order_id = x."id" and p.reference <> x."reference"
   join suivi.inbox r on r.reference = p.reference
   join suivi.event_outcome q on q.event_id = r.id and q.stored_on = r.stored_on and q.order_id = x."id"
   where x."reference" = wanted limit events_max);
end $$;

-- Events that were closed without being processed, and since when; partial indexes know them (0004_operations.sql). No more than
-- `events_max` are counted.
create function suivi.closed_events(events_max bigint)
returns table (failed bigint, failed_since timestamptz, conflict bigint, conflict_since timestamptz)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return query
  select count(*) filter (where o.outcome = 'failed'), min(o.at) filter (where o.outcome = 'failed'),
         count(*) filter (where o.outcome = 'conflict'), min(o.at) filter (where o.outcome = 'conflict')
  from (select e.outcome, e.at from suivi.event_outcome e
        where e.outcome not in ('applied', 'unchanged', 'stale', 'ignored') limit events_max) o;
end $$;

create function suivi.quarantined_events(events_max bigint) returns table (events bigint, since timestamptz)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return query
  select count(*), min(i.received_at)
  from (select q.id, q.stored_on, q.received_at from suivi.inbox q where q.outcome = 'quarantined' limit events_max) i
  where not exists (select from suivi.event_outcome o where o.event_id = i.id and o.stored_on = i.stored_on)
    and not exists (select from suivi.pending p where p.event_id = i.id);
end $$;
