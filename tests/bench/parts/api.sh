#!/usr/bin/env bash
# Sourced by tests/bench/run: how long each address of the operations API takes on a shop of api_orders orders and api_events
# webhooks, asked one after the other by one person. Lines `address<TAB>median ms<TAB>worst ms<TAB>status<TAB>bytes`.

api=$scratch/api

# What the screen asks for, and what an admin panel does.
api_addresses() {
  local period name view
  printf '%s\n' overview problems accounts coverage sweeps 'sweeps?fold=true' 'sweeps?kind=full' changes scheduler/status
  for name in coverage webhooks missed freshness; do
    for period in 1h 24h 7d 30d 90d; do printf 'series?name=%s&period=%s\n' "$name" "$period"; done
  done
  for view in all untracked unchecked alerted contested unassigned conflicting; do printf 'orders?view=%s\n' "$view"; done
  printf '%s\n' 'orders?query=BENCH-0000042' 'orders?query=BENCH-00004' 'orders?query=BENCH-' orders/BENCH-0000042
  printf 'webhooks/events?after=&%s\n' payload=false processed=true processed=false reference=BENCH-0000042 eventType=InventoryMovement \
    eventType=Nothing source=MAYSTRO source=GUEPEX
  for name in applied unchanged stale ignored failed conflict quarantined parked pending; do
    printf 'webhooks/events?after=&outcome=%s\n' "$name"
  done
  printf '%s\n' 'webhooks/events?limit=25' 'webhooks/stats?period=24h' 'webhooks/stats?period=30d'
}

ask_api() { # ADDRESS
  curl -s -o "$scratch/api.body" -w '%{time_total} %{http_code} %{size_download}\n' -H 'Authorization: Bearer example-token' \
    "http://127.0.0.1:$port/api/v1/$1"
}

section_api() {
  make_shop bench_api "$api_orders"
  SUIVI_DATABASE_URL=$(url_of bench_api) "$bin/suivi-receiver" migrate > /dev/null 2>&1
  say "  $api_orders orders, $api_events webhooks of $api_days days"
  psql -Xq -v ON_ERROR_STOP=1 -v orders="$api_orders" -v events="$api_events" -v days="$api_days" -d "$(url_of bench_api)" \
    -f tests/bench/api.sql > /dev/null
  start_receiver bench_api
  local address round
  for address in $(api_addresses); do
    ask_api "$address" > /dev/null
    for round in 1 2 3 4 5 6 7 8 9; do
      ask_api "$address"
      sleep 0.35 # what is kept for a moment is not what is measured
    done | sort -n > "$scratch/api.times"
    awk -v address="$address" '{ t[NR] = $1 * 1000; status = $2; bytes = $3 }
      END { printf "%s\t%.1f\t%.1f\t%s\t%s\n", address, t[int((NR + 1) / 2)], t[NR], status, bytes }' "$scratch/api.times" >> "$api"
  done
  stop receiver
  drop_database bench_api
}

tell_api() {
  [ -s "$api" ] || return 0
  echo '| address below /api/v1/ | median ms | worst of nine ms | status | bytes |'
  echo '| --- | ---: | ---: | ---: | ---: |'
  awk -F'\t' '{ gsub(/\|/, "\\|"); printf "| `%s` | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5 }' "$api"
  echo
}
