#!/usr/bin/env bash
# Sourced by tests/bench/run: full and incremental sweeps of the courier's stand-in, beside what pages and latency alone
# would take.

sweeps=$scratch/sweeps

sim_ask() { # METHOD PATH [BODY]
  curl -sf -X "$1" ${3:+-d "$3"} "http://127.0.0.1:$(cat "$scratch/sim.port")$2" > /dev/null || fail "the stand-in refused $2"
}

sweep_once() { # DATABASE ARGUMENTS...
  local database=$1 status=0
  shift
  SUIVI_DATABASE_URL=$(url_of "$database") SUIVI_RECONCILER_MAX_ORDERS=0 SUIVI_MAYSTRO_READ_LAG=1s SUIVI_LOG_LEVEL=error \
    "$bin/bench-measured" "$scratch/measured" "$bin/suivi-reconciler" sweep "$@" --json > "$scratch/sweep.json" || status=$?
  [ "$status" = 0 ] || say "  a sweep ended with status $status: $(cat "$scratch/sweep.json")"
}

one_sweep() { # DATABASE ORDERS LATENCY LABEL ARGUMENTS...
  local database=$1 known=$2 latency=$3 label=$4 postgres
  shift 4
  postgres=$(ticks_of_postgres)
  sweep_once "$database" "$@"
  sleep 0.2 # until the postmaster has taken over what its ended children used
  postgres=$(calculate %.2f "($(ticks_of_postgres) - $postgres) / $ticks")
  awk -F= '{ v[$1] = $2 } END { print v["wall"], v["cpu"], v["rss_kib"] / 1024 }' "$scratch/measured" > "$scratch/used"
  jq -r --arg what "$label" --argjson known "$known" --argjson latency "$latency" --argjson postgres "$postgres" \
    --arg used "$(cat "$scratch/used")" '
    ($used | split(" ") | map(tonumber)) as [$wall, $cpu, $rss]
    | .sweeps[0] as $s
    | ($s.pages * $latency / 10000) as $ideal
    | [$known, $latency, $what, $s.verdict, $s.pages, $s.requests, $s.fetched, $s.statusChanged + $s.backfilled, $s.seconds,
       $ideal, (if $ideal > 0 then ($s.seconds / $ideal * 100 | round) / 100 else "" end), $postgres, $cpu, ($rss * 10 | round) / 10]
    | @tsv' "$scratch/sweep.json" >> "$sweeps"
  say "  $known orders, $latency ms, $label: $(jq -r '.sweeps[0] | "\(.verdict), \(.seconds) s, \(.pages) pages"' "$scratch/sweep.json")"
}

# The stand-in with so many orders of the account acc-1, whose address the database learns.
start_courier() { # DATABASE ORDERS
  rm -f "$scratch/sim.port"
  start sim "$bin/suivi-maystro-sim" serve --accounts acc-1:example-key-1:Main --orders "$2" --moving false --listen 127.0.0.1:0 \
    --port-file "$scratch/sim.port"
  await sim 120 test -s "$scratch/sim.port"
  ask "$1" "update shipping_accounts set \"baseUrl\" = 'http://127.0.0.1:$(cat "$scratch/sim.port")' where \"id\" = 'acc-1'" \
    "vacuum analyze" "checkpoint"
}

# What a sweep that changes all of them cannot go below: the same values into the same rows and columns, 220 at a time, by
# UPDATE alone.
plain_update() { # ORDERS
  local columns='"trackingNumber", "shippingStatus", "maystroOrderId", "additionalMetaData"' postgres
  ask bench_sweep "copy (select id, $columns from orders where \"trackingNumber\" is not null) to stdout" > "$scratch/told"
  copy_database "sweep_$1" bench_plain
  ask bench_plain 'create table told (n serial, id text, a text, b text, c text, d jsonb)' \
    "copy told (id, a, b, c, d) from '$scratch/told'" 'create index on told (n)' 'vacuum analyze told' checkpoint
  postgres=$(ticks_of_postgres)
  ask bench_plain "do \$\$ begin for i in 0..$1 / 220 loop
      update orders o set ($columns) = (a, b, c, d) from told where n between i * 220 + 1 and i * 220 + 220 and o.id = told.id;
      commit;
    end loop; end \$\$"
  fact "processor time of PostgreSQL for an UPDATE of $1 orders alone" "$(calculate %.2f "($(ticks_of_postgres) - $postgres) / $ticks") s"
  drop_database bench_plain
}

sweep_series() { # ORDERS LATENCY
  local known=$1 latency=$2
  copy_database "sweep_$known" bench_sweep
  start_courier bench_sweep "$known"
  sim_ask POST /control/settings "{\"latency_ms\": $latency, \"changes_per_second\": $((known / 100))}"
  one_sweep bench_sweep "$known" "$latency" 'all changed' --full
  if [ "$known" -le 20000 ] && [ "$latency" = 0 ]; then plain_update "$known"; fi
  sim_ask POST '/control/advance?seconds=1'
  one_sweep bench_sweep "$known" "$latency" '1 % changed' --full
  one_sweep bench_sweep "$known" "$latency" 'none changed' --full
  one_sweep bench_sweep "$known" "$latency" 'incremental, nothing new' --incremental
  stop sim
  drop_database bench_sweep
}

section_sweep() {
  local known latency
  for known in $sweep_orders; do
    ask postgres "create database sweep_$known"
    "$bin/suivi-maystro-sim" load-shop --database "$(url_of "sweep_$known")" --accounts acc-1:example-key-1:Main --orders $((known * 2)) \
      --known "$known" --base-url http://127.0.0.1:1 > /dev/null
    # Else the first sweep would make Suivi's tables, and be charged with that.
    SUIVI_DATABASE_URL=$(url_of "sweep_$known") "$bin/suivi-reconciler" migrate > /dev/null
    ask "sweep_$known" 'vacuum analyze'
    for latency in $sweep_latencies; do
      # A hundred thousand orders and more: without latency only, which is where the work shows.
      if [ "$known" -gt 20000 ] && [ "$latency" -gt 0 ]; then continue; fi
      sweep_series "$known" "$latency"
    done
    drop_database "sweep_$known"
  done
}
