#!/usr/bin/env bash
# Sourced by deploy/up: the private PostgreSQL cluster of the sample shop.
#
# It is durable (fsync stays on), reached through a socket only, and belongs to an unprivileged user. Where that user
# cannot reach the checkout it lies in /var/lib/suivi, unless that is somebody else's: the Debian package's services have their
# spool there.

# PostgreSQL refuses to run as root.
choose_user() {
  as_user=()
  [ "$(id -u)" -eq 0 ] || return 0
  local user=nobody
  if id postgres > /dev/null 2>&1; then user=postgres; fi
  as_user=(--reuid "$user" --regid "$(id -g "$user")" --init-groups)
}

run_as_user() { (cd / && setpriv "${as_user[@]}" "$@" 9>&- 8>&-); }
if_root_give() { if [ "$(id -u)" -eq 0 ]; then chown -R "${as_user[1]}" "$1"; fi; }

refuse_place_of_others() {
  local owner
  owner=$(stat -c %U "$place")
  case $owner in
    root | nobody | "${as_user[1]:-$(id -un)}") ;;
    *) fail 1 "the cluster's user cannot reach $root, and $place is the folder of the user $owner; clone elsewhere, below /opt for example" ;;
  esac
}

choose_place() {
  place=$root/var/postgres
  mkdir -p "$place"
  if_root_give "$place"
  # A socket's path may have 107 bytes, and the user must be able to walk there.
  if [ ${#place} -gt 80 ] || ! run_as_user test -w "$place"; then
    rmdir --ignore-fail-on-non-empty "$place"
    place=/var/lib/suivi
    mkdir -p "$place" || fail 1 "the cluster's user cannot reach $root, and $place cannot be made; clone elsewhere"
    refuse_place_of_others
    if_root_give "$place"
  fi
  lock "$place/lock" 8
  if [ -n "$fresh" ]; then rm -rf "$place/cluster" "$place/moves"; fi
}

postgres_answers() { psql -d postgres -qAtc 'select 1' > /dev/null 2>&1; }

start_cluster() {
  local programs log
  programs=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  programs=${programs%/initdb}
  choose_user
  choose_place
  # psql's own settings would lead it elsewhere.
  unset PGHOSTADDR PGPORT PGDATABASE PGSERVICE PGPASSWORD PGOPTIONS PGSSLMODE
  export PGHOST=$place PGUSER=suivi
  log=var/log/postgres.log
  if [ ! -s "$place/cluster/PG_VERSION" ]; then
    say "Making a private PostgreSQL cluster in $place"
    rm -rf "$place/cluster" "$place/moves"
    run_as_user "$programs/initdb" -D "$place/cluster" -U suivi -A trust -E UTF8 --locale=C.UTF-8 > "$log" 2>&1 \
      || { tail -n 5 "$log" >&2; fail 1 "initdb failed (its log: $log)"; }
    chmod 0700 "$place" # the socket lies here: whoever reaches it is trusted
  fi
  start postgres INT "$log" "${as_user[@]}" "$programs/postgres" -D "$place/cluster" -k "$place" -c listen_addresses= \
    -c max_connections=60 -c max_wal_size=2GB
  await postgres "$log" 60 postgres_answers
  if [ -z "$(psql -d postgres -qAtc "select 1 from pg_database where datname = 'shop'")" ]; then
    psql -d postgres -qc 'create database shop'
  fi
  export PGDATABASE=shop
  export SUIVI_DATABASE_URL="host='$place' user=suivi dbname=shop"
}
