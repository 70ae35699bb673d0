#!/usr/bin/env bash
# Sourced by deploy/ha/up and control: two receivers and two reconcilers over the cluster, and the courier's stand-in with a
# sample shop. All listen on the hub's loopback: receivers at 9101 and 9102 behind HAProxy's 8080, reconcilers' health at 9111
# and 9112, the stand-in at 9000.

database_url() { # ROLE DATABASE
  if [ "$way" = haproxy ]; then
    echo "postgresql://$1:$(password "$1")@127.0.0.1:5000/$2?schema=public"
  else
    echo "postgresql://$1:$(password "$1")@$(database_hosts)/$2?schema=public&target_session_attrs=read-write"
  fi
}

start_program() { # NAME PROGRAM SETTING=VALUE...
  local name=$1 program=$2
  shift 2
  # shellcheck disable=SC2046
  start "$name" $(within 0) $(as_user nobody) env -i PATH="$PATH" DATABASE_URL="$(database_url suivi shop)" \
    MAYSTRO_WEBHOOK_SECRET="$(password webhook)" SUIVI_ADMIN_TOKEN="$(password admin)" SUIVI_MAYSTRO_READ_LAG=100ms \
    SUIVI_RECEIVER_TRUSTED_PROXIES=127.0.0.1 SUIVI_RECONCILER_MAX_ORDERS=0 "$@" "$programs/$program"
}
start_receiver() { # 1 or 2
  install -d -o nobody -g "$(id -g nobody)" -m 700 "$folder/spool$1"
  start_program "receiver$1" suivi-receiver SUIVI_RECEIVER_LISTEN="127.0.0.1:910$1" SUIVI_RECEIVER_SPOOL="$folder/spool$1"
}
start_reconciler() { # 1 or 2
  start_program "reconciler$1" suivi-reconciler SUIVI_RECONCILER_LISTEN="127.0.0.1:911$1" \
    SUIVI_RECONCILER_INCREMENTAL_EVERY=10m
}
# One of Suivi's own commands, over the cluster.
run_command() { # PROGRAM ARGUMENT...
  local program=$1
  shift
  # shellcheck disable=SC2046
  $(within 0) $(as_user nobody) env -i PATH="$PATH" DATABASE_URL="$(database_url suivi shop)" \
    MAYSTRO_WEBHOOK_SECRET="$(password webhook)" SUIVI_MAYSTRO_READ_LAG=100ms SUIVI_RECONCILER_MAX_ORDERS=0 \
    "$programs/$program" "$@"
}

courier_accounts=example-a:example-key-1:Main
start_courier() {
  # shellcheck disable=SC2046
  start courier $(within 0) $(as_user nobody) "$programs/suivi-maystro-sim" serve --accounts "$courier_accounts" \
    --orders "$orders" --moving false --listen 127.0.0.1:9000 --webhook-loss 0 --webhook-duplicates 0 --webhook-delayed 0 \
    --webhook-styles pubsub_once:1 --webhook-without-reference 0 --webhook-concurrency 1000 --webhook-timeout-ms 20000 \
    --webhook-url "http://127.0.0.1:8080/webhooks/maystro/$(password webhook)?account={account}"
}
make_shop() {
  query "create role suivi login password '$(password suivi)'" postgres
  query "create database shop owner suivi" postgres
  # shellcheck disable=SC2046
  $(within 0) "$programs/suivi-maystro-sim" load-shop --database "$(database_url suivi shop)" --accounts "$courier_accounts" \
    --base-url http://127.0.0.1:9000 --orders "$orders" --known "$orders" > /dev/null
}
