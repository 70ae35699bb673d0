#!/usr/bin/env bash
# Sourced by tests/bench/run: webhooks to a running contestant, and a row of the table for each load.

# Every row goes into this file, one `name=value` line a cell, rows parted by empty lines.
rows=$scratch/rows

note() { printf '%s=%s\n' "$@" >> "$rows"; }

# Until nothing of it waits to be applied; answers the moment, in microseconds.
await_applied() { # CONTESTANT DATABASE
  if [ "$1" = suivi ]; then
    ask "$2" "do \$\$ begin loop
                exit when not exists (select from suivi.waiting_event where state = 'pending');
                commit; perform pg_sleep(0.005);
              end loop; end \$\$" "select (extract(epoch from clock_timestamp()) * 1e6)::bigint"
  else
    echo 0
  fi
}

# Percentiles of the time from when a webhook was due to its order's commit, in ms: `p50 p99`.
row_latency() { # CONTESTANT DATABASE FILE [CONDITION]
  local outcomes='suivi.event_outcome o on o.event_id = s.id'
  if [ "$1" != suivi ]; then outcomes='rival.event o on o.id = s.id'; fi
  psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -d "$(url_of "$2")" << SQL
create temporary table sent (id bigint, due_us bigint);
\\copy sent from '$3'
select round(percentile_disc(0.5) within group (order by took)::numeric, 2),
       round(percentile_disc(0.99) within group (order by took)::numeric, 2)
from (select extract(epoch from pg_xact_commit_timestamp(o.xmin)) * 1e3 - s.due_us / 1e3 as took from sent s join $outcomes ${4:-}) t
SQL
}

value() { sed -n "s/^$1=//p" "$scratch/load.out"; }

# One load, one row. `next` is the number of the next webhook for this database.
measure() { # CONTESTANT LABEL DATABASE PID PORT CONNECTIONS SECONDS [RATE]
  local who=$1 label=$2 database=$3 pid=$4 port=$5 connections=$6 seconds=$7 rate=${8:-0}
  local own postgres machine wal applied_us pending='' ids=()
  if [ "$rate" != 0 ]; then ids=(--ids "$scratch/ids"); fi
  forget_peak "$pid"
  own=$(ticks_of "$pid") postgres=$(ticks_of_postgres) machine=$(ticks_of_machine) wal=$(wal_position)
  "$bin/bench-load" send --port "$port" --connections "$connections" --seconds "$seconds" --rate "$rate" \
    --first "${next[$database]:-0}" --bodies "${bodies:-0}" --orders "$orders" --run "$database" "${ids[@]}" > "$scratch/load.out" \
    || say "  not everything was acknowledged: $(tr '\n' ' ' < "$scratch/load.out")"
  if [ "$who" = suivi ]; then pending=$(ask "$database" "select count(*) from suivi.waiting_event where state = 'pending'"); fi
  applied_us=$(await_applied "$who" "$database")
  own=$(($(ticks_of "$pid") - own)) postgres=$(($(ticks_of_postgres) - postgres))
  machine=$(($(ticks_of_machine) - machine)) wal=$(($(wal_position) - wal))
  next[$database]=$(value next)
  local n began ended
  n=$(value acknowledged) began=$(value began_us) ended=$(value ended_us)
  if [ "$applied_us" -lt "$ended" ]; then applied_us=$ended; fi
  last_applied=$(calculate %.0f "$n / (($applied_us - $began) / 1e6)")
  note label "$label" connections "$connections" n "$n" acked "$(value rate)" applied "$last_applied" p50 "$(value p50_ms)" \
    p99 "$(value p99_ms)" pending "$pending" rss "$(calculate %.1f "$(memory_kib "$pid" VmHWM) / 1024")" \
    cpu_own "$(calculate %.1f "$own / $ticks / $n * 1e6")" cpu_postgres "$(calculate %.1f "$postgres / $ticks / $n * 1e6")" \
    cpu_load "$(calculate %.1f "$(value cpu_s) / $n * 1e6")" wal "$(calculate %.0f "$wal / $n")" \
    others "$(calculate %.0f "100 * ($machine / $ticks - $own / $ticks - $postgres / $ticks - $(value cpu_s)) / (($applied_us - $began) / 1e6 * $cores)")"
  if [ "$rate" != 0 ]; then
    local latency
    latency=$(row_latency "$who" "$database" "$scratch/ids")
    note row50 "${latency% *}" row99 "${latency#* }" due "$rate"
  fi
  echo >> "$rows"
  say "  $label, $connections connections: $(value rate)/s acknowledged, $last_applied/s applied, p99 $(value p99_ms) ms"
}

# --- contestants --------------------------------------------------------------------------------------------------------

log_says_port() { grep -qs '"port":' "$scratch/receiver.log"; }

start_receiver() { # DATABASE
  SUIVI_DATABASE_URL=$(url_of "$1") SUIVI_RECEIVER_LISTEN=127.0.0.1:0 SUIVI_RECEIVER_WEBHOOK_SECRETS=example-secret \
    SUIVI_RECEIVER_ADMIN_TOKEN=example-token SUIVI_RECEIVER_SPOOL=$scratch/spool SUIVI_LOG_FORMAT=json \
    start receiver "$bin/suivi-receiver"
  await receiver 10 log_says_port
  port=$(sed -n 's/.*"port":"\{0,1\}\([0-9]*\).*/\1/p' "$scratch/receiver.log" | head -n 1)
  "$bin/bench-load" ready --port "$port" --seconds 30 > /dev/null || fail "the receiver is not ready"
}

start_rival() { # DATABASE MODE
  rm -f "$scratch/rival.port"
  DATABASE_URL=$(url_of "$1") PORT_FILE=$scratch/rival.port RIVAL_MODE=$2 start rival node tests/bench/rival/server.js
  await rival 20 test -s "$scratch/rival.port"
  port=$(cat "$scratch/rival.port")
}

install_rival() {
  [ -n "$(command -v node)" ] && [ -n "$(command -v npm)" ] || return 1
  [ -d tests/bench/rival/node_modules/fastify ] || (cd tests/bench/rival && npm ci --silent > /dev/null 2>&1)
}

# --- sections -----------------------------------------------------------------------------------------------------------

section_http() {
  start http "$bin/bench-http" "$scratch/http.port"
  await http 5 test -s "$scratch/http.port"
  local connections
  for connections in $http_connections; do
    measure http 'http only' http "${pid_of[http]}" "$(cat "$scratch/http.port")" "$connections" "$seconds"
  done
  stop http
}

section_receiver() {
  copy_database bench_shop bench_suivi
  start_receiver bench_suivi
  measure suivi 'suivi, new parcels' bench_suivi "${pid_of[receiver]}" "$port" 256 "$warm_seconds"
  local connections
  for connections in $all_connections; do
    measure suivi suivi bench_suivi "${pid_of[receiver]}" "$port" "$connections" "$seconds"
    if [ "$connections" = 64 ]; then local sustained=$last_applied; fi
  done
  measure suivi 'suivi, half load' bench_suivi "${pid_of[receiver]}" "$port" 64 "$seconds" "$((${sustained:-$last_applied} / 2))"
  stop receiver
  say "  outcomes: $(ask bench_suivi "select string_agg(outcome || ' ' || n, ', ') from (select outcome, count(*) n from suivi.event_outcome group by 1) t")"
}

# So many webhooks told again and again, so that nearly all change nothing.
again_bodies=4000

section_again() {
  local bodies=$again_bodies connections
  copy_database bench_shop bench_again
  start_receiver bench_again
  measure suivi 'suivi, told first' bench_again "${pid_of[receiver]}" "$port" 256 "$seconds"
  for connections in $rival_connections; do
    measure suivi 'suivi, told again' bench_again "${pid_of[receiver]}" "$port" "$connections" "$seconds"
  done
  stop receiver
  if ! install_rival; then
    printf 'label=simple rival, told again\nmissing=not run: no node and npm here\n\n' >> "$rows"
    return
  fi
  copy_database bench_shop bench_again
  unset 'next[bench_again]'
  psql -Xq -v ON_ERROR_STOP=1 -d "$(url_of bench_again)" -f tests/bench/rival/schema.sql
  start_rival bench_again simple
  measure rival 'simple rival, told first' bench_again "${pid_of[rival]}" "$port" 256 "$seconds"
  for connections in $rival_connections; do
    measure rival 'simple rival, told again' bench_again "${pid_of[rival]}" "$port" "$connections" "$seconds"
  done
  stop rival
  drop_database bench_again
}

section_rival() {
  if ! install_rival; then
    printf 'label=rival\nmissing=not run: no node and npm here\n\n' >> "$rows"
    return
  fi
  copy_database bench_shop bench_rival
  psql -Xq -v ON_ERROR_STOP=1 -d "$(url_of bench_rival)" -f tests/bench/rival/schema.sql
  start_rival bench_rival batched
  measure rival 'rival, new parcels' bench_rival "${pid_of[rival]}" "$port" 256 "$warm_seconds"
  local connections
  for connections in $rival_connections; do
    measure rival rival bench_rival "${pid_of[rival]}" "$port" "$connections" "$seconds"
    if [ "$connections" = 64 ]; then local sustained=$last_applied; fi
  done
  measure rival 'rival, half load' bench_rival "${pid_of[rival]}" "$port" 64 "$seconds" "$((${sustained:-$last_applied} / 2))"
  stop rival
  start_rival bench_rival plain
  measure rival 'one transaction each' bench_rival "${pid_of[rival]}" "$port" 64 "$seconds"
  stop rival
  drop_database bench_rival
}
