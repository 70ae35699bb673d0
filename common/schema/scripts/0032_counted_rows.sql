-- What is stored is counted: a trigger or a rule on Suivi's own tables that leaves rows out without a word must not let a webhook be
-- answered as stored, nor an event end without an outcome.
-- compatible_from: 16
--
-- SV003 where a row may be to blame: the batch is taken apart, and what is refused goes to the spool, or stays and is tried again.
-- 55000 where none is, for rows of suivi.pending and suivi.pending_range say nothing of a webhook.

-- As it was (0008_written.sql), for any rows.
create or replace function suivi.check_written(wanted bigint, written bigint) returns void
language plpgsql as $$
begin
  if written is distinct from wanted then
    raise exception 'only % of % rows were written', written, wanted using errcode = 'SV003';
  end if;
end $$;

-- Raises 55000 where one of these events has no row of suivi.pending. `written`: so many of them were inserted just now.
create function suivi.check_waiting(events bigint[], written bigint) returns void
language plpgsql set enable_seqscan = off as $$
begin
  if written is distinct from cardinality(events)
     and exists (select from unnest(events) as u(id) where not exists (select from suivi.pending p where p.event_id = u.id)) then
    raise exception 'suivi.pending does not keep its rows' using errcode = '55000';
  end if;
end $$;

-- As it was (0023_key_order.sql).
create or replace function suivi.take_keys(keys bytea[], expiring boolean[], message_ids text[], published timestamptz[])
returns table (event bigint, day date, seen boolean) language plpgsql as $$
declare
  today date := (now() at time zone 'UTC')::date;
  ordered boolean;
  looks_back boolean;
  stored bytea[] := keys; -- as they are in the table
  ids bigint[];
  taken bigint;
begin
  select today >= o.since, today >= o.since and o.plain into ordered, looks_back from suivi.key_order o;
  if ordered then
    select array_agg(
             case when u.message_id is not null
                  then coalesce(substr(int8send(nullif(right(substr(u.message_id,
                         length(rtrim(u.message_id, '0123456789')) + 1), 18), '')::bigint), 2, 6), '')
                  else coalesce(substr(timestamptz_send(u.at), 2, 6), '') end || u.key)
    into stored
    from (select unnest(keys) as key, unnest(message_ids) as message_id, unnest(published) as at) u;
  end if;
  if looks_back then
    select array_agg(case when k.key is null then u.key else u.digest end order by u.n) into stored
    from unnest(stored, keys) with ordinality as u(key, digest, n)
    left join suivi.inbox_key k on k.key = u.digest;
  end if;
  select array_agg(nextval('suivi.event_id')) into ids from generate_series(1, cardinality(keys));

  with offered as (
    select distinct on (u.key) u.key, u.expires, u.id
    from (select unnest(stored) as key, unnest(expiring) as expires, unnest(ids) as id) u
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
    from unnest(stored) with ordinality as u(key, n)
    join suivi.inbox_key k on k.key = u.key
    order by u.n;
  get diagnostics taken = row_count;
  perform suivi.check_written(cardinality(keys), taken);
end $$;

-- As it was (0002_inbox.sql).
create or replace function suivi.store_events(
  ids bigint[], received timestamptz[], accounts text[], raws bytea[], names text[],
  message_ids text[], published timestamptz[], uuids text[], display_ids text[], trackings text[],
  reference_texts text[], statuses bigint[], outcomes text[], errors text[], order_ids text[], who text, lease_ms bigint)
returns void language plpgsql as $$
declare
  today date := (now() at time zone 'UTC')::date;
  waiting bigint[];
  written bigint;
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
  get diagnostics written = row_count;
  perform suivi.check_written(cardinality(array_remove(ids, null)), written);

  insert into suivi.event_outcome (event_id, stored_on, outcome, error, order_id)
  select u.id, today, u.outcome, u.error, u.order_id
  from (select unnest(ids) as id, unnest(outcomes) as outcome, unnest(errors) as error,
               unnest(order_ids) as order_id) u
  where u.id is not null and u.outcome not in ('ignored', 'quarantined');

  if array_position(outcomes, null) is null then
    return; -- nearly always
  end if;
  select array_agg(u.id) into waiting
  from (select unnest(ids) as id, unnest(outcomes) as outcome) u
  where u.id is not null and u.outcome is null;
  insert into suivi.pending (event_id, stored_on, due_at, owner, first_time)
  select u.id, today, case when who is null then now() else now() + lease_ms * interval '1 millisecond' end, who, true
  from unnest(waiting) as u(id);
  get diagnostics written = row_count;
  perform suivi.check_waiting(coalesce(waiting, '{}'), written);
end $$;

-- As it was (0026_cheaper_webhooks.sql).
create or replace function suivi.ingest_batch(
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
  wanted bigint := cardinality(keys);
  written bigint;
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
      get diagnostics written = row_count;
      if written <> wanted then
        perform suivi.check_written(wanted, written);
      end if;
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
    get diagnostics written = row_count;
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
    get diagnostics written = row_count;
    wanted := cardinality(array_remove(seen, true));
  end if;
  if written <> wanted then
    perform suivi.check_written(wanted, written);
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
    if not found then
      raise exception 'suivi.pending_range does not keep its rows' using errcode = '55000';
    end if;
  end if;
  return next;
end $$;

-- As it was (0021_pending_ranges.sql).
create or replace function suivi.open_ranges(firsts bigint[]) returns void language plpgsql set enable_seqscan = off as $$
declare
  opened bigint[];
  written bigint;
begin
  with gone as (
    delete from suivi.pending_range r where r.first_id = any(firsts)
    returning r.ids, r.stored_on, r.owner, r.due_at
  ), put as (
    insert into suivi.pending (event_id, stored_on, due_at, owner)
    select unnest(g.ids), g.stored_on, g.due_at, g.owner from gone g
    on conflict (event_id) do nothing
    returning 1
  )
  select (select array_agg(u.id) from gone g cross join lateral unnest(g.ids) as u(id)), (select count(*) from put)
  into opened, written;
  if opened is not null then
    perform suivi.check_waiting(opened, written);
  end if;
end $$;

-- As it was (0026_cheaper_webhooks.sql).
create or replace function suivi.settle_batch(
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
  get diagnostics events = row_count;
  if events <> cardinality(closed) then
    perform suivi.check_written(cardinality(closed), events);
  end if;

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
  get diagnostics events = row_count;
  if events <> cardinality(waiting) then
    perform suivi.check_waiting(waiting, events);
  end if;
end $$;

-- As it was (0026_cheaper_webhooks.sql, 0029_linear_close.sql).
create or replace function suivi.close_events(who text, ids bigint[], outcomes text[], errors text[], order_ids text[])
returns void language plpgsql set enable_seqscan = off set enable_nestloop = off set enable_hashjoin = on as $$
declare
  closed bigint;
  wanted bigint;
  written bigint;
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
    returning 1
  ), ended_again as (
    -- A repeat that changed nothing leaves the outcome of the first time.
    select e.event_id, e.stored_on, e.outcome, e.error, e.order_id from ended e
    where not e.first_time
      and (not e.repeat or e.outcome = 'applied'
           or not exists (select from suivi.event_outcome x where x.event_id = e.event_id and x.stored_on = e.stored_on))
  ), noted_again as (
    insert into suivi.event_outcome as o (event_id, stored_on, outcome, error, order_id)
    select e.event_id, e.stored_on, e.outcome, e.error, e.order_id from ended_again e
    on conflict (event_id, stored_on) do update
      set outcome = excluded.outcome, error = excluded.error, order_id = excluded.order_id, at = excluded.at,
          by_reference = case when o.order_id = excluded.order_id then o.by_reference end
    returning 1
  )
  select (select count(*) from gone),
         (select count(*) from ended e where e.first_time) + (select count(*) from ended_again),
         (select count(*) from noted) + (select count(*) from noted_again)
  into closed, wanted, written;
  if closed <> cardinality(ids) then
    raise exception 'events are no longer in these hands' using errcode = 'SV001';
  end if;
  if written <> wanted then
    perform suivi.check_written(wanted, written);
  end if;
end $$;

-- As it was (0021_pending_ranges.sql).
create or replace function suivi.repeat_events(ids bigint[], days text[], again timestamptz[]) returns bigint
language plpgsql as $$
declare
  repeated bigint;
  lost bigint;
begin
  perform suivi.open_ranges_of(ids);
  with wanted as (
    select distinct on (i.id) i.id, i.stored_on, u.again_at
    from unnest(ids, days::date[], again) as u(id, day, again_at)
    join suivi.inbox i on i.id = u.id and i.stored_on = u.day
    where i.outcome is null
    order by i.id
  ), waits as (
    select count(*) as n from wanted w join suivi.pending p on p.event_id = w.id
  ), put as (
    insert into suivi.pending (event_id, stored_on, due_at, again_at)
    select w.id, w.stored_on, now(), w.again_at from wanted w order by w.id
    on conflict (event_id) do nothing
    returning 1
  )
  select (select count(*) from put), (select count(*) from wanted) - (select n from waits) - (select count(*) from put)
  into repeated, lost;
  if lost > 0 and not exists (select from suivi.pending p where p.event_id = any(ids)) then
    raise exception 'suivi.pending does not keep its rows' using errcode = '55000';
  end if;
  return repeated;
end $$;

-- As it was (0006_retention.sql).
create or replace function suivi.release_quarantined(
  ids bigint[], days text[], outcomes text[], names text[], message_ids text[], published timestamptz[], uuids text[],
  display_ids text[], trackings text[], reference_texts text[], statuses bigint[])
returns bigint language plpgsql as $$
declare
  released bigint;
  waiting bigint[];
  written bigint;
begin
  with understood as (
    update suivi.inbox i
    set outcome = u.outcome, error = null, name = u.name, message_id = u.message_id, published_at = u.published,
        uuid = u.uuid, display_id = u.display_id, tracking = u.tracking, reference = u.reference, status = u.status
    from unnest(ids, days::date[], outcomes, names, message_ids, published, uuids, display_ids, trackings,
                reference_texts, statuses)
           as u(id, day, outcome, name, message_id, published, uuid, display_id, tracking, reference, status)
    where i.id = u.id and i.stored_on = u.day and i.outcome = 'quarantined'
    returning i.id, i.stored_on, i.outcome
  ), put as (
    insert into suivi.pending (event_id, stored_on, due_at)
    select id, stored_on, now() from understood where outcome is null order by id
    on conflict (event_id) do nothing
    returning 1
  )
  select (select count(*) from understood), (select array_agg(u.id) from understood u where u.outcome is null),
         (select count(*) from put)
  into released, waiting, written;
  if waiting is not null then
    perform suivi.check_waiting(waiting, written);
  end if;
  return released;
end $$;
