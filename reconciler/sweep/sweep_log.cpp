// Logs a sweep's end, in two lines at most.
#include "reconciler/sweep/sweep_log.hpp"

#include "common/log/log.hpp"

namespace suivi::reconciler {

void log_sweep(const shop::sweep_report& r, bool stopped) {
  if (r.throttled > 0)
    log::warn("the courier throttled a sweep", {{"sweep", r.id},
                                                {"account", r.account},
                                                {"kind", r.kind},
                                                {"throttled", r.throttled},
                                                {"requests", r.requests},
                                                {"retries", r.retries}});
  bool failed = !r.complete && !stopped;
  (failed ? log::warn : log::info)(failed ? "a sweep ended incomplete" : "a sweep ended",
                                   {{"sweep", r.id},
                                    {"account", r.account},
                                    {"kind", r.kind},
                                    {"complete", r.complete},
                                    {"reason", r.reason.value_or("")},
                                    {"fetched", r.fetched},
                                    {"backfilled", r.backfilled},
                                    {"statusChanged", r.status_changed},
                                    {"conflicts", r.conflicts},
                                    {"refused", r.refused},
                                    {"requests", r.requests},
                                    {"seconds", r.seconds}});
}

} // namespace suivi::reconciler
