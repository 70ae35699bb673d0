-- A worker's clock may be wrong: what a sweep no longer found is told by PostgreSQL's clock alone.
-- The default is the time of this script for the rows that are there: they count as shown until the next whole sweep.
alter table suivi.parcel add column pull_stored_at timestamptz not null default now(); -- when a pull of it was last written
