-- Beside what a full sweep could not write: what it found no order for.
alter table suivi.sweep_conflict add column unmatched boolean not null default false;
