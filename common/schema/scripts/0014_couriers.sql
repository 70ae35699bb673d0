-- Parcels of couriers whose states are texts, beside those whose states are numbers; old rows are Maystro's.
-- A time of shape 4 (a webhook), 5 (a row of a list) or 6 (the answer for one parcel) is since when the parcel is in
-- its state; as_of_to is then until when the courier is known to have said so.
alter table suivi.parcel
  add column courier smallint not null default 1,       -- 1 Maystro, 2 Guepex, 3 Nord West
  add column state   text,                              -- null where `status` is the state or none is known; else that is -1
  add column ended   boolean not null default false;    -- a text after which nothing follows

alter table suivi.parcel drop column open;
alter table suivi.parcel
  add column open boolean not null generated always as (status not in (41, 52) and not ended) stored;
create index parcel_open on suivi.parcel (account) where open and order_id is not null;
