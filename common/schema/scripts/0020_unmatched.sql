-- Beside what a full sweep could not write: what it found no order for.
-- compatible_from: 16
alter table suivi.sweep_conflict add column unmatched boolean not null default false;
