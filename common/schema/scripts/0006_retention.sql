-- What leaves the inbox when retention.events has passed, in steps that intake never has to wait for long; and how far
-- quarantined webhooks were read a second time.
--
-- Days go whole: a day's keys first (so that no redelivery is called a duplicate of an event that is gone), then its
-- partitions. DETACH … CONCURRENTLY is not to be had beside a default partition; callers set lock_timeout instead, so
-- that a DROP that has to wait for a reader gives way before anybody queues up behind it. Each call is a transaction of
-- its own and may be repeated; several processes may be at it.
-- What stays for good: the journal (change), reports (sweep) and parcels. They are what orders' timelines and coverage
-- are told from, and grow with what happens to orders, not with how often the courier says it.

-- The partitions of both tables that are one day each.
create function suivi.stored_days() returns table (parent text, stored_on date) language sql stable as $$
  select p.relname::text, to_date(right(c.relname, 8), 'YYYYMMDD')
  from pg_inherits h
  join pg_class c on c.oid = h.inhrelid
  join pg_class p on p.oid = h.inhparent
  where h.inhparent in ('suivi.inbox'::regclass, 'suivi.event_outcome'::regclass) and c.relname ~ '_[0-9]{8}$'
$$;

-- Gives up to `most` events of days before `before` up: nobody could apply them while they were kept. Says so in their
-- outcome, which is seen until their day is dropped. Those in somebody's hands are left for another call. Answers how
-- many there were in which state.
create function suivi.give_up_events(before date, most bigint)
returns table (in_state text, events bigint) language sql as $$
  with due as (
    select event_id from suivi.pending
    where stored_on < before and (owner is null or due_at <= now())
    order by event_id limit most for update skip locked
  ), gone as (
    delete from suivi.pending p using due d where p.event_id = d.event_id
    returning p.event_id, p.stored_on, p.state
  ), noted as (
    insert into suivi.event_outcome (event_id, stored_on, outcome, error)
    select g.event_id, g.stored_on, 'failed', 'retention.events passed before it could be applied (' || g.state || ')'
    from gone g join suivi.inbox i on i.id = g.event_id and i.stored_on = g.stored_on
    on conflict (event_id, stored_on) do nothing
  )
  select g.state, count(*) from gone g group by g.state
$$;

-- Deletes the rows of `what` that are of days before `before` and lie in `blocks` blocks of it from `first_block` on; a
-- table is gone through from end to end, for an index that only this would need costs more. `more`: there are blocks
-- behind these.
create function suivi.forget_rows(what regclass, before date, first_block bigint, blocks bigint)
returns table (gone bigint, more boolean) language plpgsql as $$
begin
  execute format('delete from %s where ctid >= $1 and ctid < $2 and stored_on < $3', what)
    using format('(%s,0)', first_block)::tid, format('(%s,0)', first_block + blocks)::tid, before;
  get diagnostics gone = row_count;
  more := pg_relation_size(what) > (first_block + blocks) * current_setting('block_size')::bigint;
  return next;
end $$;

-- Drops one day of one of the two tables.
create function suivi.drop_day(parent text, stored_on date) returns void language plpgsql as $$
begin
  execute format('drop table if exists suivi.%I', parent || '_' || to_char(stored_on, 'YYYYMMDD'));
end $$;

-- Up to event `up_to`, quarantined webhooks were read by decoder `decoder` (a program's number, raised when it reads
-- more). One row.
create table suivi.second_reading (
  decoder integer not null,
  up_to   bigint  not null
);
create unique index second_reading_only on suivi.second_reading ((true));
insert into suivi.second_reading (decoder, up_to) values (0, 0);

-- Quarantined events that have been understood after all; element n of every array is one event. `outcomes`: null for
-- those to be applied, which are pending from now on. Answers how many were still in quarantine.
create function suivi.release_quarantined(
  ids bigint[], days text[], outcomes text[], names text[], message_ids text[], published timestamptz[], uuids text[],
  display_ids text[], trackings text[], reference_texts text[], statuses bigint[])
returns bigint language sql as $$
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
  )
  select count(*) from understood
$$;
