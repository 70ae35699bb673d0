#!/usr/bin/env bash
# Sourced by tests/bench/run: a paced load on the receiver while something else wants the same database, the same rows or
# the same port. Each case begins with a fresh copy of the same shop and a fresh receiver, and sends the same webhooks.

# A line for each case, its cells parted by tabs.
hostile=$scratch/hostile

# Two accounts: `bench` of the orders that the webhooks are about, `acc-1` of those that the courier's stand-in has.
make_hostile_shop() {
  ask postgres "create database hostile_shop"
  "$bin/suivi-maystro-sim" load-shop --database "$(url_of hostile_shop)" --accounts acc-1:example-key-1:Main --orders "$hostile_swept" \
    --known "$hostile_swept" --base-url http://127.0.0.1:1 > /dev/null
  psql -Xq -v ON_ERROR_STOP=1 -v orders="$orders" -d "$(url_of hostile_shop)" -f tests/bench/orders.sql
  SUIVI_DATABASE_URL=$(url_of hostile_shop) "$bin/suivi-receiver" migrate > /dev/null 2>&1
}

# The last webhooks of all, unpaced: a receiver that has worked before.
warm_up() {
  "$bin/bench-load" send --port "$port" --connections 64 --seconds 30 --count 2000 --first $((orders - 2000)) --orders "$orders" \
    --run warm > /dev/null || fail "the receiver does not take webhooks"
  await_applied suivi bench_hostile > /dev/null
}

# Processor time so far of all that this run has started; who has ended counts as this shell's own child.
ticks_of_ours() {
  local sum pid
  sum=$(($(ticks_of_postgres) + $(awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' /proc/$$/stat)))
  for pid in "${pid_of[@]}"; do sum=$((sum + $(ticks_of "$pid"))); done
  echo "$sum"
}

begin_load() {
  begun_us=$(date +%s%6N) ours=$(ticks_of_ours) machine=$(ticks_of_machine)
  own=$(ticks_of "${pid_of[receiver]}") postgres=$(ticks_of_postgres)
  start load "$bin/bench-load" send --port "$port" --connections "$hostile_connections" --seconds "$hostile_seconds" \
    --rate "$hostile_rate" --orders "$orders" --run hostile --ids "$scratch/ids"
}
is_loading() { kill -0 "${pid_of[load]}" 2> /dev/null; }
await_load() {
  wait "${pid_of[load]}" || true
  unset 'pid_of[load]'
  mv "$scratch/load.log" "$scratch/load.out"
  [ -n "$(value acknowledged)" ] || fail "the load failed: $(cat "$scratch/load.out")"
  own=$(($(ticks_of "${pid_of[receiver]}") - own)) postgres=$(($(ticks_of_postgres) - postgres))
  others=$(calculate %.0f "100 * ($(ticks_of_machine) - $machine - $(ticks_of_ours) + $ours) / $ticks / (($(date +%s%6N) - $begun_us) / 1e6 * $cores)")
}

# Until no event waits for anything, two minutes at most; answers how many still do then, and how long after the load's
# last answer the last of its webhooks was applied.
await_nothing_left() {
  psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -d "$(url_of bench_hostile)" << SQL
do \$\$ declare until timestamptz := clock_timestamp() + interval '2 minutes'; begin loop
  exit when not exists (select from suivi.waiting_event) or clock_timestamp() > until;
  commit; perform pg_sleep(0.005);
end loop; end \$\$;
create temporary table sent (id bigint, due_us bigint);
\\copy sent from '$scratch/ids'
select (select count(*) from suivi.waiting_event),
       round(greatest(0, max(extract(epoch from pg_xact_commit_timestamp(o.xmin))) - $(value ended_us) / 1e6)::numeric, 2)
from sent s join suivi.event_outcome o on o.event_id = s.id
SQL
}

# The row of a load that has ended. CONDITION: of which outcomes (`o`) the time to the row is told.
note_case() { # LABEL REMARK [CONDITION]
  local left latency spooled failed
  spooled=$(grep -c '^[^0-9]' "$scratch/ids" || true) # their answers name no id
  sed -i '/^[^0-9]/d' "$scratch/ids"
  left=$(await_nothing_left)
  latency=$(row_latency suivi bench_hostile "$scratch/ids" "${3:-}")
  failed=$(($(value sent) - $(value acknowledged)))
  printf '%s\t' "$1" "$hostile_rate" "$hostile_connections" "$(value rate)" "$(value p50_ms)" "$(value p99_ms)" "$(value max_ms)" \
    "${latency% *}" "${latency#* }" "$failed" "$spooled" "${left% *}" "${left#* }" \
    "$(calculate %.2f "$own / $ticks")" "$(calculate %.2f "$postgres / $ticks")" "$others" >> "$hostile"
  printf '%s\n' "$2" >> "$hostile"
  say "  $1: $(value rate)/s acknowledged, ack p99 $(value p99_ms) ms, to row p99 ${latency#* } ms, $failed failed, ${left% *} left; $2"
}

# --- what goes on beside ------------------------------------------------------------------------------------------------

beside_nothing() {
  start_receiver bench_hostile
  warm_up
  begin_load
  await_load
  note_case 'nothing' ''
}

# Sweeps one after another until the load has ended: the first changes every order, any further one none.
beside_a_sweep() {
  local sweeps_made=''
  start_receiver bench_hostile
  start_courier bench_hostile "$hostile_swept"
  warm_up
  begin_load
  while is_loading; do
    sweep_once bench_hostile --full --account acc-1
    sweeps_made+="${sweeps_made:+, }$(jq -r '.sweeps[0] | "\(.verdict) of \(.fetched) parcels in \(.seconds) s"' "$scratch/sweep.json")"
  done
  await_load
  stop sim
  note_case 'full sweep' "$sweeps_made"
}

# A day three days ago, as the receiver would have left it.
make_old_day() {
  ask bench_hostile "
    do \$\$ declare
      day date := (now() at time zone 'UTC')::date - 3;
      parent text;
    begin
      foreach parent in array array['inbox', 'event_outcome'] loop
        execute format('create table suivi.%I partition of suivi.%I for values from (%L) to (%L)',
                       parent || '_' || to_char(day, 'YYYYMMDD'), parent, day, day + 1);
      end loop;
      insert into suivi.inbox (id, stored_on, received_at, account, raw, name, message_id, published_at, uuid, display_id, reference, status)
        select nextval('suivi.event_id'), day, day + interval '12 hours', 'bench',
               convert_to(rpad('{\"message\":{\"data\":\"' || n, 620, md5(n::text)), 'UTF8'), 'OrderStatusChanged', 'old-' || n,
               day + interval '12 hours', '00000000-0000-4000-8000-' || lpad(n::text, 12, '0'), (5000000 + n)::text,
               'BENCH-' || lpad(n::text, 7, '0'), 22
        from generate_series(1, $hostile_old) n;
      insert into suivi.inbox_key (key, event_id, stored_on)
        select sha256(int8send(id)), id, stored_on from suivi.inbox where stored_on = day;
      insert into suivi.event_outcome (event_id, stored_on, outcome, order_id)
        select id, stored_on, 'applied', 'bench-' || lpad(id::text, 9, '0') from suivi.inbox where stored_on = day;
    end \$\$" "vacuum analyze" "checkpoint"
}

old_day_is_gone() {
  [ "$(ask bench_hostile "select count(*) from suivi.stored_days() where stored_on < (now() at time zone 'UTC')::date")" = 0 ]
}

# A receiver looks for old days ten seconds after its start: the load begins a second and a half before.
beside_retention() {
  make_old_day
  local ready early dropped
  SUIVI_RETENTION_EVENTS=1d start_receiver bench_hostile
  ready=$(date +%s%3N)
  warm_up
  early=$((ready + 8500 - $(date +%s%3N)))
  if [ "$early" -gt 0 ]; then sleep "$(calculate %.3f "$early / 1000")"; fi
  begin_load
  await_load
  # What it finds in somebody's hands it leaves for a minute.
  until old_day_is_gone || [ $(($(date +%s%3N) - ready)) -gt 160000 ]; do sleep 0.2; done
  dropped=$(sed -n '/a day older than retention.events was dropped/s/.*"time":"\([^"]*\)".*/\1/p' "$scratch/receiver.log" | tail -n 1)
  if [ -n "$dropped" ]; then
    dropped="gone $(calculate %.1f "$(date -d "$dropped" +%s%6N) / 1e6 - $(value began_us) / 1e6") s after the load began, which took $(value seconds) s"
  fi
  note_case 'retention drops a day' "$hostile_old webhooks and their keys ${dropped:-still there: $(tail -n 1 "$scratch/receiver.log")}"
}

# The shop's own session has every twentieth order until the load has ended.
beside_locks() {
  local locked waited
  start_receiver bench_hostile
  warm_up
  mkfifo "$scratch/shop"
  start shop psql -XqAt -v ON_ERROR_STOP=1 -d "$(url_of bench_hostile)" -f "$scratch/shop"
  exec 8> "$scratch/shop"
  echo "begin; select 'locked ' || count(*) from (select from orders where reference like 'BENCH-%' and right(reference, 7)::int % 20 = 0
        for update) t;" >&8
  await shop 60 grep -qs locked "$scratch/shop.log"
  locked=$(sed -n 's/^locked //p' "$scratch/shop.log")
  begin_load
  await_load
  waited=$(ask bench_hostile "select count(*) from suivi.waiting_event")
  echo 'commit;' >&8
  exec 8>&-
  wait "${pid_of[shop]}" || fail "the session that locked orders failed: $(cat "$scratch/shop.log")"
  unset 'pid_of[shop]'
  rm "$scratch/shop"
  note_case 'the shop has locked 5 % of the orders' "$locked orders locked, $waited webhooks waited for them when they were let go; to row: of the others" \
    "and right(o.order_id, 9)::int % 20 <> 0"
}

beside_bad_input() {
  start_receiver bench_hostile
  warm_up
  start bad "$bin/bench-load" bad --port "$port" --connections 16 --seconds $((hostile_seconds + 1)) --bytes 1000000
  begin_load
  await_load
  wait "${pid_of[bad]}" || fail "the bad input failed: $(cat "$scratch/bad.log")"
  unset 'pid_of[bad]'
  note_case 'bad input' "$(awk -F= '{ v[$1] = $2 } END {
    printf "%s MB/s in %d pieces: %d kept in quarantine, %d refused, %d unavailable, %d unanswered", v["megabytes_per_second"],
      v["pieces"], v["kept"], v["refused"], v["unavailable"], v["unanswered"] }' "$scratch/bad.log")"
}

# Every order's UPDATE takes a tenth of a second longer: no more than ten a second can be applied until that ends with the load.
beside_a_slow_trigger() {
  local waited
  start_receiver bench_hostile
  warm_up
  ask bench_hostile "create function slow() returns trigger language plpgsql as \$\$ begin perform pg_sleep(0.1); return new; end \$\$" \
    "create trigger slow before update on orders for each row execute function slow()"
  begin_load
  await_load
  waited=$(ask bench_hostile "select count(*) from suivi.waiting_event")
  ask bench_hostile "drop trigger slow on orders"
  note_case 'a trigger takes 100 ms an order' "$waited webhooks waited when it was taken away"
}

# A trigger of the shop's writes the order's customer too, and some customers are locked until the load has ended.
beside_locked_rows() { # CASE CUSTOMERS OTHERS: two conditions
  local waited
  start_receiver bench_hostile
  warm_up
  ask bench_hostile "create function touch() returns trigger language plpgsql as \$\$ begin
      update customers set \"updatedAt\" = now() where \"id\" = new.\"customerId\"; return new; end \$\$" \
    "create trigger touch after update on orders for each row execute function touch()"
  mkfifo "$scratch/shop"
  start shop psql -XqAt -v ON_ERROR_STOP=1 -d "$(url_of bench_hostile)" -f "$scratch/shop"
  exec 8> "$scratch/shop"
  echo "begin; select 'locked ' || count(*) from (select from customers where $2 for update) t;" >&8
  await shop 60 grep -qs locked "$scratch/shop.log"
  begin_load
  await_load
  waited=$(ask bench_hostile "select count(*) from suivi.waiting_event")
  echo 'commit;' >&8
  exec 8>&-
  wait "${pid_of[shop]}" || fail "the session that locked customers failed: $(cat "$scratch/shop.log")"
  unset 'pid_of[shop]'
  rm "$scratch/shop"
  note_case "$1" "$waited webhooks waited when they were let go; to row: of other customers' orders" "and $3"
}
beside_a_locked_customer() {
  beside_locked_rows 'one customer is locked behind a trigger' "\"id\" = 'customer-7'" 'right(o.order_id, 9)::int % 10000 <> 7'
}
beside_locked_customers() {
  beside_locked_rows '1 % of the customers are locked behind a trigger' "right(\"id\", 2) in ('07', '-7')" \
    'right(o.order_id, 9)::int % 100 <> 7'
}

# What a synchronous standby two milliseconds away costs every COMMIT.
beside_slow_commits() {
  ask postgres "alter system set commit_delay = 2000" "alter system set commit_siblings = 0" "select pg_reload_conf()" > /dev/null
  start_receiver bench_hostile
  warm_up
  begin_load
  await_load
  note_case 'each COMMIT takes 2 ms longer' ''
  ask postgres "alter system reset commit_delay" "alter system reset commit_siblings" "select pg_reload_conf()" > /dev/null
}

section_hostile() {
  make_hostile_shop
  local what
  for what in nothing a_sweep retention locks a_slow_trigger a_locked_customer locked_customers slow_commits bad_input; do
    copy_database hostile_shop bench_hostile
    "beside_$what"
    stop receiver
    drop_database bench_hostile
  done
  drop_database hostile_shop
}
