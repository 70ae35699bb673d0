-- Outcomes are noted in time that grows with their number. In the door's transactions, which plan by keys alone, each of
-- 500 events was compared with each of 500 outcomes.
-- compatible_from: 16

alter function suivi.close_events(text, bigint[], text[], text[], text[]) set enable_nestloop = off;
alter function suivi.close_events(text, bigint[], text[], text[], text[]) set enable_hashjoin = on;
