-- A trigger of the shop's may cancel an UPDATE without an error: then nothing of the batch may be noted as written.

-- Raises SV003 unless as many rows were written as were to be.
create function suivi.check_written(wanted bigint, written bigint) returns void
language plpgsql as $$
begin
  if written <> wanted then
    raise exception 'only % of % orders were written', written, wanted using errcode = 'SV003';
  end if;
end $$;
