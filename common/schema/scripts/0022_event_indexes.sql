-- An order's events are found by b-trees: of the stretches that the indexes before named, nearly every one had to be read
-- where events are many. A webhook pays for two or three more entries (tests/bench/README.md).
--
-- Building an index holds up whoever writes the same day. So new days have theirs from the start, small ones get them here,
-- and large ones once they are over, one after the other, by the receivers' hourly round; until then such a day is read whole.
-- compatible_from: 16

drop index suivi.inbox_reference;
drop index suivi.event_outcome_order;
create index inbox_by_reference on only suivi.inbox (reference) where reference is not null;
create index inbox_ignored on only suivi.inbox (id) where outcome = 'ignored';
create index event_outcome_by_order on only suivi.event_outcome (order_id) where order_id is not null;
create index event_outcome_settled on only suivi.event_outcome (outcome) where outcome in ('unchanged', 'stale', 'ignored');

-- Gives the newest day that has not got it one of these indexes; days of more than `bytes_max` are left out, and so is today
-- where `over` is true. False: there is none.
create function suivi.index_next_day(bytes_max bigint, over boolean) returns boolean language plpgsql as $$
declare
  next record;
  child text;
begin
  select c.oid::regclass as day, c.relname, w.parent, w.named, w.what into next
  from (values ('suivi.inbox'::regclass, 'suivi.inbox_by_reference'::regclass, 'by_reference',
                '(reference) where reference is not null'),
               ('suivi.inbox', 'suivi.inbox_ignored', 'ignored', '(id) where outcome = ''ignored'''),
               ('suivi.event_outcome', 'suivi.event_outcome_by_order', 'by_order', '(order_id) where order_id is not null'),
               ('suivi.event_outcome', 'suivi.event_outcome_settled', 'settled',
                '(outcome) where outcome in (''unchanged'', ''stale'', ''ignored'')'))
       as w(events, parent, named, what)
  join pg_inherits h on h.inhparent = w.events
  join pg_class c on c.oid = h.inhrelid
  where not exists (select from pg_inherits k join pg_index x on x.indexrelid = k.inhrelid
                    where k.inhparent = w.parent and x.indrelid = c.oid)
    and pg_relation_size(c.oid) <= bytes_max
    and not (over and right(c.relname, 8) >= to_char(now() at time zone 'UTC', 'YYYYMMDD'))
  order by c.relname desc limit 1;
  if not found then
    return false;
  end if;
  child := next.relname || '_' || next.named;
  execute format('create index %I on %s %s', child, next.day, next.what);
  execute format('alter index %s attach partition suivi.%I', next.parent, child);
  return true;
end $$;

do $$
begin
  while suivi.index_next_day(1024 * 1024, false) loop
  end loop;
end $$;
