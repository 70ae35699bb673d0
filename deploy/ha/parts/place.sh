#!/usr/bin/env bash
# Sourced by deploy/ha/up, down and control: where everything lies, which address each member has, and how a program is
# started in its member's network.
#
# Three members n1, n2, n3 (etcd, Patroni, PostgreSQL) and a hub (HAProxy, Suivi, the courier's stand-in). In the mode
# `namespaces` each has a network namespace of its own, so that a member's network can be cut; in the mode `loopback` all are
# on this machine's loopback and only processes can be killed and frozen.
#
# Promises: nothing of the system's own PostgreSQL, etcd or HAProxy is touched; what runs is known by its pid in pids/.

folder=${SUIVI_HA_FOLDER:-/var/lib/suivi-ha}
# One name for each folder, so that two clusters in namespaces do not meet.
scope=suivi-ha
[ "$folder" = /var/lib/suivi-ha ] || scope=suivi-ha-$(printf '%s' "$folder" | cksum | cut -d ' ' -f 1)
[ ! -f "$folder/settings" ] || . "$folder/settings"

say() { printf '%s\n' "$*" >&2; }
fail() { say "${0##*/}: $*"; exit 1; }

address() { # MEMBER
  if [ "$mode" = namespaces ]; then echo "10.111.0.$1"; else echo "127.0.11.$1"; fi
}
database_hosts() { echo "$(address 1):5432,$(address 2):5432,$(address 3):5432"; }

# The words that go before a command of a member (1 to 3) or of the hub (0).
within() { # MEMBER
  [ "$mode" = namespaces ] || return 0
  if [ "$1" = 0 ]; then echo "ip netns exec $scope-hub"; else echo "ip netns exec $scope-n$1"; fi
}
as_user() { echo "setpriv --reuid $1 --regid $(id -g "$1") --init-groups"; }

pid_of() { cat "$folder/pids/$1" 2> /dev/null; }
is_alive() { local pid; pid=$(pid_of "$1") && [ -n "$pid" ] && kill -0 "$pid" 2> /dev/null; }

# In a session of its own; `ip netns exec` and `setpriv` become the program, so that the pid is the program's.
start() { # NAME COMMAND...
  local name=$1
  shift
  (
    setsid "$@" >> "$folder/log/$name" 2>&1 < /dev/null &
    echo $! > "$folder/pids/$name"
  )
}

await() { # SECONDS WHAT CONDITION...
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || fail "waited in vain for $what; the logs are in $folder/log"
    sleep 0.3
  done
}

password() { cat "$folder/secrets/$1"; }

make_networks() {
  [ "$mode" = namespaces ] || return 0
  ip netns add "$scope-hub"
  ip -n "$scope-hub" link set lo up
  ip -n "$scope-hub" link add br0 type bridge
  ip -n "$scope-hub" addr add 10.111.0.254/24 dev br0
  ip -n "$scope-hub" link set br0 up
  local n
  for n in 1 2 3; do
    ip netns add "$scope-n$n"
    ip -n "$scope-n$n" link set lo up
    ip link add eth0 netns "$scope-n$n" type veth peer name "v$n" netns "$scope-hub"
    ip -n "$scope-n$n" addr add "$(address $n)/24" dev eth0
    ip -n "$scope-n$n" link set eth0 up
    ip -n "$scope-hub" link set "v$n" master br0
    ip -n "$scope-hub" link set "v$n" up
  done
}
# With whatever still runs in them.
remove_networks() {
  local name
  for name in hub n1 n2 n3; do
    ip netns list | grep "^$scope-$name\b" > /dev/null || continue
    # shellcheck disable=SC2046
    kill -KILL $(ip netns pids "$scope-$name") 2> /dev/null
    ip netns del "$scope-$name"
  done
}
