-- What was bound to a partition's name, or to all recent events, no longer is.
-- compatible_from: 16

-- event_count knows when an account's last webhook came, to the quarter of an hour.
create index event_count_account on suivi.event_count (account, slot);

-- An event may have a number below `up_to_event` and yet have been stored after it was counted, in a transaction that was under
-- way. `event_before` is older than any such transaction, so what has a greater number is looked at once more.
alter table suivi.event_counted
  add column event_before bigint not null default 0,
  add column counted_at timestamptz not null default clock_timestamp();

-- As it was (0011_samples.sql), from `event_before` on.
create or replace function suivi.count_events() returns boolean language plpgsql as $$
declare
  this_slot timestamptz := date_bin('15 minutes', clock_timestamp(), 'epoch');
  newest bigint := (select last_value from suivi.event_id);
  known suivi.event_counted%rowtype;
  first timestamptz;
  is_soon boolean;
begin
  if not pg_try_advisory_xact_lock(hashtext('suivi.count_events')) then
    return false;
  end if;
  select * into known from suivi.event_counted;
  if found then
    first := least(known.up_to - interval '3 hours',
                   (select date_bin('15 minutes', min(i.received_at), 'epoch') from suivi.inbox i
                    where i.id > known.event_before and i.stored_on >= (known.up_to at time zone 'UTC')::date - 1));
  else
    first := (select date_bin('15 minutes', min(i.received_at), 'epoch') from suivi.inbox i);
  end if;
  first := coalesce(first, this_slot);
  if first < now() - interval '2 days' then
    first := date_trunc('hour', first); -- older slots are hours
  end if;
  delete from suivi.event_count where slot >= first;
  insert into suivi.event_count (slot, account, name, outcome, events)
  select case when i.received_at < now() - interval '2 days' then date_trunc('hour', i.received_at)
              else date_bin('15 minutes', i.received_at, 'epoch') end,
         coalesce(i.account, ''), coalesce(i.name, ''), coalesce(o.outcome, p.state, i.outcome, 'pending'), count(*)
  from suivi.inbox i
  left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on
                                 and o.stored_on >= (first at time zone 'UTC')::date - 1
  left join suivi.pending p on p.event_id = i.id
  where i.received_at >= first and i.received_at < this_slot and i.stored_on >= (first at time zone 'UTC')::date - 1
  group by 1, 2, 3, 4;
  delete from suivi.event_counted;
  is_soon := coalesce(known.counted_at > clock_timestamp() - interval '2 minutes', false); -- what was under way may be so still
  insert into suivi.event_counted (up_to, up_to_event, event_before, counted_at)
  values (this_slot, case when is_soon then known.up_to_event else newest end,
          case when is_soon then known.event_before else coalesce(known.up_to_event, 0) end,
          case when is_soon then known.counted_at else clock_timestamp() end);
  return true;
end $$;

-- As it was (0022_event_indexes.sql), by the days that partitions hold instead of their names. The default partition has its
-- turn when it holds nothing of today or later.
create or replace function suivi.index_next_day(bytes_max bigint, over boolean) returns boolean language plpgsql as $$
declare
  today date := (now() at time zone 'UTC')::date;
  next record;
  is_written boolean;
  child text;
begin
  for next in
    select c.oid::regclass as day, c.relname, w.parent, w.named, w.what, x.until
    from (values ('suivi.inbox'::regclass, 'suivi.inbox_by_reference'::regclass, 'by_reference',
                  '(reference) where reference is not null'),
                 ('suivi.inbox', 'suivi.inbox_ignored', 'ignored', '(id) where outcome = ''ignored'''),
                 ('suivi.event_outcome', 'suivi.event_outcome_by_order', 'by_order', '(order_id) where order_id is not null'),
                 ('suivi.event_outcome', 'suivi.event_outcome_settled', 'settled',
                  '(outcome) where outcome in (''unchanged'', ''stale'', ''ignored'')'))
         as w(events, parent, named, what)
    join pg_inherits h on h.inhparent = w.events
    join pg_class c on c.oid = h.inhrelid
    cross join lateral (select substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([0-9-]+)''\)')::date as until) x
    where not exists (select from pg_inherits k join pg_index x on x.indexrelid = k.inhrelid
                      where k.inhparent = w.parent and x.indrelid = c.oid)
      and pg_relation_size(c.oid) <= bytes_max
      and not (over and coalesce(x.until > today, false))
    order by x.until desc nulls last
  loop
    if over and next.until is null then
      execute format('select exists (select from %s where stored_on >= $1)', next.day) into is_written using today;
      continue when is_written;
    end if;
    child := next.relname || '_' || next.named;
    execute format('create index %I on %s %s', child, next.day, next.what);
    execute format('alter index %s attach partition suivi.%I', next.parent, child);
    return true;
  end loop;
  return false;
end $$;

-- Up to which event it was looked when each account's last webhook came.
alter table suivi.account add column webhooks_looked_to bigint;

-- When each account's last webhook came: as noted, as counted (to the quarter of an hour), or as the newest events say, of
-- which `events_max` are looked at, however many came since the last look. `sole`: the only account, whose are the events that
-- name none; null: the parcel tells. `if_silent`: events are looked at only where an account was not heard of for six hours.
create function suivi.last_webhooks(sole text, if_silent boolean, events_max integer)
returns table (account_id text, heard_at timestamptz, looked_to bigint) language sql stable as $$
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
  from suivi.account a
$$;
