#!/usr/bin/env bash
# Sourced by deploy/up: the programs it starts, each known by its pid, and their end.
#
# Promises: whatever way the script ends, what it started ends, too: last started first, asked politely.

declare -A pid_of=()

say() { printf '%s\n' "$*" >&2; }
fail() {
  local status=$1
  shift
  say "deploy/up: $*"
  exit "$status"
}

stop() { # NAME SIGNAL
  local pid=${pid_of[$1]:-}
  [ -n "$pid" ] || return 0
  unset "pid_of[$1]"
  kill -s "$2" "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

stop_all() {
  trap '' INT TERM
  stop pause TERM
  stop tail TERM
  stop sweep TERM
  stop reconciler TERM
  stop receiver TERM
  stop simulator TERM
  stop postgres INT # INT: a "fast" shutdown; TERM would wait for clients
  rm -rf "${scratch:-}"
}
trap stop_all EXIT
trap 'say ""; say "Stopping"; exit 130' INT
trap 'exit 143' TERM

# In a session of its own, so that Ctrl-C reaches this script alone; ends with the script even if that is killed.
start() { # NAME SIGNAL LOG COMMAND...
  local name=$1 signal=$2 log=$3
  shift 3
  setsid setpriv --pdeathsig "$signal" "$@" > "$log" 2>&1 9>&- 8>&- < /dev/null &
  pid_of[$name]=$!
}

is_alive() { kill -0 "${pid_of[$1]}" 2>/dev/null; }

# Until CONDITION holds; the program NAME must live meanwhile.
await() { # NAME LOG SECONDS CONDITION...
  local name=$1 log=$2 limit=$((SECONDS + $3)) status=0
  shift 3
  until "$@"; do
    if ! is_alive "$name"; then
      wait "${pid_of[$name]}" || status=$?
      unset "pid_of[$name]"
      tail -n 1 "$log" >&2
      [ "$status" -eq 2 ] || { say "deploy/up: $name ended with status $status (its log: $log)"; status=1; }
      exit "$status"
    fi
    [ "$SECONDS" -lt "$limit" ] || fail 1 "$name is not ready after $limit seconds (its log: $log)"
    sleep 0.1
  done
}
