#!/usr/bin/env bash
# Sourced by deploy/up: the sample shop, the couriers' stand-in that knows half of it, and the comparison of the two.

sample_orders=20000
known_orders=10000
changes=2500 # that the stand-in makes while webhooks are watched
accounts=algiers:example-key-1:Algiers,oran:example-key-2:Oran,annaba:example-key-3:Annaba:guepex,ouargla:example-key-4:Ouargla:nord_west

start_simulator() {
  rm -f var/simulator-port
  start simulator TERM var/log/simulator.log "$bin/suivi-maystro-sim" serve --accounts "$accounts" \
    --orders "$known_orders" --moves-file "$place/moves" --port-file var/simulator-port --moving false --webhook-loss 0.2
  await simulator var/log/simulator.log 60 test -s var/simulator-port
  simulator=http://127.0.0.1:$(cat var/simulator-port)
}

control() { # PATH [JSON]
  if [ $# -eq 1 ]; then curl -sS --fail --max-time 30 "$simulator/control/$1"; return; fi
  # Through standard input: the webhook secret stands in it.
  curl -sS --fail --max-time 30 -o /dev/null -H 'Content-Type: application/json' --data @- "$simulator/control/$1" <<< "$2"
}

counter() { control counters | jq -r ".$1"; }

load_sample_shop() {
  "$bin/suivi-maystro-sim" load-shop --database "$SUIVI_DATABASE_URL" --accounts "$accounts" --base-url "$simulator" \
    --orders "$sample_orders" --known "$known_orders" > var/log/load.log 2>&1 || { cat var/log/load.log >&2; exit 1; }
  say "Sample shop: $(cat var/log/load.log)"
}

# Orders of the shop that show exactly what the courier has: a line for each courier, "slug known right with_tracking".
compare_with_truth() {
  # COPY must not look at quotes and backslashes: control characters stand for both.
  { printf '%s\n' "create temporary table line (one text);" \
      "copy line from stdin with (format csv, quote e'\\x01', delimiter e'\\x02');"
    control truth
    printf '%s\n' '\.' "
      with truth as (select one::jsonb as t from line where one <> '')
      select t->>'courier', count(*),
             count(*) filter (where o.\"trackingNumber\" = t->>'tracking' and o.\"shippingStatus\" = t->>'text'
                              and o.\"maystroOrderId\" is not distinct from t->>'uuid'),
             count(*) filter (where coalesce(o.\"trackingNumber\", '') <> '')
      from truth left join orders o on o.reference = t->>'reference' group by 1 order by min(t->>'account');"
  } | psql -qAt -F ' ' -v ON_ERROR_STOP=1
}

events_pending() {
  { curl -sk --max-time 10 "$receiver/metrics" || true; } | awk '$1 == "suivi_events_pending" { print $2 + 0; seen = 1 } END { if (!seen) print -1 }'
}

# The stand-in moves orders for some seconds and pushes webhooks; a fifth of them is lost. Then truth stands still.
watch_webhooks() {
  local sent target limit
  sent=$(counter changes)
  target=$((sent + changes))
  control settings "$(jq -nc --arg maystro "$receiver/webhooks/maystro/$webhook_secret_in_path?account={account}" \
    --arg guepex "$receiver/webhooks/guepex/$webhook_secret_in_path?account={account}" \
    '{webhook_url: $maystro, guepex_webhook_url: $guepex, moving: true, changes_per_second: 500}')"
  limit=$((SECONDS + 60))
  while :; do
    sent=$(counter changes)
    if [ "$sent" -ge "$target" ] || [ "$SECONDS" -ge "$limit" ] || [ "$(counter movable)" -eq 0 ]; then break; fi
    progress 'Orders move at the couriers' "$((sent - target + changes))" "$changes"
    sleep 0.3
  done
  control stop-moving '{}'
  progress 'Orders move at the couriers' "$changes" "$changes"
  limit=$((SECONDS + 120))
  while [ "$SECONDS" -lt "$limit" ]; do
    is_alive receiver || await receiver var/log/receiver.log 0 false # says how it ended
    if [ "$(counter pending)" -eq 0 ] && [ "$(events_pending)" -eq 0 ]; then break; fi
    sleep 0.2
  done
  say "Webhooks: $(counter sent) sent, $(counter delivered) arrived, $(counter lost) lost"
}
