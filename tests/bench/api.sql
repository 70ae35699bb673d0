-- A shop that has been at work: of its :orders orders most are delivered, some open, alerted or without number; :events
-- webhooks of :days days behind them with their outcomes and changes, and the sweeps of those days. Of 1,000 webhooks one each
-- failed, was in conflict, was not understood and waits for its order, and two concerned none. For the operations API's bench.
update orders set "trackingNumber" = '17' || lpad(substr("id", 7), 14, '0'),
  "shippingStatus" = case when n % 100 < 97 then 'LIVRÉ' when n % 100 = 97 then 'ALERTÉ' else 'EXPÉDIÉ' end
from (select "id" as key, substr("id", 7)::bigint as n from orders where "id" like 'bench-%') k
where "id" = k.key and k.n % 200 <> 7;

insert into suivi.account (id, name, full_watermark, whole_watermark, webhook_heard_at)
values ('bench', 'Bench', now() - interval '2 hours', now() - interval '2 hours', now());

insert into suivi.parcel (account, uuid, display_id, reference, order_id, link, tracking, strength, status, created_at, as_of_shape,
                          as_of_from, as_of_to, source, pulled_at)
select 'bench', md5(o."id")::uuid::text, '9' || substr(o."id", 7), o."reference", o."id", 3, o."trackingNumber", 3,
       case o."shippingStatus" when 'LIVRÉ' then 41 when 'ALERTÉ' then 32 else 31 end, o."createdAt", 3, now(), now(), 2,
       now() - random() * interval '20 hours'
from orders o where o."trackingNumber" is not null and o."id" like 'bench-%';

do $$
declare
  today date := (now() at time zone 'UTC')::date;
begin
  for back in 1..90 loop
    execute format('create table suivi.%I partition of suivi.inbox for values from (%L) to (%L)',
                   'inbox_' || to_char(today - back, 'YYYYMMDD'), today - back, today - back + 1);
    execute format('create table suivi.%I partition of suivi.event_outcome for values from (%L) to (%L)',
                   'event_outcome_' || to_char(today - back, 'YYYYMMDD'), today - back, today - back + 1);
  end loop;
end $$;

insert into suivi.inbox (id, stored_on, received_at, account, raw, name, uuid, reference, status, outcome, error)
select n, (t at time zone 'UTC')::date, t, 'bench', '{"event":"OrderStatusChanged"}',
       case when n % 1000 = 993 then null when n % 500 = 494 then 'InventoryMovement' when n % 3 = 0 then 'OrderFieldUpdated'
            else 'OrderStatusChanged' end,
       md5('bench-' || lpad((n % :orders)::text, 9, '0'))::uuid::text, 'BENCH-' || lpad((n % :orders)::text, 7, '0'), 31,
       case when n % 1000 = 993 then 'quarantined' when n % 500 = 494 then 'ignored' end,
       case when n % 1000 = 993 then 'no order in it' end
from generate_series(1, :events) n, lateral (select now() - (:events - n) * (:days * interval '1 day' / (:events + 1)) as t) x;
select setval('suivi.event_id', :events);

insert into suivi.event_outcome (event_id, stored_on, outcome, error, order_id, at)
select id, stored_on,
       case id % 1000 when 991 then 'failed' when 992 then 'conflict'
         else (array['applied', 'applied', 'unchanged', 'stale'])[1 + id % 4] end,
       case id % 1000 when 991 then 'could not be written' when 992 then 'of another account' end,
       'bench-' || lpad((id % :orders)::text, 9, '0'), received_at
from suivi.inbox where outcome is null and id % 1000 <> 995;
insert into suivi.pending (event_id, stored_on, state, since, attempts, due_at, reference)
select id, stored_on, 'parked', received_at, 3, now() + interval '1 hour', reference from suivi.inbox where id % 1000 = 995;

insert into suivi.change (at, order_id, account, source, field, from_value, to_value, event_id)
select at, order_id, 'bench', 1, 'shippingStatus', 'EN TRANSIT', 'EXPÉDIÉ', event_id from suivi.event_outcome where outcome = 'applied';

insert into suivi.sweep (account, account_name, kind, term, owner, started_at, seen_at, finished_at, verdict, reason, missed_by_webhook)
select 'bench', 'Bench', case when n % 72 = 0 then 'full' else 'incremental' end, 1, 'bench', t, t + interval '5 seconds',
       t + interval '5 seconds', 'complete', null, n % 7
from generate_series(1, :days * 288) n, lateral (select now() - n * interval '5 minutes' as t) x;

do $$
begin
  while suivi.index_next_day(9223372036854775807, false) loop
  end loop;
end $$;
vacuum analyze;
select suivi.take_sample(), suivi.count_events();
update suivi.event_counted set event_before = up_to_event; -- as a later count makes it
