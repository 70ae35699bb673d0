#!/usr/bin/env bash
# Sourced by tests/bench/run: the cluster, its databases, the programs measured, and what they use of the machine.
#
# Promises: whatever way the script ends, what it started ends too, and the cluster is gone.

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "tests/bench/run: $*"
  exit 1
}

declare -A pid_of=()

stop() { # NAME
  local pid=${pid_of[$1]:-}
  [ -n "$pid" ] || return 0
  unset "pid_of[$1]"
  kill -s TERM "$pid" 2> /dev/null || true
  wait "$pid" 2> /dev/null || true
}

stop_all() {
  trap '' INT TERM
  local name
  for name in "${!pid_of[@]}"; do stop "$name"; done
  tests/support/cluster.sh stop "$scratch/cluster" || true
  rm -rf "$scratch"
}

start() { # NAME COMMAND...
  local name=$1
  shift
  rm -f "$scratch/$name.log"
  setpriv --pdeathsig TERM "$@" > "$scratch/$name.log" 2>&1 < /dev/null &
  pid_of[$name]=$!
}

await() { # NAME SECONDS CONDITION...
  local name=$1 limit=$((SECONDS + $2))
  shift 2
  until "$@"; do
    kill -0 "${pid_of[$name]}" 2> /dev/null || { tail -n 5 "$scratch/$name.log" >&2; fail "$name ended"; }
    [ "$SECONDS" -lt "$limit" ] || fail "$name is not ready"
    sleep 0.02
  done
}

# --- PostgreSQL ---------------------------------------------------------------------------------------------------------

start_cluster() {
  url=$(tests/support/cluster.sh start "$scratch/cluster" tests/bench/postgresql.conf)
  place=$(cat "$scratch/cluster/location")
  postmaster=$(head -n 1 "$place/data/postmaster.pid")
  make_wal_files
}

# A cluster that has been at work for a while takes its old WAL files again; a new one makes each of 16 MB while every
# COMMIT waits for it, and whoever is measured first would make them for whoever is measured later.
make_wal_files() {
  ask postgres "do \$\$ begin for i in 1..2048 loop
                 perform pg_logical_emit_message(false, 'bench', repeat('x', 1048576));
               end loop; end \$\$" checkpoint
}

url_of() { printf '%s/%s' "${url%/*}" "$1"; } # DATABASE
ask() { # DATABASE SQL...
  local database=$1 arguments=() each
  shift
  for each in "$@"; do arguments+=(-c "$each"); done
  PGOPTIONS=-cclient_min_messages=warning psql -XqAt -v ON_ERROR_STOP=1 -d "$(url_of "$database")" "${arguments[@]}"
}

# A fresh copy; the checkpoint lets every contestant begin with the same work behind it.
copy_database() { # FROM TO
  ask postgres "drop database if exists $2 with (force)" "create database $2 template $1" "checkpoint"
}
drop_database() { ask postgres "drop database if exists $1 with (force)"; }

make_shop() { # DATABASE ORDERS
  ask postgres "create database $1"
  psql -Xq -v ON_ERROR_STOP=1 -d "$(url_of "$1")" -f tests/data/shop.sql
  psql -Xq -v ON_ERROR_STOP=1 -v orders="$2" -d "$(url_of "$1")" -f tests/bench/orders.sql
}

# --- what is used -------------------------------------------------------------------------------------------------------

ticks=$(getconf CLK_TCK)

# Processor time so far, in clock ticks.
ticks_of() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat" 2> /dev/null || echo 0; }
# … of all of the cluster's processes; the postmaster's own line counts those that have ended.
ticks_of_postgres() {
  { cat /proc/[0-9]*/stat 2> /dev/null || true; } | awk -v root="$postmaster" '
    { pid = $1; sub(/.*\) /, ""); if (pid == root) sum += $12 + $13 + $14 + $15; else if ($2 == root) sum += $12 + $13 }
    END { print sum + 0 }'
}
# … of the whole machine.
ticks_of_machine() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; }

memory_kib() { awk -v what="$2:" '$1 == what { print $2 }' "/proc/$1/status"; } # PID VmRSS|VmHWM
forget_peak() { echo 5 > "/proc/$1/clear_refs" 2> /dev/null || true; }

wal_position() { ask postgres "select pg_current_wal_insert_lsn() - '0/0'"; }

calculate() { awk "BEGIN { printf \"$1\", $2 }"; } # FORMAT EXPRESSION
