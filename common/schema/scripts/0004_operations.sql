-- What operators ask for: events by time and by order, a sweep now; and whether a reconciler is there to do it.

-- Newest first is by time of receipt: what a spool kept comes late, and is no news.
create index inbox_received on suivi.inbox (received_at, id);
create index inbox_quarantined on suivi.inbox (id) where outcome = 'quarantined';
create index event_outcome_troubled on suivi.event_outcome (event_id)
  where outcome not in ('applied', 'unchanged', 'stale', 'ignored');

-- An operator asks for an order's events now and then; a webhook comes always. So these do not find a row but the few
-- stretches of the table where it may lie, and a new row costs them nothing (the last stretch is not in them yet).
create index inbox_reference on suivi.inbox using brin (reference text_bloom_ops) with (autosummarize = on);
create index event_outcome_order on suivi.event_outcome using brin (order_id text_bloom_ops) with (autosummarize = on);
-- Rows lie about in the order of their numbers.
create index change_number on suivi.change using brin (id) with (pages_per_range = 16, autosummarize = on);

-- A sweep's row with what can be told of it now only. `running`: its lease is held still.
create view suivi.sweep_shown as
select s.id, s.started_at, s.finished_at, to_jsonb(s)::text as report, r.running,
       extract(epoch from coalesce(s.finished_at, case when r.running then clock_timestamp() end, s.seen_at)
                          - s.started_at)::float8 as seconds
from suivi.sweep s
left join suivi.account a on a.id = s.account
cross join lateral (
  select s.finished_at is null
         and coalesce(a.term = s.term and a.lease_until > clock_timestamp(), false) as running) r;

-- Each worker's sign of life; times are PostgreSQL's.
create table suivi.reconciler (
  owner      text primary key, -- as in leases
  started_at timestamptz not null default clock_timestamp(),
  seen_at    timestamptz not null default clock_timestamp(),
  stopped_at timestamptz       -- it said good-bye
) with (fillfactor = 50);

-- Sweeps somebody asked for that have not begun. The next sweep of the account takes the id that was promised (see the
-- reconciler's ledger), whoever starts it.
create table suivi.sweep_request (
  sweep_id bigint primary key,
  account  text        not null unique,
  kind     text        not null check (kind in ('full', 'incremental')),
  asked_at timestamptz not null default clock_timestamp()
);

-- Asks for one sweep of each account, all or none. Answers `asked` and the ids they will have; or `running` and the id
-- of a sweep of one of them that runs or is asked for already; or `unseen`: no reconciler for 30 seconds.
create function suivi.ask_for_sweeps(accounts text[], wanted text)
returns table (verdict text, sweep bigint, account_id text) language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('suivi.ask_for_sweeps'));
  delete from suivi.sweep_request r where r.asked_at < clock_timestamp() - interval '2 minutes'; -- nobody came
  return query
    select 'running', s.id, s.account
    from suivi.sweep s join suivi.sweep_shown w on w.id = s.id
    where s.account = any(accounts) and s.finished_at is null and w.running
    union all
    select 'running', r.sweep_id, r.account from suivi.sweep_request r where r.account = any(accounts)
    order by 2 limit 1;
  if found then
    return;
  end if;
  if not exists (select from suivi.reconciler k
                 where k.stopped_at is null and k.seen_at > clock_timestamp() - interval '30 seconds') then
    return query select 'unseen', null::bigint, null::text;
    return;
  end if;
  return query
    insert into suivi.sweep_request as r (sweep_id, account, kind)
    select nextval('suivi.sweep_id_seq'), u.id, wanted
    from unnest(accounts) with ordinality as u(id, n) order by u.n
    returning 'asked', r.sweep_id, r.account;
end $$;
