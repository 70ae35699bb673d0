-- What the screen tells of a worker and of a machine's clock, whatever was restarted since.
-- compatible_from: 16

-- When full sweeps are due, in `timezone`: '00:00,06:00,12:00,18:00'; empty: never by themselves. Null: an older worker's.
alter table suivi.reconciler add column schedule text;

-- Since when a machine's clock is told to be apart from the database's; no row: it agrees.
create table suivi.clock_skew (
  machine text primary key,
  since   timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp() -- written once an hour
);
