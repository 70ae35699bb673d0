#!/usr/bin/env bash
# Sourced by tests/bench/run: PostgreSQL alone (pgbench calls what the receiver calls), replay, memory of idle connections,
# start-up, sizes, and the facts of the machine. Results are lines `fact<TAB>value`.

facts=$scratch/facts
fact() { printf '%s\t%s\n' "$1" "$2" >> "$facts"; }

# The arrays of one call, made beforehand, so that only the keys are made anew; $1 webhooks a call.
make_batch() { # DATABASE ROWS
  psql -Xq -v ON_ERROR_STOP=1 -v rows="$2" -d "$(url_of "$1")" << 'SQL'
set client_min_messages = warning;
create schema if not exists bench;
create sequence if not exists bench.key;
drop table if exists bench.batch;
create table bench.batch as
select array_agg(false) as expiring, array_agg(now()) as received, array_agg('bench'::text) as accounts,
       array_agg(convert_to(rpad('{"message":{"data":"', 620, 'x'), 'UTF8')) as raws, array_agg('OrderStatusChanged'::text) as names,
       array_agg('message-' || n) as message_ids, array_agg(now()) as published,
       array_agg('00000000-0000-4000-8000-' || lpad(n::text, 12, '0')) as uuids, array_agg((5000000 + n)::text) as display_ids,
       array_agg(null::text) as trackings, array_agg('BENCH-' || lpad(n::text, 7, '0')) as reference_texts,
       array_agg(22::bigint) as statuses, array_agg(null::text) as outcomes, array_agg(null::text) as errors
from generate_series(1, :rows) n;
SQL
  cat > "$scratch/ingest.sql" << SQL
select count(*) from bench.batch b, lateral suivi.ingest_batch(
  (select array_agg(sha256(int8send(nextval('bench.key')))) from generate_series(1, $2)), b.expiring, b.received, b.accounts, b.raws,
  b.names, b.message_ids, b.published, b.uuids, b.display_ids, b.trackings, b.reference_texts, b.statuses, b.outcomes, b.errors,
  'bench', 5000);
SQL
}

pgbench_rows() { # DATABASE LABEL ROWS CLIENTS
  local calls wal postgres transactions
  make_batch "$1" "$3"
  wal=$(wal_position) postgres=$(ticks_of_postgres)
  PGOPTIONS=-cjit=off "$pgbench" -n -M prepared -c "$4" -j 1 -T "$seconds" -f "$scratch/ingest.sql" "$(url_of "$1")" > "$scratch/pgbench.out" 2>&1 \
    || { cat "$scratch/pgbench.out" >&2; fail "pgbench failed"; }
  wal=$(($(wal_position) - wal)) postgres=$(($(ticks_of_postgres) - postgres))
  transactions=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$scratch/pgbench.out")
  calls=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$scratch/pgbench.out")
  local n=$((transactions * $3))
  note label "$2" connections "$4" n "$n" acked "$(calculate %.0f "$calls * $3")" \
    cpu_postgres "$(calculate %.1f "$postgres / $ticks / $n * 1e6")" wal "$(calculate %.0f "$wal / $n")"
  echo >> "$rows"
  say "  $2, $4 clients: $(calculate %.0f "$calls * $3")/s"
}

section_database() {
  copy_database bench_shop bench_pg
  SUIVI_DATABASE_URL=$(url_of bench_pg) "$bin/suivi-receiver" migrate > /dev/null 2>&1
  pgbench_rows bench_pg 'database only, 1 a transaction' 1 16
  pgbench_rows bench_pg 'database only, 100 a transaction' 100 2
  pgbench_rows bench_pg 'database only, 500 a transaction' 500 2
  drop_database bench_pg
}

# Every stored webhook of the receiver's section once more, at least replay_events of them.
section_replay() {
  if [ -z "$(ask postgres "select 1 from pg_database where datname = 'bench_suivi'")" ]; then
    copy_database bench_shop bench_suivi
    start_receiver bench_suivi
    "$bin/bench-load" send --port "$port" --connections 256 --seconds 120 --count "$replay_events" --orders "$orders" > /dev/null
    await_applied suivi bench_suivi > /dev/null
    stop receiver
  fi
  local since n
  since=$(ask bench_suivi "select to_char(received_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from suivi.inbox order by id desc
                           offset $((replay_events - 1)) limit 1")
  [ -n "$since" ] || { fact 'replay' 'not run: too few stored webhooks'; return; }
  SUIVI_DATABASE_URL=$(url_of bench_suivi) SUIVI_RECEIVER_WEBHOOK_SECRETS=example-secret SUIVI_RECEIVER_SPOOL=$scratch/spool \
    "$bin/bench-measured" "$scratch/measured" "$bin/suivi-receiver" replay --since "$since" --outcome all --json > "$scratch/replay.json" \
    || say "  replay ended with a failure: $(cat "$scratch/replay.json")"
  n=$(jq .selected "$scratch/replay.json")
  fact "replay of $n stored webhooks" "$(seconds_and_memory) ($(jq -c . "$scratch/replay.json"))"
}

seconds_and_memory() {
  awk -F= '{ v[$1] = $2 } END { printf "%.2f s, %.1f MiB, %.2f s of processor", v["wall"], v["rss_kib"] / 1024, v["cpu"] }' "$scratch/measured"
}

section_idle() {
  copy_database bench_shop bench_idle
  start_receiver bench_idle
  local held before
  before=$(memory_kib "${pid_of[receiver]}" VmRSS)
  held=$(($(ulimit -n) - 100 < 10000 ? $(ulimit -n) - 100 : 10000))
  if [ "$held" -ge 10000 ]; then held=9990; fi # the limit leaves room for those who look
  mkfifo "$scratch/hold"
  "$bin/bench-load" idle --port "$port" --connections "$held" --orders "$orders" --run idle < "$scratch/hold" > "$scratch/held" &
  pid_of[idle]=$!
  exec 7> "$scratch/hold"
  await idle 60 grep -q held "$scratch/held"
  await_applied suivi bench_idle > /dev/null
  sleep 5 # what is wanted is the memory of connections at rest
  fact "memory with $held idle connections" "$(calculate %.1f "$(memory_kib "${pid_of[receiver]}" VmRSS) / 1024") MiB ($(calculate %.1f "$before / 1024") MiB with none)"
  exec 7>&-
  wait "${pid_of[idle]}" || true
  unset 'pid_of[idle]'
  stop receiver
  drop_database bench_idle
}

# From exec to /readyz with the database up, the schema there; then the first webhook.
section_start() {
  copy_database bench_shop bench_start
  SUIVI_DATABASE_URL=$(url_of bench_start) "$bin/suivi-receiver" migrate > /dev/null 2>&1
  local round begun ready first best=''
  for round in 1 2 3 4 5; do
    begun=$(date +%s%6N)
    SUIVI_DATABASE_URL=$(url_of bench_start) SUIVI_RECEIVER_LISTEN=127.0.0.1:$start_port SUIVI_RECEIVER_WEBHOOK_SECRETS=example-secret \
      SUIVI_RECEIVER_SPOOL=$scratch/spool start receiver "$bin/suivi-receiver"
    ready=$("$bin/bench-load" ready --port "$start_port" --seconds 20) || fail "the receiver is not ready"
    "$bin/bench-load" send --port "$start_port" --connections 1 --count 1 --first "$round" --run "start-$round" > "$scratch/load.out" || true
    first=$(value max_ms)
    best+="$(calculate %.0f "($ready - $begun) / 1e3")/$first "
    stop receiver
  done
  fact 'start to ready / first webhook, ms, five times' "$best"
  drop_database bench_start
}

section_sizes() {
  local program
  for program in suivi-receiver suivi-reconciler; do
    objcopy --strip-all "$bin/$program" "$scratch/stripped"
    fact "$program, stripped" "$(calculate %.2f "$(stat -c %s "$scratch/stripped") / 1048576") MiB"
  done
}

tell_machine() {
  fact 'processors' "$cores, $(sed -n 's/^model name\t*: //p' /proc/cpuinfo | head -n 1)"
  fact 'memory' "$(awk '/^MemTotal:/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo)"
  fact 'kernel, PostgreSQL' "$(uname -r), $(ask postgres 'show server_version')"
  local test_fsync
  test_fsync=$(ls /usr/lib/postgresql/*/bin/pg_test_fsync 2> /dev/null | sort -V | tail -n 1)
  if [ -n "$test_fsync" ]; then
    fact 'fdatasync of 8 KiB' "$( (cd "$scratch" && "$test_fsync" -s 1 -f "$scratch/fsync-probe") 2> /dev/null \
      | awk '/^ +fdatasync/ { printf "%s us", $4; exit }')"
  fi
  fact 'load of the machine at the start' "$(cut -d' ' -f1-3 /proc/loadavg)"
}
