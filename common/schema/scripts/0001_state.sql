-- What Suivi knows beside the shop's own row: parcels, the journal of changes, who adopted an order, old links.
-- No foreign key points at the shop's tables: it would put triggers there.

-- One row for each parcel, as the courier sees it. An order may have several (shipped again).
-- Nothing that changes with every observation is indexed, and the fill factor leaves room for every row of a page once
-- more, for a sweep writes neighbours in one transaction: so updates stay HOT, and a sweep that finds nothing makes the
-- table no larger.
create table suivi.parcel (
  id            bigint generated always as identity primary key,
  account       text        not null,
  uuid          text,                             -- null: known only by a webhook that named no uuid
  display_id    text,
  reference     text,                             -- the courier's external_order_id
  order_id      text,                             -- the shop's orders.id; valid while its reference and account agree
  link          smallint    not null default 0,   -- 0 none, 1 the shop's old columns, 3 the reference
  tracking      text,
  strength      smallint    not null default 0,   -- 1 uuid, 2 display id, 3 tracking number
  status        integer     not null,
  alerted_at    timestamptz,
  alert_reason  text,
  abort_reason  text,
  known_fields  smallint    not null default 0,   -- 1 alerted_at, 2 alert_reason, 4 abort_reason were told
  created_at    timestamptz,                      -- the courier's; null: known by webhook only
  as_of_shape   smallint    not null,             -- 0 unknown, 1 untimed webhook, 2 webhook, 3 pull
  as_of_from    timestamptz,
  as_of_to      timestamptz,
  source        smallint    not null,             -- 1 webhook, 2 sweep, 3 lookup, 4 confirm, 5 replay
  pulled_at     timestamptz,                      -- when the courier's API last showed it
  left_statuses integer[]   not null default '{}' -- states it was in before
) with (fillfactor = 45);

create unique index parcel_uuid on suivi.parcel (uuid, account) where uuid is not null;
create index parcel_order on suivi.parcel (order_id) where order_id is not null;
create index parcel_display_id on suivi.parcel (display_id) where display_id is not null;
create index parcel_tracking on suivi.parcel (tracking) where tracking is not null;

-- An order without account belongs to the account whose data matched it first. A second claimant contests it: then
-- neither writes until the shop sets the account (the row is without meaning from then on).
create table suivi.adopted_order (
  order_id     text primary key,
  account      text not null,
  contested_by text,
  at           timestamptz not null default now()
);

-- The shop's old columns are not indexed there; this is their index. A link holds while the order still shows that id.
create table suivi.legacy_link (
  courier_id text not null,
  order_id   text not null,
  primary key (courier_id, order_id)
);

-- The journal: what changed in a shop's row, from what to what, when, and by which event or sweep.
create table suivi.change (
  id         bigint generated always as identity,
  at         timestamptz not null default now(),
  order_id   text        not null,
  account    text        not null,
  parcel     text,                    -- its uuid, else its display id
  source     smallint    not null,    -- as parcel.source
  field      text        not null,    -- the column of orders
  from_value text,
  to_value   text,
  event_id   bigint,
  sweep_id   bigint
) partition by range (at);
create index change_order on suivi.change (order_id, id);
create index change_at on suivi.change using brin (at);
create table suivi.change_default partition of suivi.change default;

-- Makes the journal's partitions of the month of `around` and of the two that follow. May be repeated; a partition whose
-- rows already lie in the default one is left there.
create function suivi.make_change_partitions(around timestamptz) returns void
language plpgsql as $$
declare
  first timestamptz;
  child text;
begin
  for step in 0..2 loop
    first := (date_trunc('month', around at time zone 'UTC') + step * interval '1 month') at time zone 'UTC';
    child := 'change_' || to_char(first at time zone 'UTC', 'YYYYMM');
    continue when to_regclass('suivi.' || child) is not null;
    begin
      execute format('create table suivi.%I partition of suivi.change for values from (%L) to (%L)',
                     child, first, (date_trunc('month', first at time zone 'UTC') + interval '1 month') at time zone 'UTC');
    exception when check_violation or duplicate_table then null;
    end;
  end loop;
end $$;
select suivi.make_change_partitions(now());

-- The shop's old columns, read once. A shop without the table has nothing to read.
do $$
begin
  if to_regclass('"orders"') is not null then
    insert into suivi.legacy_link (courier_id, order_id)
    select "trackingNumber", "id" from "orders" where "trackingNumber" <> ''
    union
    select "maystroOrderId", "id" from "orders" where "maystroOrderId" <> '';
  end if;
end $$;
