-- Webhooks as they came, what is still to be done with them, and what became of them.
--
-- No CHECK constraints: PostgreSQL reads their text anew for each statement, which costs more than a row.
-- Promises: storing only inserts, and the unique index of inbox_key is the only arbiter of "seen before"; keys are taken in
-- key order, so any number of receivers may store the same events at once without deadlock.
-- An event's outcome is read in this order: event_outcome, then pending.state, then inbox.outcome.

create sequence suivi.event_id as bigint;

-- Append-only. Retention (0006_retention.sql) drops partitions; the default one is a safety net that stays empty while make_partitions() is called.
create table suivi.inbox (
  id           bigint not null,
  stored_on    date not null,         -- by this server's clock, in UTC: the partition
  received_at  timestamptz not null,  -- by the receiver's clock, fixed on receipt
  account      text,                  -- as the address named it
  raw          bytea not null,
  name         text,
  message_id   text,
  published_at timestamptz,
  uuid         text,
  display_id   text,
  tracking     text,
  reference    text,
  status       integer,
  outcome      text,                  -- ignored or quarantined, from the start; null: it went to pending
  error        text,                                               -- why it was not understood
  primary key (id, stored_on)
) partition by range (stored_on);
create table suivi.inbox_default partition of suivi.inbox default;

-- Keys that expire (a body without message id and time) are replaced in place when they are offered again.
create table suivi.inbox_key (
  key        bytea primary key,
  event_id   bigint not null,
  stored_on  date not null,
  expires_at timestamptz
);

-- Small and short-lived: one row while an event is still to be applied. Empty one moment and thousands of rows the next,
-- it deceives the planner: what is called often goes by its indexes, whatever the statistics say (enable_seqscan below).
-- `due_at` is the next try and the lease in one: nobody takes a row before it, and who takes one moves it ahead and writes his name.
create table suivi.pending (
  event_id   bigint primary key,
  stored_on  date not null,
  state      text not null default 'pending', -- or parked, confirming, failed
  since      timestamptz not null default now(), -- in this state
  attempts   integer not null default 0,
  due_at     timestamptz not null,
  owner      text,
  error      text,
  first_time boolean not null default false, -- just stored, so no outcome can be there yet; false: there may be one
  again_at   timestamptz, -- received again then, without id and time: tried once more as of that moment
  uuid       text,        -- the identity of a parked one, to find it when its order appears
  display_id text,
  tracking   text,
  reference  text
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
create index pending_due on suivi.pending (due_at);

create table suivi.event_outcome (
  event_id  bigint not null,
  stored_on date not null, -- the event's, so that both partitions go together
  outcome   text not null,
  error     text,
  order_id  text,
  at        timestamptz not null default now(),
  primary key (event_id, stored_on)
) partition by range (stored_on);
create table suivi.event_outcome_default partition of suivi.event_outcome default;

-- Partitions from today to `days` ahead. Attached, not created in place: inserts into other days go on meanwhile.
-- A day that has rows in the default partition already keeps them there. Returns how many were made.
create function suivi.make_partitions(days integer) returns integer language plpgsql as $$
declare
  today date := (now() at time zone 'UTC')::date;
  parent text;
  day date;
  child text;
  taken boolean;
  made integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('suivi.make_partitions')) then
    return 0; -- another process is at it
  end if;
  foreach parent in array array['inbox', 'event_outcome'] loop
    for ahead in 0..days loop
      day := today + ahead;
      child := parent || '_' || to_char(day, 'YYYYMMDD');
      continue when to_regclass('suivi.' || child) is not null;
      execute format('select exists (select from suivi.%I where stored_on = $1)', parent || '_default')
        into taken using day;
      continue when taken;
      execute format('create table suivi.%I (like suivi.%I including all)', child, parent);
      execute format('alter table suivi.%I attach partition suivi.%I for values from (%L) to (%L)',
                     parent, child, day, day + 1);
      made := made + 1;
    end loop;
  end loop;
  return made;
end $$;

select suivi.make_partitions(7);

-- Arrays are unnested side by side in a SELECT list: `from unnest(a, b, …)` stores each of them away first, at six times
-- the price.

-- Webhooks are stored in two steps of one transaction, so that they can be applied between them: their keys are taken,
-- which tells what is new; then they are written down with what became of them. suivi.ingest is both at once.

-- Element n of every array is one webhook. Answers one row an element, in order: where it was seen before, the event of
-- that time.
create function suivi.take_keys(keys bytea[], expiring boolean[])
returns table (event bigint, day date, seen boolean) language plpgsql as $$
declare
  today date := (now() at time zone 'UTC')::date;
  ids bigint[];
  taken bigint;
begin
  select array_agg(nextval('suivi.event_id')) into ids from generate_series(1, cardinality(keys));

  with offered as (
    select distinct on (u.key) u.key, u.expires, u.id
    from (select unnest(keys) as key, unnest(expiring) as expires, unnest(ids) as id) u
    order by u.key, u.id
  )
  insert into suivi.inbox_key as k (key, event_id, stored_on, expires_at)
  select o.key, o.id, today, case when o.expires then now() + interval '24 hours' end
  from offered o order by o.key
  on conflict (key) do update
    set event_id = excluded.event_id, stored_on = excluded.stored_on, expires_at = excluded.expires_at
    where k.expires_at <= now();
  get diagnostics taken = row_count;

  if taken = cardinality(keys) then -- nearly always: then nothing is looked for a second time
    return query select u.id, today, false from unnest(ids) as u(id);
    return;
  end if;
  -- A later statement, hence a newer snapshot: it sees what a racing receiver committed while we waited for its key.
  return query
    select k.event_id, k.stored_on, k.event_id <> ids[u.n]
    from unnest(keys) with ordinality as u(key, n)
    join suivi.inbox_key k on k.key = u.key
    order by u.n;
end $$;

-- Elements without id were seen before, and are left out. `outcomes`: null for those that are still to be applied, which
-- go to `who` for `lease_ms`, or to nobody where `who` is null.
create function suivi.store_events(
  ids bigint[], received timestamptz[], accounts text[], raws bytea[], names text[],
  message_ids text[], published timestamptz[], uuids text[], display_ids text[], trackings text[],
  reference_texts text[], statuses bigint[], outcomes text[], errors text[], order_ids text[], who text, lease_ms bigint)
returns void language plpgsql as $$
declare
  today date := (now() at time zone 'UTC')::date;
begin
  insert into suivi.inbox (id, stored_on, received_at, account, raw, name, message_id, published_at, uuid,
                           display_id, tracking, reference, status, outcome, error)
  select u.id, today, u.received, u.account, u.raw, u.name, u.message_id, u.published, u.uuid,
         u.display_id, u.tracking, u.reference, u.status, case when u.unread then u.outcome end,
         case when u.unread then u.error end
  from (
    select unnest(ids) as id, unnest(received) as received, unnest(accounts) as account, unnest(raws) as raw,
           unnest(names) as name, unnest(message_ids) as message_id, unnest(published) as published,
           unnest(uuids) as uuid, unnest(display_ids) as display_id, unnest(trackings) as tracking,
           unnest(reference_texts) as reference, unnest(statuses) as status, unnest(outcomes) as outcome,
           unnest(outcomes) in ('ignored', 'quarantined') as unread, unnest(errors) as error) u
  where u.id is not null;

  insert into suivi.event_outcome (event_id, stored_on, outcome, error, order_id)
  select u.id, today, u.outcome, u.error, u.order_id
  from (select unnest(ids) as id, unnest(outcomes) as outcome, unnest(errors) as error,
               unnest(order_ids) as order_id) u
  where u.id is not null and u.outcome not in ('ignored', 'quarantined');

  if array_position(outcomes, null) is null then
    return; -- nearly always
  end if;
  insert into suivi.pending (event_id, stored_on, due_at, owner, first_time)
  select u.id, today, case when who is null then now() else now() + lease_ms * interval '1 millisecond' end, who, true
  from (select unnest(ids) as id, unnest(outcomes) as outcome) u
  where u.id is not null and u.outcome is null;
end $$;

-- Stores webhooks that are applied later. `outcomes`: null, or why there is nothing to be applied.
create function suivi.ingest(
  keys bytea[], expiring boolean[], received timestamptz[], accounts text[], raws bytea[], names text[],
  message_ids text[], published timestamptz[], uuids text[], display_ids text[], trackings text[],
  reference_texts text[], statuses bigint[], outcomes text[], errors text[], who text, lease_ms bigint)
returns table (event bigint, day date, seen boolean) language plpgsql as $$
declare
  events bigint[];
  days date[];
  seen_before boolean[];
begin
  select array_agg(t.event), array_agg(t.day), array_agg(t.seen) into events, days, seen_before
  from suivi.take_keys(keys, expiring) t;
  perform suivi.store_events(
    (select array_agg(case when not u.seen then u.event end)
     from (select unnest(events) as event, unnest(seen_before) as seen) u),
    received, accounts, raws, names, message_ids, published, uuids, display_ids, trackings, reference_texts,
    statuses, outcomes, errors, array_fill(null::text, array[cardinality(keys)]), who, lease_ms);
  return query select unnest(events), unnest(days), unnest(seen_before);
end $$;

-- Takes up to `most` events that are due, whatever their state, for `lease_ms`.
create function suivi.claim_events(who text, most bigint, lease_ms bigint)
returns table (event bigint, in_state text, in_state_since timestamptz, tries integer, last_error text,
               again timestamptz, received timestamptz, named_account text, bytes bytea)
language sql set enable_seqscan = off as $$
  with due as (
    select event_id from suivi.pending where due_at <= now() order by due_at limit most for update skip locked
  ), taken as (
    update suivi.pending p set owner = who, due_at = now() + lease_ms * interval '1 millisecond'
    from due where p.event_id = due.event_id
    returning p.event_id, p.stored_on, p.state, p.since, p.attempts, p.error, p.again_at
  )
  select t.event_id, t.state, t.since, t.attempts, t.error, t.again_at, i.received_at, i.account, i.raw
  from taken t left join suivi.inbox i on i.id = t.event_id and i.stored_on = t.stored_on
$$;

-- Events have come to their end: notes the outcomes and forgets them in pending. Raises SV001, so that everything of
-- the transaction is rolled back, unless all of them are still in `who`'s hands.
create function suivi.close_events(who text, ids bigint[], outcomes text[], errors text[], order_ids text[])
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
    insert into suivi.event_outcome (event_id, stored_on, outcome, error, order_id)
    select e.event_id, e.stored_on, e.outcome, e.error, e.order_id from ended e
    where not e.first_time
      and (not e.repeat or e.outcome = 'applied'
           or not exists (select from suivi.event_outcome o where o.event_id = e.event_id and o.stored_on = e.stored_on))
    on conflict (event_id, stored_on) do update
      set outcome = excluded.outcome, error = excluded.error, order_id = excluded.order_id, at = excluded.at
  )
  select count(*) into closed from gone;
  if closed <> cardinality(ids) then
    raise exception 'events are no longer in these hands' using errcode = 'SV001';
  end if;
end $$;

-- Events are to be tried again after `delays_ms`; the caller keeps them that long where `keep` says so, else whoever
-- comes first takes them then. Raises SV001 like close_events.
create function suivi.defer_events(who text, ids bigint[], states text[], tries bigint[], delays_ms bigint[],
                                   keep boolean[], errors text[], uuids text[], display_ids text[],
                                   trackings text[], reference_texts text[])
returns void language plpgsql set enable_seqscan = off as $$
declare
  moved bigint;
begin
  update suivi.pending p
  set state = u.state,
      since = case when p.state = u.state then p.since else now() end,
      attempts = u.tries,
      due_at = now() + u.delay_ms * interval '1 millisecond',
      owner = case when u.keep then who end,
      error = u.error,
      uuid = u.uuid, display_id = u.display_id, tracking = u.tracking, reference = u.reference
  from (
    select unnest(ids) as id, unnest(states) as state, unnest(tries) as tries, unnest(delays_ms) as delay_ms,
           unnest(keep) as keep, unnest(errors) as error, unnest(uuids) as uuid, unnest(display_ids) as display_id,
           unnest(trackings) as tracking, unnest(reference_texts) as reference) u
  where p.event_id = u.id and p.owner = who;
  get diagnostics moved = row_count;
  if moved <> cardinality(ids) then
    raise exception 'events are no longer in these hands' using errcode = 'SV001';
  end if;
end $$;

-- The same body came again without id and time, while its key had not expired: what it says is tried once more, as of
-- the new receipt, for the courier may have gone back to that state. One that is still pending stays as it is.
create function suivi.repeat_events(ids bigint[], days text[], again timestamptz[]) returns bigint
language sql as $$
  with put as (
    insert into suivi.pending (event_id, stored_on, due_at, again_at)
    select distinct on (i.id) i.id, i.stored_on, now(), u.again
    from unnest(ids, days::date[], again) as u(id, day, again)
    join suivi.inbox i on i.id = u.id and i.stored_on = u.day
    where i.outcome is null
    order by i.id
    on conflict (event_id) do nothing
    returning 1
  )
  select count(*) from put
$$;
