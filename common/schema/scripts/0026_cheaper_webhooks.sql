-- What a webhook costs PostgreSQL less: its key is a plain insert, a batch is answered by one row, and an outcome is in the index
-- of orders only where its order is not found by the reference that the event tells.
-- compatible_from: 16

-- The event tells its order's reference as it was when the outcome was noted: inbox_by_reference finds it. Null: as before.
alter table suivi.event_outcome add column by_reference boolean;
drop index suivi.event_outcome_by_order;
create index event_outcome_by_order on only suivi.event_outcome (order_id) where order_id is not null and by_reference is not true;

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
                 ('suivi.event_outcome', 'suivi.event_outcome_by_order', 'by_order',
                  '(order_id) where order_id is not null and by_reference is not true'),
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

do $$
begin
  while suivi.index_next_day(1024 * 1024, false) loop
  end loop;
end $$;

-- As suivi.ingest_range (0021_pending_ranges.sql), answered by one row: the events' numbers, and `day` for all that is new. Where
-- something was seen before, `seen` tells which, and `days` theirs. A key that is not there is inserted plainly: what
-- `on conflict` writes to be ready to take a row back is for races and for what came before, which go by suivi.take_keys.
create function suivi.ingest_batch(
  keys bytea[], expiring boolean[], received timestamptz[], accounts text[], raws bytea[], names text[],
  message_ids text[], published timestamptz[], uuids text[], display_ids text[], trackings text[],
  reference_texts text[], statuses bigint[], outcomes text[], errors text[], who text, lease_ms bigint)
returns table (events bigint[], day date, days date[], seen boolean[])
language plpgsql set enable_seqscan = off as $$
declare
  ordered boolean;
  looks_back boolean;
  stored bytea[] := keys; -- as they are in the table
  looked_for bytea[];
  fresh bigint[];
begin
  day := (now() at time zone 'UTC')::date;
  select day >= o.since, day >= o.since and o.plain into ordered, looks_back from suivi.key_order o;
  if ordered then -- as suivi.take_keys makes them (0023_key_order.sql)
    select array_agg(
             case when u.message_id is not null
                  then coalesce(substr(int8send(nullif(right(substr(u.message_id,
                         length(rtrim(u.message_id, '0123456789')) + 1), 18), '')::bigint), 2, 6), '')
                  else coalesce(substr(timestamptz_send(u.at), 2, 6), '') end || u.key)
    into stored
    from (select unnest(keys) as key, unnest(message_ids) as message_id, unnest(published) as at) u;
  end if;
  looked_for := stored;
  if looks_back then
    looked_for := stored || keys;
  end if;
  if not exists (select from suivi.inbox_key k where k.key = any(looked_for)) then
    begin
      select array_agg(nextval('suivi.event_id')) into events from generate_series(1, cardinality(keys));
      insert into suivi.inbox_key (key, event_id, stored_on, expires_at)
      select u.key, u.id, day, case when u.expires then now() + interval '24 hours' end
      from (select unnest(stored) as key, unnest(expiring) as expires, unnest(events) as id) u order by u.key;
    exception when unique_violation then -- one comes twice in this batch, or somebody stores it at the same time
      events := null;
    end;
  end if;

  if events is not null then
    insert into suivi.inbox (id, stored_on, received_at, account, raw, name, message_id, published_at, uuid,
                             display_id, tracking, reference, status, outcome, error)
    select unnest(events), day, unnest(received), unnest(accounts), unnest(raws), unnest(names), unnest(message_ids),
           unnest(published), unnest(uuids), unnest(display_ids), unnest(trackings), unnest(reference_texts),
           unnest(statuses), unnest(outcomes), unnest(errors);
    fresh := events;
  else
    select array_agg(t.event), array_agg(t.day), array_agg(t.seen) into events, days, seen
    from suivi.take_keys(keys, expiring, message_ids, published) t;
    insert into suivi.inbox (id, stored_on, received_at, account, raw, name, message_id, published_at, uuid,
                             display_id, tracking, reference, status, outcome, error)
    select u.id, ingest_batch.day, u.received, u.account, u.raw, u.name, u.message_id, u.published, u.uuid,
           u.display_id, u.tracking, u.reference, u.status, u.outcome, u.error
    from (
      select unnest(events) as id, unnest(seen) as seen, unnest(received) as received, unnest(accounts) as account,
             unnest(raws) as raw, unnest(names) as name, unnest(message_ids) as message_id, unnest(published) as published,
             unnest(uuids) as uuid, unnest(display_ids) as display_id, unnest(trackings) as tracking,
             unnest(reference_texts) as reference, unnest(statuses) as status, unnest(outcomes) as outcome,
             unnest(errors) as error) u
    where not u.seen;
  end if;

  if seen is not null or cardinality(array_remove(outcomes, null)) > 0 then
    select array_agg(u.id order by u.id) into fresh
    from (select unnest(events) as id, unnest(coalesce(seen, array_fill(false, array[cardinality(keys)]))) as seen,
                 unnest(outcomes) as outcome) u
    where not u.seen and u.outcome is null;
  end if;
  if fresh is not null then
    insert into suivi.pending_range (first_id, ids, stored_on, owner, due_at)
    values (fresh[1], fresh, day, who, now() + lease_ms * interval '1 millisecond');
  end if;
  return next;
end $$;

-- As suivi.settle_ranges (0021_pending_ranges.sql); `named`: the event tells its order's reference.
create function suivi.settle_batch(
  who text, firsts bigint[], closed bigint[], closed_days text[], outcomes text[], errors text[], order_ids text[],
  named boolean[], waiting bigint[], waiting_days text[], states text[], tries bigint[], delays_ms bigint[], keep boolean[],
  why text[], uuids text[], display_ids text[], trackings text[], reference_texts text[])
returns void language plpgsql set enable_seqscan = off as $$
declare
  ranges bigint;
  events bigint;
begin
  with gone as (
    delete from suivi.pending_range r where r.first_id = any(firsts) and r.owner = who
    returning cardinality(r.ids) as n
  )
  select count(*), coalesce(sum(g.n), 0) into ranges, events from gone g;
  if ranges <> cardinality(firsts) then
    raise exception 'events are no longer in these hands' using errcode = 'SV001';
  end if;
  if events <> cardinality(closed) + cardinality(waiting) then
    raise exception 'a range is settled as a whole';
  end if;

  insert into suivi.event_outcome (event_id, stored_on, outcome, error, order_id, by_reference)
  select u.id, u.day::date, u.outcome, u.error, u.order_id, u.named
  from (select unnest(closed) as id, unnest(closed_days) as day, unnest(outcomes) as outcome, unnest(errors) as error,
               unnest(order_ids) as order_id, unnest(named) as named) u;

  if cardinality(waiting) = 0 then
    return; -- nearly always
  end if;
  insert into suivi.pending (event_id, stored_on, state, attempts, due_at, owner, error, uuid, display_id, tracking, reference)
  select u.id, u.day::date, u.state, u.tries, now() + u.delay_ms * interval '1 millisecond', case when u.keep then who end,
         u.error, u.uuid, u.display_id, u.tracking, u.reference
  from (
    select unnest(waiting) as id, unnest(waiting_days) as day, unnest(states) as state, unnest(tries) as tries,
           unnest(delays_ms) as delay_ms, unnest(keep) as keep, unnest(why) as error, unnest(uuids) as uuid,
           unnest(display_ids) as display_id, unnest(trackings) as tracking, unnest(reference_texts) as reference) u
  on conflict (event_id) do nothing;
end $$;

-- As it was (0002_inbox.sql); of another order than before it is not known whether the event tells its reference.
create or replace function suivi.close_events(who text, ids bigint[], outcomes text[], errors text[], order_ids text[])
returns void language plpgsql set enable_seqscan = off as $$
declare
  closed bigint;
begin
  with gone as (
    delete from suivi.pending p
    where p.event_id = any(ids) and p.owner = who -- each by its key, whatever the statistics make of the table
    returning p.event_id, p.stored_on, p.first_time, p.again_at is not null as repeat
  ), ended as (
    select g.event_id, g.stored_on, g.first_time, g.repeat, u.outcome, u.error, u.order_id
    from gone g
    join (select unnest(ids) as id, unnest(outcomes) as outcome, unnest(errors) as error, unnest(order_ids) as order_id) u
      on u.id = g.event_id
  ), noted as (
    insert into suivi.event_outcome (event_id, stored_on, outcome, error, order_id)
    select e.event_id, e.stored_on, e.outcome, e.error, e.order_id from ended e where e.first_time
  ), noted_again as (
    -- A repeat that changed nothing leaves the outcome of the first time.
    insert into suivi.event_outcome as o (event_id, stored_on, outcome, error, order_id)
    select e.event_id, e.stored_on, e.outcome, e.error, e.order_id from ended e
    where not e.first_time
      and (not e.repeat or e.outcome = 'applied'
           or not exists (select from suivi.event_outcome x where x.event_id = e.event_id and x.stored_on = e.stored_on))
    on conflict (event_id, stored_on) do update
      set outcome = excluded.outcome, error = excluded.error, order_id = excluded.order_id, at = excluded.at,
          by_reference = case when o.order_id = excluded.order_id then o.by_reference end
  )
  select count(*) into closed from gone;
  if closed <> cardinality(ids) then
    raise exception 'events are no longer in these hands' using errcode = 'SV001';
  end if;
end $$;
