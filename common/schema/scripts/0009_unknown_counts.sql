-- What a sweep could not count is unknown, not zero.
alter table suivi.sweep alter column missed_by_webhook drop not null, alter column missed_by_webhook drop default;
