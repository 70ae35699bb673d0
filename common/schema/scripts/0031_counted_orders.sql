-- A sample counts what the lists of orders list: an order with two open parcels is one that is on its way, and an order that shows an
-- alert is listed though no open parcel of it does.
-- compatible_from: 16

-- As in 0011_samples.sql, but `open` and `unchecked` are orders with such parcels, and of those that are alerted the ones that no
-- parcel leads to are sampled too, by the view 'alerted'.
create or replace function suivi.take_sample_after(small_after interval, only_small boolean) returns boolean language plpgsql as $$
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
  ), alerting as (
    -- Those whose alert no open parcel of theirs shows: what the system before wrote, or a hand.
    insert into suivi.sampled_order (view, order_id, reference)
    select 'alerted', o."id", o."reference" from orders o
    where o."shippingStatus" in (U&'ALERT\00C9', 'EN ALERTE', U&'TENTATIVE \00C9CHOU\00C9E', U&'BLOQU\00C9')
      and not exists (select from suivi.parcel p where p.order_id = o."id" and p.open
                      and (p.status = 32 or p.state in ('EN ALERTE', U&'TENTATIVE \00C9CHOU\00C9E', U&'BLOQU\00C9')))
    order by o."createdAt" desc limit 20000
  ), missing as (
    select f.account, count(*) filter (where f.counts) as untracked,
           min(f."createdAt") filter (where f.counts) at time zone 'UTC' as since, count(*) filter (where f.unknown) as unknown
    from found f group by 1
  ), parcels as (
    -- Those that rotation reads (reconciler/sweep/rotation.cpp): not what has long gone back, nor what is gone there.
    select p.account, count(distinct p.order_id) as open, min(p.pulled_at) as oldest,
           count(distinct p.order_id) filter (where coalesce(p.pulled_at, p.as_of_from, '-infinity') < begun - interval '24 hours')
             as unchecked
    from suivi.parcel p join orders o on o."id" = p.order_id
    where p.open
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
