-- What the reconciler remembers of orders and parcels it asked for one by one, and where incremental sweeps left off.

-- One row for each order without tracking number that an account was asked for by reference and that is still without.
-- The answer "not there" is believed the longer the more often it was given; a question that got no answer counts none.
create table suivi.lookup (
  order_id  text        not null,
  account   text        not null,
  asked_at  timestamptz not null,
  negatives integer     not null,       -- answers "not there" so far
  primary key (order_id, account)
) with (fillfactor = 70);

alter table suivi.parcel
  add column asked_at timestamptz,      -- when rotation last asked for it, whatever came of that
  add column gone_at  timestamptz;      -- when the courier first said it has no such parcel; void once pulled_at is later

-- Open parcels of an account, for rotation: 41 and 52 are where a parcel stays for good. The index must not name
-- `status`: each change of a column that some index names, be it in its predicate, writes all of the table's indexes.
alter table suivi.parcel add column open boolean not null generated always as (status not in (41, 52)) stored;
create index parcel_open on suivi.parcel (account) where open and order_id is not null;

alter table suivi.account
  add column incremental_watermark timestamptz; -- start of the last complete incremental sweep
