#!/usr/bin/env bash
# Sourced by tests/bench/run: the results as Markdown tables.

tell_webhooks() {
  [ -s "$rows" ] || return 0
  awk '
    function over(a, b) { return a != "" && b > 0 ? sprintf("%.2f", a / b) : "" }
    function remember() {
      if (!("label" in row)) return
      ++count
      for (key in row) all[count, key] = row[key]
      if (row["label"] == "http only") http[row["connections"]] = row["acked"]
      if (row["label"] == "rival") { rival_acked[row["connections"]] = row["acked"]; rival_applied[row["connections"]] = row["applied"] }
      delete row
    }
    BEGIN { FS = "="; names = "label connections acked applied p50 p99 row50 row99 pending rss cpu_own cpu_postgres cpu_load wal others" }
    /^$/ { remember(); next }
    { row[$1] = substr($0, length($1) + 2) }
    END {
      remember()
      print "| what | connections | acknowledged/s | applied/s | ack p50 ms | ack p99 ms | to row p50 ms | to row p99 ms | left when sent | peak MiB | own µs | PostgreSQL µs | generator µs | WAL bytes | others % | of http | × rival ack. | × rival appl. |"
      print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
      wanted = split(names, column, " ")
      for (i = 1; i <= count; ++i) {
        if ((i, "missing") in all) { printf "| %s | %s |\n", all[i, "label"], all[i, "missing"]; continue }
        printf "|"
        for (k = 1; k <= wanted; ++k) printf " %s |", ((i, column[k]) in all ? all[i, column[k]] : "")
        c = all[i, "connections"]
        mine = all[i, "label"] == "suivi"
        printf " %s | %s | %s |\n", (mine ? over(all[i, "acked"], http[c]) : ""), (mine ? over(all[i, "acked"], rival_acked[c]) : ""),
          (mine ? over(all[i, "applied"], rival_applied[c]) : "")
      }
    }' "$rows"
  echo
}

tell_sweeps() {
  [ -s "$sweeps" ] || return 0
  echo '| orders | ms an answer | what | verdict | pages | requests | fetched | changed | seconds | ideal | × ideal | PostgreSQL s | own processor s | peak MiB |'
  echo '| ---: | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
  awk -F'\t' '{ printf "|"; for (i = 1; i <= NF; ++i) printf " %s |", $i; print "" }' "$sweeps"
  echo
}

tell_hostile() {
  [ -s "$hostile" ] || return 0
  echo '| beside | due/s | connections | acknowledged/s | ack p50 ms | ack p99 ms | ack worst ms | to row p50 ms | to row p99 ms | failed | spooled | left | all applied after s | own s | PostgreSQL s | others % | what went on |'
  echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |'
  awk -F'\t' '{ printf "|"; for (i = 1; i <= NF; ++i) printf " %s |", $i; print "" }' "$hostile"
  echo
}

tell_facts() {
  [ -s "$facts" ] || return 0
  echo '| fact | |'
  echo '| --- | --- |'
  awk -F'\t' '{ printf "| %s | %s |\n", $1, $2 }' "$facts"
  echo
}
