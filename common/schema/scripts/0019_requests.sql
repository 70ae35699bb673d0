-- A sweep that was asked for and that nobody has begun, though nobody sweeps its account, waits for a worker that is gone:
-- it keeps nobody from asking again for longer than a lease holds. Whoever asks again renews it under the id that was
-- promised.
-- compatible_from: 16
create or replace function suivi.ask_for_sweeps(accounts text[], wanted text)
returns table (verdict text, sweep bigint, account_id text) language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('suivi.ask_for_sweeps'));
  delete from suivi.sweep_request r where r.asked_at < clock_timestamp() - interval '2 minutes'; -- nobody came
  return query
    select 'running', s.id, s.account
    from suivi.sweep s join suivi.sweep_shown w on w.id = s.id
    where s.account = any(accounts) and s.finished_at is null and w.running
    union all
    select 'running', r.sweep_id, r.account
    from suivi.sweep_request r left join suivi.account a on a.id = r.account
    where r.account = any(accounts)
      and (r.asked_at > clock_timestamp() - interval '20 seconds' or a.lease_until > clock_timestamp())
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
    on conflict (account) do update set kind = excluded.kind, asked_at = clock_timestamp()
    returning 'asked', r.sweep_id, r.account;
end $$;
