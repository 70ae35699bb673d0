// Judges waiting webhooks, the receiver with its spool, and the worker.
#include "reconciler/doctor/checks/program_checks.hpp"

#include "common/base/duration.hpp"
#include "common/verdict/problems.hpp"

#include <fmt/format.h>

namespace suivi::reconciler {

using enum check_result;

namespace {

// So long a worker may be away that said good-bye: an upgrade.
constexpr auto away_for_good = std::chrono::minutes(10);

void check_spool(checks& to, const doctor_facts& f) {
  const receiver_facts& r = *f.receiver;
  std::uint64_t bytes = r.spool_bytes.value_or(0);
  std::uint64_t percent = f.spool_bytes_max > 0 ? bytes * 100 / f.spool_bytes_max : 0;
  std::string remedy = "Let the receiver reach the database, so that the spool empties; see that the disk of "
                       "receiver.spool has room, or raise receiver.spool_max.";
  if (!r.spool_usable) return;
  if (!*r.spool_usable)
    add(to, "spool_full", fail, "no webhook can be kept in the spool (receiver.spool)", remedy);
  else if (percent >= 80)
    add(to, "spool_full", warn, fmt::format("the spool is {} % full (receiver.spool_max)", percent), remedy);
  else
    add(to, "spool_full", pass, fmt::format("the spool is {} % full", percent));
}

} // namespace

void check_events(checks& to, const doctor_facts& f) {
  auto count = [&](const char* name, std::int64_t number, check_result bad, const std::string& detail,
                   const std::string& remedy) {
    add(to, name, number > 0 ? bad : pass, number > 0 ? detail : "none", remedy);
  };
  if (f.waiting) {
    const waiting_facts& w = *f.waiting;
    count("events waiting", w.overdue, fail,
          fmt::format("{} webhook(s) wait for more than a minute and nobody applies them", w.overdue),
          "Start `suivi-receiver`, or see in its log why it does not apply them.");
    if (w.parked_long > 0 || w.parked == 0)
      count("parked", w.parked_long, warn,
            fmt::format("{} webhook(s) wait for more than a day for an order that is not here ({} in all)",
                        w.parked_long, w.parked),
            "See `GET /api/v1/webhooks/events?outcome=parked`: their orders are missing here, or the "
            "references differ.");
    else
      add(to, "parked", pass,
          fmt::format("{} wait for their order, none of them for more than a day", w.parked));
    count("failed", w.failed, warn, fmt::format("{} webhook(s) could not be applied", w.failed),
          "See `GET /api/v1/webhooks/events?outcome=failed` for the error of each, then run `suivi-receiver "
          "replay --outcome failed`.");
  }
  if (!f.refused) return;
  count("conflict", f.refused->conflicts, warn,
        fmt::format("{} webhook(s) belong to no account, or to another one than their order",
                    f.refused->conflicts),
        "See `GET /api/v1/webhooks/events?outcome=conflict`, and run `suivi-reconciler hooks ensure` so that "
        "each names its account.");
  count("quarantined", f.refused->quarantined, warn,
        fmt::format("{} webhook(s) were not understood", f.refused->quarantined),
        "See `GET /api/v1/webhooks/events?outcome=quarantined` for the reason of each; after an upgrade run "
        "`suivi-receiver replay --outcome quarantined`.");
}

void check_receiver(checks& to, const doctor_facts& f) {
  if (f.receiver) {
    const receiver_facts& r = *f.receiver;
    if (r.spooled > 0 || r.database != "up")
      add(to, "receiver", warn,
          fmt::format("its database is {} and {} webhook(s) are in the spool (receiver.spool){}", r.database,
                      r.spooled,
                      r.oldest_spooled ? ", the oldest for " + format_duration(*r.oldest_spooled) : ""),
          "Let the receiver reach the database of database.url; the spool empties by itself then.");
    else
      add(to, "receiver", pass, "it answers, and its spool is empty");
    check_spool(to, f);
  } else if (f.at_receiver_address == listener::stranger) {
    add(to, "receiver", warn, fmt::format("what answers at {} is no receiver", f.receiver_address),
        "Free that address for `suivi-receiver`, or set receiver.listen to another one.");
  } else {
    add(to, "receiver", warn,
        fmt::format("no receiver answers at {}: what its spool holds is not known here", f.receiver_address),
        "Keep `suivi-receiver` running, or run `suivi-reconciler doctor` on its machine; receiver.listen is "
        "where doctor looks for it.");
  }
}

void check_worker(checks& to, const doctor_facts& f) {
  std::string alive;
  const worker_facts* last = nullptr;
  if (f.workers)
    for (const worker_facts& w : *f.workers) {
      if (!last) last = &w;
      if (!w.stopped && f.now - w.last_sign <= verdict::sign_of_life)
        alive += (alive.empty() ? "" : ", ") + w.owner;
    }
  std::string keep =
      "Keep `suivi-reconciler run` running (`systemctl status suivi-reconciler`); reconciler.listen is "
      "where doctor looks for it.";
  std::string stranger = f.at_reconciler_address == listener::stranger
                             ? fmt::format(", and what answers at {} is no worker", f.reconciler_address)
                             : std::string();
  if (!alive.empty()) {
    add(to, "no_reconciler", stranger.empty() ? pass : warn, fmt::format("at work: {}{}", alive, stranger),
        fmt::format(
            "Set reconciler.listen to an address that is free, on the worker's machine and here; now {} is "
            "another program's.",
            f.reconciler_address));
    return;
  }
  if (!f.workers) {
    if (f.scripts_missing == 0) return; // the look failed, and is told as such
    if (f.at_reconciler_address == listener::ours)
      add(to, "no_reconciler", pass, fmt::format("it answers at {}", f.reconciler_address));
    else
      add(to, "no_reconciler", warn, fmt::format("no worker answers at {}{}", f.reconciler_address, stranger),
          keep);
    return;
  }
  if (f.at_reconciler_address == listener::ours) {
    add(to, "no_reconciler", warn,
        fmt::format("a worker answers at {}, but does not show itself in this database",
                    f.reconciler_address),
        "Let it use the same database.url as this command, and restart it.");
    return;
  }
  if (!last) {
    add(to, "no_reconciler", warn,
        fmt::format("no worker answers at {}, and none ever showed itself in the database{}",
                    f.reconciler_address, stranger),
        keep);
    return;
  }
  bool just_stopped = last->stopped && f.now - last->last_sign <= away_for_good;
  add(to, "no_reconciler", just_stopped ? warn : fail,
      fmt::format("no worker is there: the last one, {}, {} {}{}", last->owner,
                  last->stopped ? "was stopped" : "gave its last sign of life", age(last->last_sign, f.now),
                  stranger),
      keep);
}

} // namespace suivi::reconciler
