-- What the operations API shows over time, and what it must not count anew at each look: samples of the orders, and
-- events by the time of their receipt and their outcome. Filled by the house-keeping of both programs; nothing in the way of a webhook
-- writes here.

-- One row an account at each sampling, all of one sampling with the same `at`. The account '' stands for orders without
-- one: `untracked` are those of them that no account has matched either.
create table suivi.sample (
  account         text        not null,
  at              timestamptz not null,
  orders          bigint      not null, -- as coverage counts them
  tracked         bigint      not null,
  untracked       bigint      not null, -- no tracking number, older than 6 h, neither PENDING nor CANCELLED
  untracked_since timestamptz,          -- since when the oldest of them is one
  unknown         bigint      not null, -- of these, the courier said that it does not know them
  open            bigint      not null, -- linked parcels that may still move
  oldest_pull     timestamptz,          -- … the one of them that was not read for longest
  told            bigint      not null, -- changes of state that webhooks told since the sampling before
  alerted         bigint      not null, -- orders that show an alert
  unchecked       bigint      not null, -- open parcels not read within the bound that is promised
  primary key (account, at)
);
create index sample_at on suivi.sample (at);

-- One row: somebody wants the orders sampled again.
create table suivi.sampling (
  wanted_at timestamptz not null default clock_timestamp()
);
create unique index sampling_only on suivi.sampling ((true));
insert into suivi.sampling default values;

-- The newest orders of the last sampling that have no tracking number (view 'untracked') or no account ('unassigned'), so
-- that a list of the few is no search among all. Whether an order still is one is told from its own row.
create table suivi.sampled_order (
  view      text not null,
  order_id  text not null,
  reference text not null,
  primary key (view, order_id)
);
create index sampled_order_reference on suivi.sampled_order (reference text_pattern_ops);

-- Orders that a sweep found claimed by a parcel of another account, or that the database would not take.
create table suivi.sweep_conflict (
  sweep_id  bigint not null,
  account   text   not null,
  reference text   not null,
  refused   boolean not null default false, -- by the database
  primary key (sweep_id, reference)
);
create index sweep_conflict_account on suivi.sweep_conflict (account, sweep_id);

-- Events by a quarter of an hour of their receipt (older ones by the hour), the account their address named ('' for none),
-- their name ('' for none) and their outcome. An outcome may come late, so the last three hours are counted again each time.
create table suivi.event_count (
  slot    timestamptz not null,
  account text        not null,
  name    text        not null,
  outcome text        not null,
  events  bigint      not null,
  primary key (slot, account, name, outcome)
);
-- One row: what was received before `up_to` has been counted, as far as it was stored as event `up_to_event` or before.
create table suivi.event_counted (
  up_to       timestamptz not null,
  up_to_event bigint      not null
);
create unique index event_counted_only on suivi.event_counted ((true));

create index adopted_order_contested on suivi.adopted_order (order_id) where contested_by is not null;
create index sweep_started on suivi.sweep (started_at);
create index sweep_kind on suivi.sweep (kind, id);
create index parcel_reference on suivi.parcel (reference text_pattern_ops) where reference is not null;

alter table suivi.reconciler add column timezone text;
alter table suivi.account
  add column next_full_at timestamptz,        -- as the worker reckons
  add column next_incremental_at timestamptz,
  add column full_due_at timestamptz,         -- the last scheduled full sweep whose time has passed
  add column latency_ms integer,              -- of the last test of its key
  add column hooks_wanted text[] not null default '{}', -- triggers that should have a hook of ours
  add column hooks_asked_at timestamptz,      -- somebody wants them registered, and waits
  add column key_refused_at timestamptz;      -- since when the courier refuses the key

-- Samples the orders if that was done a quarter of an hour ago or longer (a small table: ten seconds ago), or somebody
-- wants it, or a sweep has ended that was full or looked orders up. Of each quarter of an hour the newest sampling stays.
-- One program at a time; true: this call has done it.
create function suivi.take_sample() returns boolean language plpgsql as $$
begin
  return suivi.take_sample_after(interval '10 seconds', false);
end $$;

-- The same, for a table of less than a thousand pages after `small_after`. `only_small`: larger ones are left alone, so that
-- nobody who looks has to wait for it.
create function suivi.take_sample_after(small_after interval, only_small boolean) returns boolean language plpgsql as $$
declare
  last timestamptz;
  begun timestamptz := clock_timestamp();
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
  with counted as (
    select coalesce(o."shippingAccountId", '') as account, count(*) as orders,
           count(*) filter (where o."trackingNumber" <> '') as tracked,
           count(*) filter (where o."shippingStatus" in (U&'ALERT\00C9', 'EN ALERTE', U&'TENTATIVE \00C9CHOU\00C9E', U&'BLOQU\00C9')) as alerted
    from orders o group by 1
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
    insert into suivi.sampled_order (view, order_id, reference)
    select n.view, n."id", n."reference"
    from (select case when f.account = '' then 'unassigned' else 'untracked' end as view, f."id", f."reference",
                 row_number() over (partition by f.account = '' order by f."createdAt" desc) as place from found f) n
    where n.place <= 20000
  ), missing as (
    select f.account, count(*) filter (where f.counts) as untracked,
           min(f."createdAt") filter (where f.counts) at time zone 'UTC' as since, count(*) filter (where f.unknown) as unknown
    from found f group by 1
  ), parcels as (
    -- Those that rotation reads (reconciler/sweep/rotation.cpp): not what has long gone back, nor what is gone there.
    select p.account, count(*) as open, min(p.pulled_at) as oldest,
           count(*) filter (where coalesce(p.pulled_at, p.as_of_from, '-infinity') < begun - interval '24 hours') as unchecked
    from suivi.parcel p
    where p.open and p.order_id is not null
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

-- Counts the slots that are not final yet: the last three hours, and what came late from a spool. One program at a time;
-- false: another one is at it.
create function suivi.count_events() returns boolean language plpgsql as $$
declare
  this_slot timestamptz := date_bin('15 minutes', clock_timestamp(), 'epoch');
  newest bigint := (select last_value from suivi.event_id);
  known suivi.event_counted%rowtype;
  first timestamptz;
begin
  if not pg_try_advisory_xact_lock(hashtext('suivi.count_events')) then
    return false;
  end if;
  select * into known from suivi.event_counted;
  if found then
    first := least(known.up_to - interval '3 hours',
                   (select date_bin('15 minutes', min(i.received_at), 'epoch') from suivi.inbox i
                    where i.id > known.up_to_event and i.stored_on >= (known.up_to at time zone 'UTC')::date - 1));
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
  insert into suivi.event_counted (up_to, up_to_event) values (this_slot, newest);
  return true;
end $$;

-- Events received since `since` by slots of `step`, their name ('' for none) and outcome. Where they are few they are counted
-- as they are now; where they are many, what is older than three hours is taken from event_count. `of_account`: null for
-- all; `and_unnamed`: those whose address named no account too.
create function suivi.events_by_slot(since timestamptz, step interval, of_account text, and_unnamed boolean)
returns table (slot timestamptz, name text, outcome text, events bigint) language plpgsql stable as $$
declare
  border timestamptz := (select c.up_to - interval '3 hours' from suivi.event_counted c);
begin
  if border is null or border <= since
     or (select coalesce(sum(c.events), 0) from suivi.event_count c where c.slot >= since and c.slot < border) < 20000 then
    border := since;
  end if;
  return query
    select x.slot, x.name, x.outcome, sum(x.events)::bigint
    from (
      select date_bin(step, c.slot, 'epoch') as slot, c.name, c.outcome, c.events
      from suivi.event_count c
      where c.slot >= since and c.slot < border
        and (of_account is null or c.account = of_account or (and_unnamed and c.account = ''))
      union all
      select date_bin(step, i.received_at, 'epoch'), coalesce(i.name, ''),
             coalesce(o.outcome, p.state, i.outcome, 'pending'), count(*)
      from suivi.inbox i
      left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on
                                     and o.stored_on >= (border at time zone 'UTC')::date - 1
      left join suivi.pending p on p.event_id = i.id
      where i.received_at >= border and i.stored_on >= (border at time zone 'UTC')::date - 1
        and (of_account is null or i.account = of_account or (and_unnamed and i.account is null))
      group by 1, 2, 3) x
    group by 1, 2, 3 order by 1, 3, 2;
end $$;

-- Takes away what is finer than anybody looks at: of samples older than 90 days each day's newest stays; quarters of an
-- hour of events become hours after two days, and go after 400 days.
create function suivi.thin_samples() returns bigint language plpgsql as $$
declare
  gone bigint;
begin
  with older as (
    select account, at, told, first_value(at) over w as kept, sum(told) over w as told_in_all
    from suivi.sample where at < now() - interval '90 days'
    window w as (partition by account, date_bin('1 day', at, 'epoch') order by at desc
                 range between unbounded preceding and unbounded following)
  ), summed as (
    update suivi.sample s set told = o.told_in_all from older o
    where s.account = o.account and s.at = o.at and o.at = o.kept and o.told_in_all <> o.told
  )
  delete from suivi.sample s using older o where s.account = o.account and s.at = o.at and o.at <> o.kept;
  get diagnostics gone = row_count;
  with quarters as (
    delete from suivi.event_count c
    where c.slot < date_trunc('hour', now()) - interval '2 days' and c.slot >= now() - interval '5 days'
      and exists (select from suivi.event_count q
                  where q.slot < date_trunc('hour', now()) - interval '2 days' and q.slot >= now() - interval '5 days'
                    and q.slot <> date_trunc('hour', q.slot))
    returning c.slot, c.account, c.name, c.outcome, c.events
  )
  insert into suivi.event_count (slot, account, name, outcome, events)
  select date_trunc('hour', q.slot), q.account, q.name, q.outcome, sum(q.events) from quarters q group by 1, 2, 3, 4;
  delete from suivi.event_count where slot < now() - interval '400 days';
  return gone;
end $$;

-- Sweeps that only look orders up, for a person who asked.
alter table suivi.sweep drop constraint sweep_kind_check, add constraint sweep_kind_check check (kind in ('full', 'incremental', 'lookups'));
alter table suivi.sweep_request drop constraint sweep_request_kind_check,
  add constraint sweep_request_kind_check check (kind in ('full', 'incremental', 'lookups'));
