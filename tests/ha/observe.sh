#!/usr/bin/env bash
# shellcheck disable=SC2154 # shared with tests/ha/run
# Sourced by tests/ha/run: what a case is judged by. Counts come from the courier's stand-in and from the database, at rest;
# times from the logs of Patroni and PostgreSQL, and from the receivers' counters, read several times a second.

say() { printf '%s\n' "$*" >&2; }
hub() { # METHOD URL [BODY]
  $control hub sh -c 'curl -s -m 10 -X "$1" -H "Authorization: Bearer $ADMIN_TOKEN" -H "Content-Type: application/json" -d "$3" "$2"' \
    sh "$1" "$2" "${3:-}"
}
counter() { $control ask $courier/counters | jq -e ".$1"; }
now_ms() { date +%s%3N; }
await() { # SECONDS WHAT CONDITION...
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || { say "waited in vain for $what"; return 1; }
    sleep 0.5
  done
}
# An answer, sooner or later: a busy machine may change its leader once more by itself.
asked() { # COMMAND...
  local answer limit=$((SECONDS + 90))
  until answer=$("$@" 2> "$scratch/refused") && [ -n "$answer" ]; do
    [ "$SECONDS" -lt "$limit" ] || { say "no answer to $*: $(tail -n 1 "$scratch/refused")"; return 1; }
    sleep 0.5
  done
  printf '%s\n' "$answer"
}
query() { asked $control query "$1"; }

metric() { # RECEIVER NAME
  $control ask "http://127.0.0.1:910$1/metrics" | awk -v name="$2" '$1 == name { print $2 }'
}

# One line several times a second: milliseconds, webhooks that each receiver has spooled, - where it does not answer. It ends
# with this shell, however that ends.
watch() {
  seen=$(mktemp "$scratch/watch.XXXXXX")
  setpriv --pdeathsig KILL $control hub bash -c '
    while :; do
      now=${EPOCHREALTIME/./}
      { curl -s -m 1 http://127.0.0.1:9101/metrics; echo next; curl -s -m 1 http://127.0.0.1:9102/metrics; } | awk -v now="${now%???}" '\''
        BEGIN { of[1] = of[2] = "-"; n = 1 }
        $1 == "next" { n = 2 }
        $1 == "suivi_webhooks_total{answer=\"spooled\"}" { of[n] = $2 }
        END { print now, of[1], of[2] }'\''
      sleep 0.2
    done' > "$seen" &
  watcher=$!
}
end_watch() {
  [ -n "$watcher" ] || return 0
  kill "$watcher" 2> /dev/null || true
  wait "$watcher" 2> /dev/null || true
  watcher=''
}
# From the watch: how many were spooled, and seconds from the fault to when the last of them was seen.
spooled_and_end() { # FAULT_MS
  awk -v fault="$1" '
    { # a receiver that was started again counts from 0
      for (i = 2; i <= 3; i++) if ($i ~ /^[0-9]+$/) {
        if (i in last && $i < last[i]) last[i] = 0
        if (i in last && $i > last[i]) { n += $i - last[i]; end = $1 }
        last[i] = $i
      }
    }
    END { if (n) printf "%d %.1f\n", n, (end - fault) / 1000; else print "0 -" }' "$seen"
}

# Seconds from the fault to the first such line in the log of any member, - where there is none.
seconds_until() { # FAULT_MS PATTERN
  local stamp ms best=''
  while read -r stamp; do
    ms=$(date -d "${stamp/,/.}" +%s%3N)
    if [ "$ms" -ge "$1" ] && { [ -z "$best" ] || [ "$ms" -lt "$best" ]; }; then best=$ms; fi
  done < <(grep -hE "$2" "$folder"/log/patroni? | grep -oE '^[0-9-]+ [0-9:]+[.,][0-9]+( [A-Z]+ )?' | sed 's/ \(INFO\|WARNING\) $//')
  [ -n "$best" ] || { echo -; return; }
  awk -v ms=$((best - $1)) 'BEGIN { printf "%.1f\n", ms / 1000 }'
}

# Everything the courier sent is acknowledged, nothing is in a spool, every event is applied or parked.
at_rest() {
  [ "$(counter pending)" = 0 ] || return 1
  local r
  for r in 1 2; do [ "$(metric $r suivi_spool_events)" = 0 ] || return 1; done
  [ "$($control query "select count(*) from suivi.waiting_event where state <> 'parked'")" = 0 ]
}
sent_and_stored() { # sent distinct all
  local sent stored
  sent=$(asked counter sent)
  stored=$(query "select count(distinct message_id) || ' ' || count(*) from suivi.inbox where message_id is not null")
  printf '%s %s\n' "$sent" "$stored"
}
is_led() { $control leader > /dev/null; }
is_led_by_another() { local n; n=$($control leader) && [ "$n" != "$primary" ]; }
