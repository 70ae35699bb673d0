-- Webhooks that no receiver has memory for wait as ranges in nobody's hands, and are taken as such: a row for all that were
-- stored together, not a row each.
-- compatible_from: 16
--
-- Receivers that know nothing of this take them by claim_events, which opens every range that is due.

-- As claim_events (0021_pending_ranges.sql), but ranges in nobody's hands stay whole: they are claim_ranges' to take.
create function suivi.claim_single_events(who text, most bigint, lease_ms bigint)
returns table (event bigint, in_state text, in_state_since timestamptz, tries integer, last_error text,
               again timestamptz, received timestamptz, named_account text, bytes bytea)
language plpgsql set enable_seqscan = off as $$
begin
  perform suivi.open_ranges(array(
    select r.first_id from suivi.pending_range r where r.due_at <= now() and r.owner is not null
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

-- `who` takes ranges in nobody's hands, the oldest first: at least one if any waits, and no more than `events_max` events
-- otherwise. Their events follow each other range by range.
create function suivi.claim_ranges(who text, ranges_max bigint, events_max bigint, lease_ms bigint)
returns table (range bigint, day date, event bigint, received timestamptz, named_account text, bytes bytea)
language plpgsql set enable_seqscan = off as $$
begin
  return query
  with due as materialized (
    select r.first_id, r.due_at, cardinality(r.ids) as events from suivi.pending_range r
    where r.owner is null and r.due_at <= now()
    order by r.due_at, r.first_id limit ranges_max for update skip locked
  ), counted as (
    select d.first_id, d.events, sum(d.events) over (order by d.due_at, d.first_id) as up_to_here from due d
  ), taken as (
    update suivi.pending_range r set owner = who, due_at = now() + lease_ms * interval '1 millisecond'
    from counted c
    where r.first_id = c.first_id and (c.up_to_here = c.events or c.up_to_here <= events_max)
    returning r.first_id, r.ids, r.stored_on
  )
  select t.first_id, t.stored_on, u.id, i.received_at, i.account, i.raw
  from taken t cross join lateral unnest(t.ids) with ordinality as u(id, n)
  left join suivi.inbox i on i.id = u.id and i.stored_on = t.stored_on
  order by t.first_id, u.n;
end $$;
