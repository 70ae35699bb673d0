#!/usr/bin/env bash
# shellcheck disable=SC2034,SC2154 # shared with the scripts beside
# Sourced by tests/package/run and move_in: a bare Debian 12 in a folder of its own, with the package and what else is asked
# for installed, booted by systemd-nspawn in a network name space without a way out, and taken away at the end.

[ "$(id -u)" = 0 ] || { echo "run this as root" >&2; exit 1; }
work=$(mktemp -d -p /var/tmp suivi-package.XXXXXX)
root=$work/root
space=suivi-package-$$
booted=
failed=0

is_gone() { ! kill -0 "$booted" 2> /dev/null; }
clean_up() {
  if [ -n "$booted" ]; then
    kill -TERM "$booted" 2> /dev/null || true
    until_true 40 is_gone || kill -KILL "$booted" 2> /dev/null || true
    wait "$booted" 2> /dev/null || true
  fi
  umount "$root/proc" 2> /dev/null || true
  ip netns del "$space" 2> /dev/null || true
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

say() { printf '| %-62s | %-4s | %s |\n' "$1" "$2" "$3"; }
check() { # what, expected, seen
  local verdict=ok
  [ "$2" = "$3" ] || { verdict=NO; failed=1; }
  say "$1" "$verdict" "$3"
}
until_true() { # seconds, command
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

inside() { nsenter -t "$leader" -m -u -i -n -p -- "$@"; }
show() { inside systemctl show -P "$2" "$1"; }
psql_inside() { inside runuser -u postgres -- psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# The package comes from FILE, the rest from Debian's mirror; a PostgreSQL server makes and starts its cluster as on any machine.
make_machine() { # BARE.tar FILE PACKAGE...
  local bare=$1 package=$2
  shift 2
  [ -s "$bare" ] || mmdebstrap -q --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates,curl,openssl,procps \
    bookworm "$bare"
  mkdir "$root"
  tar -xf "$bare" -C "$root"
  mkdir -p "$root/opt"
  cp "$package" "$root/opt/suivi.deb"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # No service starts in a folder that is not booted.
  printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  mount -t proc proc "$root/proc"
  chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -c \
    'apt-get update -q && apt-get install -q -y --no-install-recommends procps "$@" /opt/suivi.deb' sh "$@" > "$work/install.log" 2>&1 \
    || { tail -n 30 "$work/install.log" >&2; exit 1; }
  umount "$root/proc"
  rm "$root/usr/sbin/policy-rc.d"
}

is_booted() {
  leader=$(pgrep -P "$booted" | head -n 1)
  [ -n "$leader" ] && inside systemctl is-system-running | grep -E 'running|degraded' > /dev/null
}
boot_machine() {
  ip netns add "$space"
  ip -n "$space" link set lo up
  systemd-nspawn -q -D "$root" --register=no --keep-unit --network-namespace-path="/run/netns/$space" -b > "$work/console" 2>&1 &
  booted=$!
  until_true 120 is_booted || { cat "$work/console" >&2; exit 1; }
  check "booted" running "$(inside systemctl is-system-running || true)"
}
