-- Event and sweep numbers are given once, after a backup of this schema was restored too.
-- compatible_from: 16

-- The sequence that gives the events their numbers, by its place in the catalog: a restore makes another one.
create table suivi.numbering (sequence oid not null);
insert into suivi.numbering (sequence) values ('suivi.event_id'::regclass::oid);

-- Where the schema came out of a backup, numbers that were given after it would be given again: so they go on from where the
-- clock says, which no numbering has reached (a million events and one sweep in each second since 2026). True: that was done.
create function suivi.keep_numbers_unique() returns boolean language plpgsql as $$
declare
  age numeric := extract(epoch from clock_timestamp()) - extract(epoch from timestamptz '2026-01-01 00:00:00+00');
  sweeps text := pg_get_serial_sequence('suivi.sweep', 'id');
begin
  perform pg_advisory_xact_lock(hashtext('suivi.event_id'));
  if exists (select from suivi.numbering where sequence = 'suivi.event_id'::regclass::oid) then
    return false;
  end if;
  perform setval('suivi.event_id', greatest((select last_value from suivi.event_id), (age * 1000000)::bigint));
  perform setval(sweeps, greatest(pg_sequence_last_value(sweeps::regclass), age::bigint));
  delete from suivi.numbering;
  insert into suivi.numbering (sequence) values ('suivi.event_id'::regclass::oid);
  return true;
end $$;
