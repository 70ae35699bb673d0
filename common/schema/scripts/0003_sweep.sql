-- What the reconciler keeps: each account's lease and watermarks, and the report of every sweep.

-- One row for each courier account that was ever swept. Whoever holds the lease may sweep; taking it over raises `term`,
-- and every write of a sweep is made under its term (see hold_term), so that a sweeper that was taken for dead writes
-- nothing more. Times are PostgreSQL's, never a client's.
create table suivi.account (
  id              text primary key,
  name            text        not null default '',
  lease_owner     text,
  lease_until     timestamptz,
  term            bigint      not null default 0,
  full_watermark  timestamptz,            -- start of the last complete full sweep
  whole_watermark timestamptz,            -- … of the last one that was not cut at max_orders either
  last_sweep      bigint,                 -- the last finished one
  problem         text,                   -- why the account could not be read the last time; null if it could
  heard_at        timestamptz,            -- when the courier last gave a good answer
  webhook_heard_at   timestamptz,         -- when its last webhook came, as far as was looked
  webhooks_looked_on date,                -- … the partition from which to look on
  hooks_until     timestamptz,            -- somebody changes its hooks at the courier until then
  hooks_due_at    timestamptz,            -- when the worker looks at them again
  hooks_checked_at   timestamptz,         -- when they were last seen
  hooks_registered   text[] not null default '{}', -- triggers with a hook of ours then
  hooks_problem   text                    -- what was wrong with them then
) with (fillfactor = 50);

-- A row is there from a sweep's start; until its end the report reads as that of a sweep that was killed.
create table suivi.sweep (
  id                bigint generated always as identity primary key,
  account           text        not null,
  account_name      text        not null,
  kind              text        not null check (kind in ('full', 'incremental')),
  term              bigint      not null,
  owner             text        not null,
  started_at        timestamptz not null default clock_timestamp(),
  seen_at           timestamptz not null default clock_timestamp(), -- last sign of life
  finished_at       timestamptz,
  verdict           text        not null default 'incomplete' check (verdict in ('complete', 'incomplete')),
  cut               boolean     not null default false,
  abandoned         boolean     not null default false, -- stopped, or its lease was lost: it stands for no scheduled run
  reason            text        default 'killed before its end',
  pages             bigint      not null default 0,
  fetched           bigint      not null default 0,
  matched           bigint      not null default 0,
  backfilled        bigint      not null default 0,
  status_changed    bigint      not null default 0,
  unchanged         bigint      not null default 0,
  unmatched         bigint      not null default 0,
  conflicts         bigint      not null default 0,
  stale             bigint      not null default 0,
  unreadable        bigint      not null default 0,
  missed_by_webhook bigint      not null default 0,
  lookups           bigint      not null default 0,
  requests          bigint      not null default 0,
  retries           bigint      not null default 0,
  throttled         bigint      not null default 0,
  rows_expected     bigint,                           -- for progress
  parcels_before    bigint      not null default 0    -- the highest parcel.id at its start: parcels seen before
) with (fillfactor = 70);
create index sweep_account on suivi.sweep (account, id);

-- Raises an error unless `held` is the account's present term. The row stays locked until the transaction ends, so that
-- nobody can take the account over between this look and the commit.
create function suivi.hold_term(account_id text, held bigint) returns void
language plpgsql as $$
begin
  perform 1 from suivi.account where id = account_id and term = held for share;
  if not found then
    raise exception 'the lease of account % was taken over', account_id using errcode = 'SV002';
  end if;
end $$;
