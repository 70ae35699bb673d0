#!/bin/bash
# A private PostgreSQL cluster for tests: `cluster.sh start FOLDER [SETTINGS]` prints its URL (and writes it to
# FOLDER/url), `cluster.sh stop FOLDER` ends it and removes what it made. SETTINGS is a file of further settings, which
# win. For tests of failures: `cluster.sh halt FOLDER` stops the server as a crash would and leaves everything,
# `cluster.sh resume FOLDER` starts it again on the same port.
#
# Promises: start may be repeated and run by several at once; stop leaves no process; no system cluster is touched.
# Run by root, PostgreSQL runs as `postgres` (else `nobody`); where that user cannot reach FOLDER, or its path is too
# long for a socket's name, the cluster lives under /tmp and FOLDER/location says where.
# It is built for speed, not to survive a power cut: fsync is off unless SETTINGS turn it on.
set -euo pipefail

usage() {
  echo "usage: $0 start|stop|halt|resume FOLDER [SETTINGS]" >&2
  exit 2
}
[ $# -eq 2 ] || { [ $# -eq 3 ] && [ "$1" = start ]; } || usage
verb=$1
settings=${3:-/dev/null}
mkdir -p "$2"
folder=$(cd "$2" && pwd)

find_programs() {
  local found
  if found=$(command -v pg_ctl); then
    dirname "$(readlink -f "$found")"
    return
  fi
  for found in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr); do
    if [ -x "$found/initdb" ]; then
      echo "$found"
      return
    fi
  done
  echo "no PostgreSQL server programs found" >&2
  exit 1
}
bin=$(find_programs)

user=$(id -un)
if [ "$(id -u)" = 0 ]; then
  user=nobody
  if getent passwd postgres >/dev/null; then user=postgres; fi
fi

# Runs as the cluster's user, in a folder it can be in, without the lock's descriptor.
as_user() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && exec runuser -u "$user" -- "$@" 9>&-)
  else
    (cd / && exec "$@" 9>&-)
  fi
}

location() {
  cat "$folder/location" 2>/dev/null || true
}

running() {
  local base
  base=$(location)
  [ -n "$base" ] && [ -s "$folder/url" ] && as_user "$bin/pg_ctl" status -D "$base/data" >/dev/null 2>&1 &&
    as_user "$bin/pg_isready" -q -d "$(cat "$folder/url")"
}

choose_location() {
  local base=$folder/server
  mkdir -p "$base"
  if [ "$(id -u)" = 0 ]; then chown "$user" "$base"; fi
  if [ ${#base} -gt 80 ] || ! as_user test -w "$base" 2>/dev/null; then
    rmdir "$base"
    base=$(mktemp -d /tmp/suivi-cluster.XXXXXX)
    if [ "$(id -u)" = 0 ]; then chown "$user" "$base"; fi
  fi
  chmod 0755 "$base"
  echo "$base" >"$folder/location"
}

make_cluster() {
  local base=$1
  as_user "$bin/initdb" -D "$base/data" -U postgres -A trust -E UTF8 --no-locale --no-sync >"$folder/initdb.log" 2>&1 || {
    cat "$folder/initdb.log" >&2
    exit 1
  }
  as_user tee -a "$base/data/postgresql.conf" >/dev/null <<SETTINGS
listen_addresses = '127.0.0.1'
unix_socket_directories = '$base'
max_connections = 200
shared_buffers = 64MB
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = 2GB
SETTINGS
  as_user tee -a "$base/data/postgresql.conf" <"$settings" >/dev/null
}

# A port is free if the server gets it; below the range from which the kernel takes ports for outgoing connections.
start_server() {
  local base=$1 port
  for _ in $(seq 20); do
    port=$((20000 + RANDOM % 12000))
    if as_user "$bin/pg_ctl" start -w -t 60 -D "$base/data" -l "$base/log" -o "-p $port" >/dev/null 2>&1; then
      echo "postgresql://postgres@127.0.0.1:$port/postgres" >"$folder/url.new"
      mv "$folder/url.new" "$folder/url"
      return
    fi
  done
  tail -n 20 "$base/log" >&2 || true
  exit 1
}

stop_server() {
  local base
  base=$(location)
  [ -n "$base" ] || return 0
  if as_user "$bin/pg_ctl" status -D "$base/data" >/dev/null 2>&1; then
    as_user "$bin/pg_ctl" stop -w -m immediate -D "$base/data" >/dev/null
  fi
  rm -rf "$base"
  rm -f "$folder/location" "$folder/url" "$folder/initdb.log"
}

exec 9>"$folder/lock"
flock 9
case $verb in
start)
  if ! running; then
    stop_server
    choose_location
    make_cluster "$(location)"
    start_server "$(location)"
  fi
  cat "$folder/url"
  ;;
stop)
  stop_server
  ;;
halt)
  as_user "$bin/pg_ctl" stop -w -m immediate -D "$(location)/data" >/dev/null
  ;;
resume)
  port=$(sed 's|.*:\([0-9]*\)/.*|\1|' "$folder/url")
  as_user "$bin/pg_ctl" start -w -t 60 -D "$(location)/data" -l "$(location)/log" -o "-p $port" >/dev/null
  ;;
*) usage ;;
esac
