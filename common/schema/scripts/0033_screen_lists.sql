-- What the screen counts, it can list; and what it asks for often is found by few rows.
-- compatible_from: 16

-- Orders whose new state a sweep found and no webhook had told: those that sweep.missed_by_webhook counts, where `missed_listed`.
create table suivi.sweep_missed (
  sweep_id bigint not null references suivi.sweep on delete cascade,
  order_id text   not null,
  primary key (sweep_id, order_id)
);
alter table suivi.sweep add column missed_listed boolean not null default false;

-- What a sweep changed is found by it. Webhooks' changes, the most, have no entry here.
create index change_sweep on suivi.change (sweep_id, order_id) where sweep_id is not null;

-- Troubled events are counted by an index alone; days that are large get it when they are over, as the others (0022_event_indexes.sql).
create index event_outcome_trouble on only suivi.event_outcome (outcome, at)
  where outcome not in ('applied', 'unchanged', 'stale', 'ignored');

-- As it was (0025_last_webhooks.sql), with that index.
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
                  '(outcome) where outcome in (''unchanged'', ''stale'', ''ignored'')'),
                 ('suivi.event_outcome', 'suivi.event_outcome_trouble', 'trouble',
                  '(outcome, at) where outcome not in (''applied'', ''unchanged'', ''stale'', ''ignored'')'))
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

do $$
begin
  while suivi.index_next_day(1024 * 1024, false) loop
  end loop;
end $$;

-- As it was (0027_cheaper_answers.sql), each outcome by itself: that index knows all that is asked.
create or replace function suivi.closed_events(events_max bigint)
returns table (failed bigint, failed_since timestamptz, conflict bigint, conflict_since timestamptz)
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return query
  select f.events, f.since, c.events, c.since
  from (select count(*) as events, min(x.at) as since
        from (select e.at from suivi.event_outcome e
              where e.outcome not in ('applied', 'unchanged', 'stale', 'ignored') and e.outcome = 'failed' limit events_max) x) f
  cross join (select count(*) as events, min(x.at) as since
        from (select e.at from suivi.event_outcome e
              where e.outcome not in ('applied', 'unchanged', 'stale', 'ignored') and e.outcome = 'conflict' limit events_max) x) c;
end $$;

-- A page of the sampled orders is read in the list's own order. They are sampled anew at once.
delete from suivi.sampled_order;
alter table suivi.sampled_order
  add column account    text      not null default '',           -- as sampled; '' for none
  add column created_at timestamp not null default '-infinity';
create index sampled_order_newest on suivi.sampled_order (view, created_at desc, reference desc);
update suivi.sampling set wanted_at = clock_timestamp();

-- How many orders each shipping status had at the last sampling; those that have few are sampled by the view 'status=' and the
-- status. The row '' says that all are there, and from which change on the journal may know what came since.
create table suivi.sampled_status (
  status       text   primary key,
  orders       bigint not null,
  since_change bigint
);

-- As in 0031_counted_orders.sql; beside it, orders of a shipping status that few have, those that are unchecked, and the untracked
-- ones that the courier does not know (view 'unknown') are sampled too.
create or replace function suivi.take_sample_after(small_after interval, only_small boolean) returns boolean language plpgsql as $$
declare
  last timestamptz;
  begun timestamptz := clock_timestamp();
  newest_change bigint;
  small boolean := coalesce(pg_relation_size(to_regclass('orders')) < 1000 * 8192, false);
begin
  if only_small and not small then
    return false;
  end if;
  if to_regclass('orders') is null or not pg_try_advisory_xact_lock(hashtext('suivi.take_sample')) then
    return false;
  end if;
  select max(at) into last from suivi.sample;
  if not small then
    small_after := interval '15 minutes';
  end if;
  if last > begun - small_after
     and not exists (select from suivi.sampling where wanted_at > last)
     and not exists (select from (select finished_at, kind, lookups, backfilled from suivi.sweep order by id desc limit 50) s
                     where s.finished_at > last and (s.kind <> 'incremental' or s.lookups > 0 or s.backfilled > 0)) then
    return false;
  end if;

  delete from suivi.sampled_order;
  delete from suivi.sampled_status;
  select n.last_value - 1000 into newest_change from suivi.change_id_seq n; -- some are under way
  with by_status as (
    select coalesce(o."shippingAccountId", '') as account, o."shippingStatus" as status, count(*) as orders,
           count(*) filter (where o."trackingNumber" <> '') as tracked
    from orders o group by 1, 2
  ), counted as (
    select b.account, sum(b.orders)::bigint as orders, sum(b.tracked)::bigint as tracked,
           sum(b.orders) filter (where b.status in (U&'ALERT\00C9', 'EN ALERTE', U&'TENTATIVE \00C9CHOU\00C9E', U&'BLOQU\00C9'))::bigint
             as alerted
    from by_status b group by 1
  ), statuses as (
    -- A small shop's orders are read through at once. So are those of a shop that has more texts than couriers have states.
    select coalesce(b.status, '') as status, sum(b.orders)::bigint as orders from by_status b
    where not small and length(coalesce(b.status, '')) <= 100
      and (select count(distinct x.status) from by_status x) <= 1000 group by 1
  ), told_statuses as (
    insert into suivi.sampled_status (status, orders, since_change)
    select s.status, s.orders, null::bigint from statuses s where s.status <> ''
    union all select '', count(*), newest_change from statuses having count(*) > 0
  ), seldom as (
    insert into suivi.sampled_order (view, order_id, reference, account, created_at)
    select 'status=' || o."shippingStatus", o."id", o."reference", coalesce(o."shippingAccountId", ''), o."createdAt" from orders o
    where o."shippingStatus" in (select s.status from statuses s where s.status <> '' and s.orders <= 1000)
  ), found as (
    select o."id", o."reference", coalesce(o."shippingAccountId", '') as account, o."createdAt",
           o."shippingAccountId" is not null or d.order_id is null as counts,
           coalesce(l.negatives > 0 or o."createdAt" < a.whole_watermark at time zone 'UTC', false) as unknown
    from orders o
    left join suivi.account a on a.id = o."shippingAccountId"
    left join suivi.lookup l on l.order_id = o."id" and l.account = o."shippingAccountId"
    left join suivi.adopted_order d on d.order_id = o."id" and o."shippingAccountId" is null
    where o."shippingAccountId" is null
       or (coalesce(o."trackingNumber", '') = '' and o."status"::text not in ('PENDING', 'CANCELLED')
           and o."createdAt" < (begun - interval '6 hours') at time zone 'UTC')
  ), listed as (
    insert into suivi.sampled_order (view, order_id, reference, account, created_at)
    select n.view, n."id", n."reference", n.account, n."createdAt"
    from (select case when f.account = '' then 'unassigned' else 'untracked' end as view, f."id", f."reference", f.account, f."createdAt",
                 row_number() over (partition by f.account = '' order by f."createdAt" desc) as place from found f) n
    where n.place <= 20000
  ), unknowns as (
    insert into suivi.sampled_order (view, order_id, reference, account, created_at)
    select 'unknown', f."id", f."reference", f.account, f."createdAt" from found f where f.unknown and f.account <> ''
    order by f."createdAt" desc limit 20000
  ), alerting as (
    -- Those whose alert no open parcel of theirs shows: what the system before wrote, or a hand.
    insert into suivi.sampled_order (view, order_id, reference, account, created_at)
    select 'alerted', o."id", o."reference", coalesce(o."shippingAccountId", ''), o."createdAt" from orders o
    where o."shippingStatus" in (U&'ALERT\00C9', 'EN ALERTE', U&'TENTATIVE \00C9CHOU\00C9E', U&'BLOQU\00C9')
      and not exists (select from suivi.parcel p where p.order_id = o."id" and p.open
                      and (p.status = 32 or p.state in ('EN ALERTE', U&'TENTATIVE \00C9CHOU\00C9E', U&'BLOQU\00C9')))
    order by o."createdAt" desc limit 20000
  ), unread as (
    insert into suivi.sampled_order (view, order_id, reference, account, created_at)
    select 'unchecked', o."id", o."reference", coalesce(o."shippingAccountId", ''), o."createdAt"
    from (select distinct p.order_id from suivi.parcel p
          where p.open
            and (p.status not in (50, 53) or p.created_at is null or p.created_at > begun - interval '60 days')
            and (p.gone_at is null or p.gone_at <= p.pulled_at)
            and coalesce(p.pulled_at, p.as_of_from, '-infinity') < begun - interval '24 hours') u
    join orders o on o."id" = u.order_id
    order by o."createdAt" desc limit 20000
  ), missing as (
    select f.account, count(*) filter (where f.counts) as untracked,
           min(f."createdAt") filter (where f.counts) at time zone 'UTC' as since, count(*) filter (where f.unknown) as unknown
    from found f group by 1
  ), parcels as (
    -- Those that rotation reads (reconciler/sweep/rotation.cpp): not what has long gone back, nor what is gone there.
    select p.account, count(distinct p.order_id) as open, min(p.pulled_at) as oldest,
           count(distinct p.order_id) filter (where coalesce(p.pulled_at, p.as_of_from, '-infinity') < begun - interval '24 hours')
             as unchecked
    from suivi.parcel p join orders o on o."id" = p.order_id
    where p.open
      and (p.status not in (50, 53) or p.created_at is null or p.created_at > begun - interval '60 days')
      and (p.gone_at is null or p.gone_at <= p.pulled_at)
    group by 1
  ), told as (
    select c.account, count(*) as told from suivi.change c
    where c.at > coalesce(last, begun - interval '7 days') and c.at <= begun and c.source = 1 and c.field = 'shippingStatus'
    group by 1
  ), replaced as (
    delete from suivi.sample r where r.at >= date_bin('15 minutes', begun, 'epoch') returning r.account, r.told
  ), replaced_told as (
    select r.account, sum(r.told)::bigint as told from replaced r group by 1
  ), accounts as (
    select '' as account union select account from counted union select account from parcels union select id from suivi.account
  )
  insert into suivi.sample (account, at, orders, tracked, untracked, untracked_since, unknown, open, oldest_pull, told,
                            alerted, unchecked)
  select s.account, begun, coalesce(c.orders, 0), coalesce(c.tracked, 0), coalesce(m.untracked, 0),
         case when s.account = '' then m.since else m.since + interval '6 hours' end, coalesce(m.unknown, 0),
         coalesce(p.open, 0), p.oldest, coalesce(t.told, 0) + coalesce(r.told, 0), coalesce(c.alerted, 0), coalesce(p.unchecked, 0)
  from accounts s
  left join counted c on c.account = s.account
  left join missing m on m.account = s.account
  left join parcels p on p.account = s.account
  left join told t on t.account = s.account
  left join replaced_told r on r.account = s.account;
  return true;
end $$;
