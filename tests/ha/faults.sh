#!/usr/bin/env bash
# shellcheck disable=SC2034,SC2154 # shared with tests/ha/run
# Sourced by tests/ha/run: each fault, how it is known to have come, and its repair. All know the member that led before it.

all_cases=(none primary-killed primary-cut primary-frozen patroni-killed switchover standbys-away receiver-killed
  reconciler-killed etcd-killed haproxy-killed)
failovers=(primary-killed switchover primary-cut patroni-killed primary-frozen)

standbys() { local n; for n in 1 2 3; do [ "$n" = "$primary" ] || echo "$n"; done; }

fault_of() {
  local n
  case $1 in
    none | reconciler-killed) ;;
    primary-killed) $control kill patroni"$primary"; $control kill postgres"$primary" ;;
    primary-cut) $control cut "$primary" ;;
    primary-frozen) $control freeze "$primary" ;;
    patroni-killed) $control kill patroni"$primary" ;;
    switchover) await 60 "a switchover" switch_over ;;
    standbys-away) for n in $(standbys); do $control kill patroni"$n"; $control kill postgres"$n"; done ;;
    receiver-killed) $control kill receiver1 ;;
    etcd-killed) $control kill etcd"$primary" ;;
    haproxy-killed) $control kill haproxy ;;
    *) say "there is no case $1"; exit 2 ;;
  esac
}
# Patroni refuses one while it has no synchronous standby.
switch_over() { $control switchover 2>> "$scratch/commands" || is_led_by_another; }

# What the fault is about has happened.
has_come() {
  case $1 in
    primary-* | patroni-killed | switchover) is_led_by_another ;;
    *) true ;;
  esac
}

repair_of() {
  local n
  case $1 in
    primary-killed | patroni-killed) $control start patroni"$primary" ;;
    primary-cut) $control heal "$primary" ;;
    primary-frozen) $control thaw "$primary" ;;
    standbys-away) for n in $(standbys); do $control start patroni"$n"; done ;;
    receiver-killed) $control start receiver1 ;;
    etcd-killed) $control start etcd"$primary" ;;
    haproxy-killed) $control start haproxy ;;
  esac
}

# An operator asks for a full sweep, and the reconciler that has begun it is killed: how long until another holds the account.
kill_sweeper() {
  local owner i taken_at killed_at first
  hub POST $courier/settings '{"latency_ms":600}' > /dev/null
  await 60 "a sweep to be asked for" ask_for_sweep
  await 60 "the sweep" begun
  first=$(query "select term from suivi.account")
  owner=$(query "select lease_owner from suivi.account")
  for i in 1 2; do [[ $owner != *"$(< "$folder/pids/reconciler$i")"* ]] || victim=$i; done
  sleep 1.5
  $control kill "reconciler$victim"
  killed_at=$(now_ms)
  await 90 "another reconciler" taken_over "$first"
  taken_at=$(now_ms)
  takeover="account taken over after $(awk -v ms=$((taken_at - killed_at)) 'BEGIN { printf "%.1f", ms / 1000 }') s"
  hub POST $courier/settings '{"latency_ms":0}' > /dev/null
  $control start "reconciler$victim"
}
ask_for_sweep() { sweep_id=$(hub POST http://127.0.0.1:8080/api/v1/sweeps '{"kind":"full"}' | jq -er .data.id); }
begun() { [ "$($control query "select count(*) from suivi.sweep where id = $sweep_id")" = 1 ]; }
taken_over() { local term; term=$($control query 'select term from suivi.account') && [ "$term" -gt "$1" ]; }
ran_again() { [ "$($control query "select count(*) from suivi.sweep where id > $sweep_id and kind = 'full' and verdict = 'complete'")" -gt 0 ]; }

# A member that cannot follow the leader by itself is copied anew, as an operator would.
mend_members() {
  local member
  for member in $($control members | awk '$2 != "leader" && $3 != "running" && $3 != "streaming" { print substr($1, 2) }'); do
    $control reinit "$member" 2>> "$scratch/commands" || true
    note="$note, n$member did not come back by itself: patronictl reinit"
  done
}
