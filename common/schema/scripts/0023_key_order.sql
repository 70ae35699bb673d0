-- Keys lie in their index in the order in which webhooks come, not anywhere.
-- compatible_from: 16
--
-- A digest's place is anywhere: once the index is larger than memory, each webhook reads a page of it, changes it, and after a
-- checkpoint writes it to the log whole. So a key begins with a few bytes that grow with time: of the number at the end of the
-- message id, or without such an id of the time of publishing. The digest is made of these, so a redelivery, and no other
-- webhook, has the same key. One without either has its digest alone, as before.
--
-- Receivers that know nothing of this may run beside newer ones for a while, and look for a digest alone. So keys of a database
-- that is in use are stored in order from the second day on; what was stored before is looked for as well until retention has
-- forgotten it.
create table suivi.key_order (
  since date    not null, -- from this day on, in UTC
  plain boolean not null  -- there may be keys of before
);
create unique index key_order_only on suivi.key_order ((true));
insert into suivi.key_order (since, plain)
select (now() at time zone 'UTC')::date + case when used.it then 2 else 0 end, used.it
from (select exists (select from suivi.inbox_key)
             or exists (select from suivi.schema_version where applied_at < now() - interval '10 minutes') as it) used;

-- As it was with two arguments (0002_inbox.sql), for webhooks of these message ids and times of publishing.
create function suivi.take_keys(keys bytea[], expiring boolean[], message_ids text[], published timestamptz[])
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
end $$;

-- As it was (0002_inbox.sql).
create or replace function suivi.ingest(
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
  from suivi.take_keys(keys, expiring, message_ids, published) t;
  perform suivi.store_events(
    (select array_agg(case when not u.seen then u.event end)
     from (select unnest(events) as event, unnest(seen_before) as seen) u),
    received, accounts, raws, names, message_ids, published, uuids, display_ids, trackings, reference_texts,
    statuses, outcomes, errors, array_fill(null::text, array[cardinality(keys)]), who, lease_ms);
  return query select unnest(events), unnest(days), unnest(seen_before);
end $$;

-- As it was (0021_pending_ranges.sql).
create or replace function suivi.ingest_range(
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
  from suivi.take_keys(keys, expiring, message_ids, published) t;

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

-- As it was (0006_retention.sql): the keys of a day that goes, and of all before it, have gone.
create or replace function suivi.drop_day(parent text, stored_on date) returns void language plpgsql as $$
begin
  execute format('drop table if exists suivi.%I', parent || '_' || to_char(stored_on, 'YYYYMMDD'));
  update suivi.key_order o set plain = false where o.plain and drop_day.stored_on >= o.since;
end $$;
