-- Webhooks stored by one statement wait as one row until they are applied, not as a row each.
-- compatible_from: 16
--
-- A range lasts for milliseconds: its receiver applies what it has just stored and deletes the row in the transaction that
-- writes the orders. Whatever does not go as plainly as that opens it: then each of its events is a row of suivi.pending, in
-- the same hands, and all goes on from there. Anybody may open a range: its holder finds it gone, rolls back, and looks for
-- its events in suivi.pending. Programs that know no ranges open those whose lease has lapsed by claim_events.
-- Range rows are locked in the order of first_id, so nobody waits for another in a circle.

create table suivi.pending_range (
  first_id  bigint primary key,   -- the smallest of ids
  ids       bigint[] not null,    -- the events, by number; none of them has an outcome
  stored_on date not null,        -- of them all
  owner     text,
  due_at    timestamptz not null  -- the lease's end: nobody else touches it before
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
create index pending_range_due on suivi.pending_range (due_at);

-- Every event that is still to be applied, parked or refused, whichever way it waits.
create view suivi.waiting_event as
  select event_id, stored_on, state, attempts, due_at, owner from suivi.pending
  union all
  select unnest(ids), stored_on, 'pending', 0, due_at, owner from suivi.pending_range;

-- Stores webhooks of which `who` holds those that are to be applied, for `lease_ms`; one statement, no lock but those of the
-- keys. Element n of every array is one webhook; `outcomes`: null, or why there is nothing to be applied.
create function suivi.ingest_range(
  keys bytea[], expiring boolean[], received timestamptz[], accounts text[], raws bytea[], names text[],
  message_ids text[], published timestamptz[], uuids text[], display_ids text[], trackings text[],
  reference_texts text[], statuses bigint[], outcomes text[], errors text[], who text, lease_ms bigint)
returns table (event bigint, day date, seen boolean) language plpgsql as $$
declare
  today date := (now() at time zone 'UTC')::date;
  events bigint[];
  days date[];
  seen_before boolean[];
  fresh bigint[];
begin
  select array_agg(t.event), array_agg(t.day), array_agg(t.seen) into events, days, seen_before
  from suivi.take_keys(keys, expiring) t;

  insert into suivi.inbox (id, stored_on, received_at, account, raw, name, message_id, published_at, uuid,
                           display_id, tracking, reference, status, outcome, error)
  select u.id, today, u.received, u.account, u.raw, u.name, u.message_id, u.published, u.uuid,
         u.display_id, u.tracking, u.reference, u.status, u.outcome, u.error
  from (
    select unnest(events) as id, unnest(seen_before) as seen, unnest(received) as received, unnest(accounts) as account,
           unnest(raws) as raw, unnest(names) as name, unnest(message_ids) as message_id, unnest(published) as published,
           unnest(uuids) as uuid, unnest(display_ids) as display_id, unnest(trackings) as tracking,
           unnest(reference_texts) as reference, unnest(statuses) as status, unnest(outcomes) as outcome,
           unnest(errors) as error) u
  where not u.seen;

  select array_agg(u.id order by u.id) into fresh
  from (select unnest(events) as id, unnest(seen_before) as seen, unnest(outcomes) as outcome) u
  where not u.seen and u.outcome is null;
  if fresh is not null then
    insert into suivi.pending_range (first_id, ids, stored_on, owner, due_at)
    values (fresh[1], fresh, today, who, now() + lease_ms * interval '1 millisecond');
  end if;
  return query select unnest(events), unnest(days), unnest(seen_before);
end $$;

-- Makes rows of suivi.pending out of these ranges: in the same hands, due when they were.
create function suivi.open_ranges(firsts bigint[]) returns void language sql set enable_seqscan = off as $$
  with gone as (
    delete from suivi.pending_range r where r.first_id = any(firsts)
    returning r.ids, r.stored_on, r.owner, r.due_at
  )
  insert into suivi.pending (event_id, stored_on, due_at, owner)
  select unnest(g.ids), g.stored_on, g.due_at, g.owner from gone g
  on conflict (event_id) do nothing
$$;

-- … of the ranges that hold any of these events. Run it before a statement that looks for them in suivi.pending.
create function suivi.open_ranges_of(events bigint[]) returns void language plpgsql as $$
begin
  perform suivi.open_ranges(array(
    select r.first_id from suivi.pending_range r where r.ids && events order by r.first_id for update));
end $$;

-- … of those of these ranges that are in `who`'s hands, where they stay for another `lease_ms`.
create function suivi.open_held_ranges(who text, firsts bigint[], lease_ms bigint)
returns void language plpgsql set enable_seqscan = off as $$
begin
  update suivi.pending_range r set due_at = now() + lease_ms * interval '1 millisecond'
  where r.first_id = any(firsts) and r.owner = who;
  perform suivi.open_ranges(array(
    select r.first_id from suivi.pending_range r where r.first_id = any(firsts) and r.owner = who));
end $$;

-- The events of these ranges have been dealt with, all of them: closed, with their outcomes; or waiting, to be tried again
-- after `delays_ms`, kept by the caller that long where `keep` says so. Raises SV001, so that everything of the transaction
-- is rolled back, unless all of the ranges are still in `who`'s hands.
create function suivi.settle_ranges(
  who text, firsts bigint[], closed bigint[], closed_days text[], outcomes text[], errors text[], order_ids text[],
  waiting bigint[], waiting_days text[], states text[], tries bigint[], delays_ms bigint[], keep boolean[], why text[],
  uuids text[], display_ids text[], trackings text[], reference_texts text[])
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

  insert into suivi.event_outcome (event_id, stored_on, outcome, error, order_id)
  select u.id, u.day::date, u.outcome, u.error, u.order_id
  from (select unnest(closed) as id, unnest(closed_days) as day, unnest(outcomes) as outcome, unnest(errors) as error,
               unnest(order_ids) as order_id) u;

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

-- `who` gives back all that it holds, at once.
create function suivi.release_events(who text) returns void language plpgsql as $$
begin
  perform suivi.open_ranges(array(
    select r.first_id from suivi.pending_range r where r.owner = who order by r.first_id for update));
  update suivi.pending set owner = null, due_at = now() where owner = who;
end $$;

-- As it was (0002_inbox.sql), and whoever holds a range that has lapsed has lost it.
create or replace function suivi.claim_events(who text, most bigint, lease_ms bigint)
returns table (event bigint, in_state text, in_state_since timestamptz, tries integer, last_error text,
               again timestamptz, received timestamptz, named_account text, bytes bytea)
language plpgsql set enable_seqscan = off as $$
begin
  perform suivi.open_ranges(array(
    select r.first_id from suivi.pending_range r where r.due_at <= now()
    order by r.due_at limit 10 for update skip locked));
  return query
  with due as (
    select p.event_id from suivi.pending p where p.due_at <= now() order by p.due_at limit most for update skip locked
  ), taken as (
    update suivi.pending p set owner = who, due_at = now() + lease_ms * interval '1 millisecond'
    from due where p.event_id = due.event_id
    returning p.event_id, p.stored_on, p.state, p.since, p.attempts, p.error, p.again_at
  )
  select t.event_id, t.state, t.since, t.attempts, t.error, t.again_at, i.received_at, i.account, i.raw
  from taken t left join suivi.inbox i on i.id = t.event_id and i.stored_on = t.stored_on;
end $$;

-- As it was (0002_inbox.sql); one that is still in a range stays as it is, too.
create or replace function suivi.repeat_events(ids bigint[], days text[], again timestamptz[]) returns bigint
language plpgsql as $$
declare
  repeated bigint;
begin
  perform suivi.open_ranges_of(ids);
  with put as (
    insert into suivi.pending (event_id, stored_on, due_at, again_at)
    select distinct on (i.id) i.id, i.stored_on, now(), u.again_at
    from unnest(ids, days::date[], again) as u(id, day, again_at)
    join suivi.inbox i on i.id = u.id and i.stored_on = u.day
    where i.outcome is null
    order by i.id
    on conflict (event_id) do nothing
    returning 1
  )
  select count(*) into repeated from put;
  return repeated;
end $$;

-- As it was (0006_retention.sql), for events in ranges that have lapsed as well.
create or replace function suivi.give_up_events(before date, most bigint)
returns table (in_state text, events bigint) language plpgsql as $$
begin
  perform suivi.open_ranges(array(
    select r.first_id from suivi.pending_range r where r.stored_on < before and r.due_at <= now()
    order by r.first_id limit 10 for update skip locked));
  return query
  with due as (
    select p.event_id from suivi.pending p
    where p.stored_on < before and (p.owner is null or p.due_at <= now())
    order by p.event_id limit most for update skip locked
  ), gone as (
    delete from suivi.pending p using due d where p.event_id = d.event_id
    returning p.event_id, p.stored_on, p.state
  ), noted as (
    insert into suivi.event_outcome (event_id, stored_on, outcome, error)
    select g.event_id, g.stored_on, 'failed', 'retention.events passed before it could be applied (' || g.state || ')'
    from gone g join suivi.inbox i on i.id = g.event_id and i.stored_on = g.stored_on
    on conflict (event_id, stored_on) do nothing
  )
  select g.state, count(*) from gone g group by g.state;
end $$;
