#!/bin/bash
# PgBouncer in transaction mode before the cluster of the tests, with two server connections for each database and role:
# `pooler.sh start CLUSTER FOLDER` (CLUSTER: the folder that cluster.sh started in) writes HOST:PORT to FOLDER/address,
# `pooler.sh stop CLUSTER FOLDER` ends it. Nothing of the system's own PgBouncer is touched. Run by root it runs as `postgres`.
set -euo pipefail
[ $# -eq 3 ] || { echo "usage: $0 start|stop CLUSTER FOLDER" >&2; exit 2; }
verb=$1
cluster=$2
mkdir -p "$3"
folder=$(cd "$3" && pwd)

stop() {
  local pid
  pid=$(cat "$folder/pid" 2>/dev/null || true)
  rm -f "$folder/pid" "$folder/address"
  if [ -z "$pid" ]; then return; fi
  kill -KILL "$pid" 2>/dev/null || true
  rm -rf "$(cat "$folder/location")"
}

start() {
  local server base port user=()
  server=$(sed 's|.*@\([^/]*\)/.*|\1|' "$cluster/url")
  base=$(mktemp -d /tmp/suivi-pooler.XXXXXX)
  echo "$base" >"$folder/location"
  if [ "$(id -u)" = 0 ]; then
    user=(-u postgres)
    chown postgres "$base"
  fi
  printf '"postgres" ""\n"suivi_least" "suivi_least"\n' >"$base/users"
  for _ in $(seq 20); do
    port=$((20000 + RANDOM % 12000))
    cat >"$base/pgbouncer.ini" <<SETTINGS
[databases]
* = host=${server%:*} port=${server#*:}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = trust
auth_file = $base/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 500
logfile = $base/log
SETTINGS
    chmod -R a+rX "$base"
    (cd / && exec /usr/sbin/pgbouncer -q "${user[@]}" "$base/pgbouncer.ini" >/dev/null 2>&1 </dev/null) &
    echo $! >"$folder/pid"
    for _ in $(seq 100); do
      if ! kill -0 "$(cat "$folder/pid")" 2>/dev/null; then break; fi
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && kill -0 "$(cat "$folder/pid")" 2>/dev/null; then
        echo "127.0.0.1:$port" >"$folder/address"
        return
      fi
      sleep 0.1
    done
  done
  cat "$base/log" >&2 || true
  exit 1
}

case $verb in
start)
  stop
  start
  ;;
stop) stop ;;
esac
