-- Where many webhooks come, figures of slots are taken from what has been counted as far as that goes.

-- Events received since `since` by slots of `step`, their name ('' for none) and outcome. Where they are few, or the slots are
-- finer than those of event_count, they are counted as they are now; else what has been counted is taken from there, and an
-- outcome that has come since the last count is not seen yet. `of_account`: null for
-- all; `and_unnamed`: those whose address named no account too.
create or replace function suivi.events_by_slot(since timestamptz, step interval, of_account text, and_unnamed boolean)
returns table (slot timestamptz, name text, outcome text, events bigint) language plpgsql stable as $$
declare
  border timestamptz := (select c.up_to from suivi.event_counted c);
begin
  if border is null or border <= since or step < interval '15 minutes'
     or (select coalesce(sum(c.events), 0) from suivi.event_count c where c.slot >= since and c.slot < border) < 20000 then
    border := since;
  end if;
  return query
    select x.slot, x.name, x.outcome, sum(x.events)::bigint
    from (
      select date_bin(step, c.slot, 'epoch') as slot, c.name, c.outcome, c.events
      from suivi.event_count c
      where c.slot >= since and c.slot < border
        and (of_account is null or c.account = of_account or (and_unnamed and c.account = ''))
      union all
      select date_bin(step, i.received_at, 'epoch'), coalesce(i.name, ''),
             coalesce(o.outcome, p.state, i.outcome, 'pending'), count(*)
      from suivi.inbox i
      left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on
                                     and o.stored_on >= (border at time zone 'UTC')::date - 1
      left join suivi.pending p on p.event_id = i.id
      where i.received_at >= border and i.stored_on >= (border at time zone 'UTC')::date - 1
        and (of_account is null or i.account = of_account or (and_unnamed and i.account is null))
      group by 1, 2, 3) x
    group by 1, 2, 3 order by 1, 3, 2;
end $$;
