#!/usr/bin/env bash
# Sourced by deploy/ha/up and control: how etcd, Patroni with PostgreSQL, and HAProxy are set up and started. The settings
# here are those of deploy/HA.md; the reasons are there.

binaries=/usr/lib/postgresql/15/bin

# Debian 12's Patroni 3.0.2 with the store `etcd3` writes the leader's key without comparing: a former leader that wakes up
# takes the key from the new one, whose commits are then rewound. etcd's older interface (v2) tests and sets.
refuse_unsafe_store() {
  local patroni etcd oldest
  patroni=$(/usr/bin/patroni --version 2> /dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -1)
  etcd=$(/usr/bin/etcd --version 2> /dev/null | grep -oE 'etcd Version: [0-9.]+' | grep -oE '[0-9.]+$')
  oldest=$(printf '%s\n' 3.0.3 "$patroni" | sort -V | head -1)
  if [ "$store" = etcd3 ] && [ "$oldest" != 3.0.3 ]; then
    fail "Patroni $patroni with the store etcd3 loses committed rows when a former leader comes back; use --store etcd, or Patroni 3.0.3 or newer"
  fi
  if [ "$store" = etcd ] && [ "$(printf '%s\n' 3.6 "$etcd" | sort -V | head -1)" = 3.6 ]; then
    fail "etcd $etcd has no v2 interface any more; use --store etcd3 with Patroni 3.0.3 or newer"
  fi
}

start_etcd() { # MEMBER
  local n=$1 a state=new options=()
  a=$(address "$n")
  install -d -o etcd -g etcd -m 700 "$folder/etcd$n"
  [ ! -d "$folder/etcd$n/member" ] || state=existing
  [ "$store" != etcd ] || options=(--enable-v2=true)
  # shellcheck disable=SC2046
  start "etcd$n" $(within "$n") $(as_user etcd) /usr/bin/etcd --name "e$n" --data-dir "$folder/etcd$n" \
    --listen-peer-urls "http://$a:2380" --initial-advertise-peer-urls "http://$a:2380" \
    --listen-client-urls "http://$a:2379" --advertise-client-urls "http://$a:2379" \
    --initial-cluster "e1=http://$(address 1):2380,e2=http://$(address 2):2380,e3=http://$(address 3):2380" \
    --initial-cluster-state $state --initial-cluster-token "$scope" --heartbeat-interval 100 --election-timeout 1000 \
    --logger zap --log-level warn "${options[@]}"
}

write_patroni_settings() { # MEMBER
  local n=$1 a
  a=$(address "$n")
  (umask 077 && cat > "$folder/patroni$n.yml") << YAML
scope: $scope
name: n$n
restapi: {listen: "$a:8008", connect_address: "$a:8008"}
$store: {hosts: ["$(address 1):2379", "$(address 2):2379", "$(address 3):2379"]}
bootstrap:
  dcs:
    ttl: $ttl
    loop_wait: $loop_wait
    retry_timeout: $loop_wait
    maximum_lag_on_failover: 1048576
    synchronous_mode: $synchronous
    synchronous_mode_strict: $synchronous
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {max_connections: 100, shared_buffers: 64MB, wal_log_hints: "on", wal_keep_size: 1GB,
                   wal_sender_timeout: 5s, wal_receiver_timeout: 5s, wal_retrieve_retry_interval: 500ms, tcp_user_timeout: 10s,
                   log_line_prefix: "%m [%p] %a "}
  initdb: [{encoding: UTF8}, {locale: C.UTF-8}, data-checksums]
  pg_hba:
  - local all all trust
  - host all all 10.111.0.0/24 scram-sha-256
  - host all all 127.0.0.0/8 scram-sha-256
  - host replication replicator 10.111.0.0/24 scram-sha-256
  - host replication replicator 127.0.0.0/8 scram-sha-256
postgresql:
  listen: "$a:5432"
  connect_address: "$a:5432"
  use_unix_socket: true
  data_dir: $folder/db$n/pg
  bin_dir: $binaries
  pgpass: $folder/run$n/pgpass
  authentication:
    superuser: {username: postgres, password: $(password postgres)}
    replication: {username: replicator, password: $(password replicator)}
    rewind: {username: rewinder, password: $(password rewinder)}
  parameters: {unix_socket_directories: $folder/run$n}
watchdog: {mode: "off"}
YAML
  chown postgres "$folder/patroni$n.yml"
}

# Patroni renames its data folder when it makes it anew, and writes beside its pgpass: both folders' parents are postgres's.
start_patroni() { # MEMBER
  local n=$1
  install -d -o postgres -g postgres -m 755 "$folder/db$n" "$folder/run$n"
  [ -f "$folder/patroni$n.yml" ] || write_patroni_settings "$n"
  # The system's Python: another one in the path lacks Patroni.
  # shellcheck disable=SC2046
  start "patroni$n" $(within "$n") $(as_user postgres) /usr/bin/python3 /usr/bin/patroni "$folder/patroni$n.yml"
}

write_haproxy_settings() {
  local n
  {
    cat << HAPROXY
global
    maxconn 4000
defaults
    timeout connect 2s
    timeout client 30m
    timeout server 30m
    timeout check 2s
    retries 2
listen database
    mode tcp
    bind 127.0.0.1:5000
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 1s fastinter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
HAPROXY
    for n in 1 2 3; do echo "    server n$n $(address $n):5432 check port 8008"; done
    cat << HAPROXY
listen webhooks
    mode http
    bind 127.0.0.1:8080
    timeout client 30s
    timeout server 15s
    timeout http-keep-alive 60s
    option forwardfor
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response response-timeout
    option httpchk GET /readyz
    http-check expect status 200
    # A dead one is left at the first connection that fails. One that is slow to answer a check is not dead: with both out
    # nobody would take a webhook.
    timeout check 5s
    default-server inter 1s fastinter 200ms fall 3 rise 1 observe layer4 error-limit 3 on-error mark-down
    server r1 127.0.0.1:9101 check
    server r2 127.0.0.1:9102 check
HAPROXY
  } > "$folder/haproxy.cfg"
}
start_haproxy() {
  # shellcheck disable=SC2046
  start haproxy $(within 0) $(as_user haproxy) /usr/sbin/haproxy -db -f "$folder/haproxy.cfg"
}

ask() { # URL
  # shellcheck disable=SC2046
  $(within 0) curl -s -m 2 "$1"
}
leader() {
  local n code
  for n in 1 2 3; do
    # shellcheck disable=SC2046
    code=$($(within 0) curl -s -m 1 -o /dev/null -w '%{http_code}' "http://$(address $n):8008/primary") || true
    [ "$code" != 200 ] || { echo "$n"; return 0; }
  done
  return 1
}
# One line each: name, role, state, timeline.
members() {
  local n answer
  for n in 1 2 3; do
    answer=$(ask "http://$(address $n):8008/cluster") && [ -n "$answer" ] || continue
    jq -r '.members[] | "\(.name) \(.role) \(.state) \(.timeline // "-")"' <<< "$answer" && return 0
  done
  return 1
}
# The leader and two that follow it; in synchronous mode one of them synchronously.
is_whole() {
  local all
  all=$(members) || return 1
  [ "$(grep -c -E ' (running|streaming) ' <<< "$all")" = 3 ] || return 1
  [ "$synchronous" = false ] || grep -q ' sync_standby ' <<< "$all"
}
query() { # SQL [DATABASE]
  local n
  n=$(leader) || return 1
  # shellcheck disable=SC2046
  PGPASSWORD=$(password postgres) PGCONNECT_TIMEOUT=3 $(within 0) psql -h "$(address "$n")" -U postgres -d "${2:-shop}" \
    -v ON_ERROR_STOP=1 -Atqc "$1"
}
