-- Orders that the database would not take are counted in a sweep's report.
alter table suivi.sweep add column refused bigint not null default 0;
