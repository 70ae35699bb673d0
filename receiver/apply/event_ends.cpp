// Puts each event where its disposition (event/disposition.hpp) says.
#include "receiver/apply/event_ends.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "receiver/inbox/pending.hpp"

#include <chrono>
#include <string_view>
#include <vector>

namespace suivi::receiver {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

void event_ends::put(pending_event event, steady_time due) {
  queue_.put(std::move(event), due);
  woken_.notify();
}

disposition event_ends::next_step(const pending_event& event, const shop::verdict& v) const {
  auto next = after_verdict(event, v, suivi::now(), jitter());
  if (next.action == disposition::kind::try_again && queue_.has_many_locked())
    return wait_for_lock(event, jitter());
  if (next.action != disposition::kind::read_first || !refuse_) return next;
  auto refused = refuse_(next.wanted->account);
  if (!refused) return next;
  return read_later(event, refused->wait, std::move(refused->why), jitter());
}

void event_ends::note_closed(const pending_event& event, const disposition& next) {
  counts_.outcome(next.outcome);
  std::chrono::duration<double> age = suivi::now() - event.received_at;
  if (event.state == event_state::pending) counts_.apply_seconds.observe(age.count());
  if (!next.wanted || !ask_) return;
  auto wanted = *next.wanted;
  wanted.event_id = event.id;
  ask_(std::move(wanted), std::nullopt);
}

void event_ends::carry_out(const pending_event& event, const disposition& next) {
  switch (next.action) {
  case disposition::kind::close:
    queue_.erase(event.id);
    note_closed(event, next);
    break;
  case disposition::kind::try_again: {
    counts_.outcome("busy");
    pending_event again = event;
    ++again.busy_tries;
    put(std::move(again), steady_clock::now() + next.delay);
    break;
  }
  case disposition::kind::postpone:
    queue_.erase(event.id);
    counts_.outcome(to_string(next.state));
    break;
  case disposition::kind::read_first: {
    counts_.outcome("confirming");
    pending_event waiting = event;
    if (waiting.state != next.state) waiting.state_since = suivi::now();
    waiting.state = next.state;
    waiting.attempts = next.attempts;
    if (ask_) ask_(*next.wanted, std::move(waiting));
    break;
  }
  }
}

// What cannot be written down now is left to its lease.
task<void> event_ends::settle_one(pending_event event, disposition next) {
  queue_.erase(event.id);
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return;
  auto& connection = **db;
  std::vector<settled> ends{{&event, next}};
  auto done = co_await settle(connection, owner_, ends);
  if (done)
    counts_.outcome(next.action == disposition::kind::close ? std::string_view(next.outcome)
                                                            : to_string(next.state));
  else if (!lease_is_lost(done.error()))
    log::warn("an event's outcome could not be noted, it is tried again",
              {{"event", event.id}, {"error", to_string(done.error())}});
}

} // namespace suivi::receiver
