-- Couriers that allow so many requests a second, a minute, an hour and a day: what is left of them, for all programs
-- together. Windows begin as the courier's do, days at midnight in Algiers; times are PostgreSQL's.

create table suivi.request_quota (
  account      text          primary key,
  starts       timestamptz[] not null,           -- of the present second, minute, hour and day
  lefts        bigint[]      not null,           -- requests left in each
  lockouts     integer       not null default 0, -- answers 429 in a row
  locked_at    timestamptz,                      -- the last of them
  closed_until timestamptz                       -- nobody asks before
) with (fillfactor = 50);

create function suivi.quota_windows(at timestamptz) returns timestamptz[] language sql stable as $$
  select array[date_trunc('second', at), date_trunc('minute', at), date_trunc('hour', at),
               date_trunc('day', at at time zone 'Africa/Algiers') at time zone 'Africa/Algiers']
$$;

-- Takes one request, or answers how many milliseconds to wait for it. `allowed`: in each window; `kept`: what the caller
-- leaves to others.
create function suivi.take_request(account_id text, allowed bigint[], kept bigint[]) returns bigint language plpgsql as $$
declare
  lengths constant interval[] := array['1 second', '1 minute', '1 hour', '1 day'];
  q suivi.request_quota;
  at timestamptz;
  windows timestamptz[];
  free_at timestamptz;
begin
  insert into suivi.request_quota (account, starts, lefts)
  values (account_id, suivi.quota_windows(clock_timestamp()), allowed)
  on conflict do nothing;
  select * into q from suivi.request_quota where account = account_id for update;
  at := clock_timestamp();
  windows := suivi.quota_windows(at);
  free_at := greatest(at, q.closed_until);
  for i in 1..4 loop
    if q.starts[i] < windows[i] then
      q.starts[i] := windows[i];
      q.lefts[i] := allowed[i];
    end if;
    if q.lefts[i] <= kept[i] then
      free_at := greatest(free_at, windows[i] + lengths[i]);
    end if;
    q.lefts[i] := q.lefts[i] - 1;
  end loop;
  if free_at > at then
    return greatest(1, ceil(extract(epoch from free_at - at) * 1000));
  end if;
  update suivi.request_quota set starts = q.starts, lefts = q.lefts where account = account_id;
  return 0;
end $$;

-- What an answer told: `told` is what is left, null where it did not say. More than is left here is believed only where
-- it is more than anybody has: the account is allowed more. After a 429 nobody asks for `wait_ms`, or for a minute,
-- doubled each time in a row, up to an hour.
create function suivi.note_quota(account_id text, allowed bigint[], told bigint[], throttled boolean, wait_ms bigint)
returns void language plpgsql as $$
declare
  q suivi.request_quota;
  at timestamptz;
  windows timestamptz[];
begin
  select * into q from suivi.request_quota where account = account_id for update;
  if not found then
    return;
  end if;
  at := clock_timestamp();
  windows := suivi.quota_windows(at);
  for i in 1..4 loop
    if q.starts[i] < windows[i] then
      q.starts[i] := windows[i];
      q.lefts[i] := allowed[i];
    end if;
    if told[i] < q.lefts[i] or told[i] > allowed[i] then
      q.lefts[i] := told[i];
    end if;
  end loop;
  if throttled then
    q.closed_until := at + coalesce(wait_ms, least(60000 * power(2, least(q.lockouts, 10)), 3600000))
                           * interval '1 millisecond';
    q.lockouts := q.lockouts + 1;
    q.locked_at := at;
  else
    q.lockouts := 0;
  end if;
  update suivi.request_quota
  set starts = q.starts, lefts = q.lefts, lockouts = q.lockouts, locked_at = q.locked_at, closed_until = q.closed_until
  where account = account_id;
end $$;

-- Tracking numbers that a courier was asked for and did not know, so that the others are not kept from their turn.
create table suivi.unanswered_number (
  order_id text        not null,
  account  text        not null,
  asked_at timestamptz not null,
  primary key (order_id, account)
);

alter table suivi.account
  add column challenged_at timestamptz; -- when the courier last asked whether the webhooks' address listens

-- How often a parcel came to a state that has no text of its own here, for each courier.
create table suivi.unknown_state (
  courier smallint primary key,
  times   bigint   not null
);
