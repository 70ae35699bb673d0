-- How many requests to the courier a sweep that is under way had on their way when it last showed itself.
-- compatible_from: 16
alter table suivi.sweep add column in_flight integer;
