// One batch at a time; what arrives meanwhile is the next one.
#include "receiver/apply/apply_lane.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "common/pg/sqlstate.hpp"
#include "receiver/apply/event_batch.hpp"

#include "receiver/event/decode_event.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t in_hand_max = 5'000;
constexpr std::size_t locked_in_hand_max = 500; // so that many locked orders leave room for the others
constexpr std::size_t repeats_max = 1'000;
// A transaction costs as much as some twenty events in it. So a batch that would follow another at once
// gathers for a moment, unless it is worth its cost already; an event that comes alone is applied at once.
constexpr std::size_t worthwhile = 100;
constexpr milliseconds gathering = 4ms;
constexpr std::size_t due_max = 2 * shop::observations_per_call_max;

void split(pg::range rows, std::vector<pg::range>& todo) {
  auto [front, back] = pg::halve(rows);
  todo.push_back(back);
  todo.push_back(front);
}

} // namespace

apply_lane::apply_lane(asio::any_io_executor executor, database_monitor& db, account_registry& accounts,
                       receiver_metrics& counts, shop::door_options door, std::string owner)
    : executor_(executor), db_(db), accounts_(accounts), counts_(counts), door_(door),
      owner_(std::move(owner)), woken_(std::move(executor)) {}

std::size_t apply_lane::free_capacity() const {
  return held_.size() >= in_hand_max ? 0 : in_hand_max - held_.size();
}

bool apply_lane::is_behind() const {
  auto now = steady_clock::now();
  std::size_t due = 0;
  for (auto next = queue_.begin(); next != queue_.end() && next->first <= now; ++next)
    if (++due > due_max) return true;
  return false;
}

void apply_lane::put(pending_event event, steady_time due) {
  if (event.busy_tries > 0) ++locked_;
  queue_.emplace(due, std::move(event));
  woken_.notify();
}

void apply_lane::enqueue(std::vector<pending_event> events) {
  auto now = steady_clock::now();
  for (auto& event : events)
    if (held_.insert(event.id).second) put(std::move(event), now);
  counts_.apply_queue.set(static_cast<double>(held_.size()));
}

void apply_lane::requeue(pending_event event) {
  held_.insert(event.id);
  put(std::move(event), steady_clock::now());
}

void apply_lane::enqueue_repeats(std::vector<repeated_webhook> repeats) {
  for (auto& r : repeats)
    if (repeats_.size() < repeats_max)
      repeats_.push_back(std::move(r)); // a loss here is the next sweep's to find
  woken_.notify();
}

void apply_lane::take_readdressed(std::vector<readdressed> events) {
  for (readdressed& each : events)
    if (readdressed_.size() < repeats_max) readdressed_.push_back(std::move(each)); // likewise
  woken_.notify();
}

void apply_lane::finish() {
  finishing_ = true;
  woken_.notify();
}

apply_lane::batch apply_lane::next_batch(steady_time now) {
  batch events = take_batch(queue_, now, batch_rows_);
  for (const pending_event& event : events)
    if (event.busy_tries > 0) --locked_;
  return events;
}

task<void> apply_lane::run() {
  for (;;) {
    if (!repeats_.empty() && db_.is_up()) co_await store_repeats_now();
    if (!readdressed_.empty() && db_.is_up() && accounts_.can_tell()) co_await readdress_now();
    bool ready = db_.is_up() && accounts_.can_tell();
    auto now = steady_clock::now();
    if (ready && !finishing_ && now < gather_until_ && queue_.size() < worthwhile) {
      co_await runtime::sleep_for(std::chrono::ceil<milliseconds>(gather_until_ - now));
      continue;
    }
    auto events = ready ? next_batch(now) : batch();
    if (!events.empty()) {
      bool few = events.size() < worthwhile;
      co_await handle(std::move(events));
      if (few) gather_until_ = steady_clock::now() + gathering;
      continue;
    }
    if (finishing_ && (ready || !db_.is_up() || accounts_.sees_none()))
      co_return; // the accounts may still come
    auto until = steady_clock::now() + 1s;
    if (!ready)
      until = steady_clock::now() + 50ms;
    else if (!queue_.empty())
      until = std::min(until, queue_.begin()->first);
    co_await woken_.wait_until(until);
  }
}

task<void> apply_lane::handle(batch events) {
  bool known = co_await fill_in_accounts(events);
  if (!known) co_return;
  lost_.clear();
  std::vector<pg::range> todo{{0, events.size()}};
  while (!todo.empty()) {
    auto rows = todo.back();
    todo.pop_back();
    co_await apply_range(events, rows, todo);
  }
  counts_.apply_queue.set(static_cast<double>(held_.size()));
}

// Takes events of unknown accounts, and what can't be read any more, out of the batch. False: nothing is
// left.
task<bool> apply_lane::fill_in_accounts(batch& events) {
  auto unknown = [this](const pending_event& w) {
    return !accounts_.resolve(w.named_account, w.observation.shipment.courier);
  };
  bool fresh = true;
  if (std::any_of(events.begin(), events.end(), unknown)) fresh = co_await accounts_.refresh();
  batch good;
  batch bad;
  auto now = suivi::now();
  for (auto& event : events) {
    auto account = accounts_.resolve(event.named_account, event.observation.shipment.courier);
    if (!account && !fresh) { // a new account, perhaps
      put(std::move(event), steady_clock::now() + 1s);
      continue;
    }
    bool usable = account && can_be_applied(event.observation.shipment);
    if (account) {
      event.observation.account = *account;
      event.observation.is_signed = !accounts_.webhook_secret(*account).empty();
    }
    event.observation.decide_by_later_time = waited_long_enough(event, now);
    (usable ? good : bad).push_back(std::move(event));
  }
  for (auto& event : bad) {
    disposition next;
    bool readable = can_be_applied(event.observation.shipment);
    next.outcome = readable ? "conflict" : "quarantined";
    next.error = readable ? "the address names an unknown account" : "it cannot be read any more";
    co_await settle_one(std::move(event), std::move(next));
  }
  events = std::move(good);
  co_return !events.empty();
}

// What memory and the courier have no room for waits in the database.
disposition apply_lane::next_step(const pending_event& event, const shop::verdict& v) const {
  auto next = after_verdict(event, v, suivi::now(), jitter());
  if (next.action == disposition::kind::try_again && locked_ >= locked_in_hand_max)
    return wait_for_lock(event, jitter());
  if (next.action != disposition::kind::read_first || !refuse_) return next;
  auto refused = refuse_(next.wanted->account);
  if (!refused) return next;
  return read_later(event, refused->wait, std::move(refused->why), jitter());
}

task<void> apply_lane::apply_range(const batch& events, pg::range rows, std::vector<pg::range>& todo) {
  std::vector<shop::observation> observations;
  std::vector<const pending_event*> these;
  for (auto i = rows.begin; i < rows.end; ++i) {
    if (lost_.contains(events[i].id)) continue;
    these.push_back(&events[i]);
    observations.push_back(events[i].observation);
  }
  if (these.empty()) co_return;

  std::vector<settled> ends;
  shop::extra_statements extra = [&](pg::pipeline& closing, std::span<const shop::verdict> verdicts) {
    ends.clear();
    for (std::size_t i = 0; i < verdicts.size(); ++i)
      ends.push_back({these[i], next_step(*these[i], verdicts[i])});
    add_settled(closing, owner_, ends);
  };

  error failed;
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await db_.connections().acquire(deadline);
  if (db) {
    auto& connection = **db;
    std::span<const shop::observation> observed(observations);
    auto verdicts = co_await shop::apply(connection, observed, door_, extra);
    if (verdicts) {
      failures_ = 0;
      batch_rows_ = std::min(shop::observations_per_call_max, batch_rows_ + batch_rows_ / 4 + 1);
      for (const auto& end : ends) carry_out(*end.event, end.next);
      co_return;
    }
    failed = verdicts.error();
  } else {
    failed = db.error();
  }

  if (lease_is_lost(failed)) {
    bool some = co_await drop_lost(events, rows);
    if (some) {
      todo.push_back(rows);
      co_return;
    }
    failed.kind = failure::transient; // could not be found out, or nothing is lost: later
  }
  if (pg::is_statement_timeout(failed)) batch_rows_ = std::max<std::size_t>(1, these.size() / 2);
  bool too_slow = pg::is_statement_timeout(failed) || pg::is_lock_timeout(failed);
  if (too_slow && rows.size() > 1) {
    split(rows, todo);
  } else if (pg::is_lock_timeout(failed)) {
    co_await wait_as_locked(*these[0]);
  } else if (too_slow) {
    co_await note_failed(*these[0], failed);
  } else if (failed.kind != failure::permanent) {
    // They stay in hand: the lease may lapse meanwhile, which the next try finds out.
    if (failures_++ == 0)
      log::warn("events could not be applied, they are tried again", {{"error", to_string(failed)}});
    auto due = steady_clock::now() + backoff(failures_, 50ms, 2s, jitter());
    for (const auto* event : these) put(*event, due);
  } else if (pg::schema_is_missing(failed) && !db_.was_suspected_in_vain()) {
    db_.suspect_schema();
    auto due = steady_clock::now() + 1s;
    for (const auto* event : these) put(*event, due);
  } else if (rows.size() > 1) {
    split(rows, todo);
  } else {
    co_await note_failed(*these[0], failed);
  }
}

// Its order is free, but what writing it needs is not: a row that a trigger of the shop's writes as well,
// say.
task<void> apply_lane::wait_as_locked(const pending_event& waiting) {
  shop::verdict busy;
  busy.outcome = shop::outcome::busy;
  auto next = next_step(waiting, busy);
  if (next.action == disposition::kind::try_again) {
    carry_out(waiting, next);
    co_return;
  }
  pending_event event = waiting;
  co_await settle_one(std::move(event), std::move(next));
}

task<void> apply_lane::note_failed(const pending_event& failing, const error& why) {
  counts_.failed_event(failing.id, why);
  auto next = after_failed_apply(failing, why, jitter());
  pending_event event = failing;
  co_await settle_one(std::move(event), std::move(next));
}

// True if some were found to be another's now.
task<bool> apply_lane::drop_lost(const batch& events, pg::range rows) {
  std::vector<std::int64_t> ids;
  for (auto i = rows.begin; i < rows.end; ++i) ids.push_back(events[i].id);
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return false;
  auto& connection = **db;
  auto ours = co_await held(connection, owner_, ids);
  if (!ours) co_return false;
  std::set<std::int64_t> left(ours->begin(), ours->end());
  bool some = false;
  for (auto id : ids)
    if (!left.contains(id) && lost_.insert(id).second) {
      held_.erase(id);
      some = true;
    }
  co_return some;
}

void apply_lane::note_closed(std::int64_t id, instant received_at, bool never_deferred,
                             const disposition& next) {
  counts_.outcome(next.outcome);
  std::chrono::duration<double> age = suivi::now() - received_at;
  if (never_deferred) counts_.apply_seconds.observe(age.count());
  if (!next.wanted || !ask_) return;
  auto wanted = *next.wanted;
  wanted.event_id = id;
  ask_(std::move(wanted), std::nullopt);
}

void apply_lane::carry_out(const pending_event& event, const disposition& next) {
  switch (next.action) {
  case disposition::kind::close:
    held_.erase(event.id);
    note_closed(event.id, event.received_at, event.state == event_state::pending, next);
    break;
  case disposition::kind::try_again: {
    counts_.outcome("busy");
    pending_event again = event;
    ++again.busy_tries;
    put(std::move(again), steady_clock::now() + next.delay);
    break;
  }
  case disposition::kind::postpone:
    held_.erase(event.id);
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
task<void> apply_lane::settle_one(pending_event event, disposition next) {
  held_.erase(event.id);
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

// Nobody is at work with them: batches are handled one after the other, by the same coroutine.
void apply_lane::drop(std::int64_t id) {
  for (auto next = queue_.begin(); next != queue_.end(); ++next) {
    if (next->second.id != id) continue;
    if (next->second.busy_tries > 0) --locked_;
    queue_.erase(next);
    break;
  }
  held_.erase(id);
}

task<void> apply_lane::readdress_now() {
  std::vector<readdressed> events = std::exchange(readdressed_, {});
  auto unknown = [this](const readdressed& each) { return !accounts_.resolve(each.account); };
  if (std::any_of(events.begin(), events.end(), unknown)) co_await accounts_.refresh();
  std::erase_if(events, unknown);
  if (events.empty()) co_return;
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return;
  auto& connection = **db;
  std::vector<std::string> known;
  for (const account_registry::listed& each : accounts_.list()) known.push_back(each.id);
  auto moved = co_await readdress(connection, std::move(events), std::move(known));
  if (!moved) {
    log::warn("events that came again under another account stay as they are",
              {{"error", to_string(moved.error())}});
    co_return;
  }
  if (moved->empty()) co_return;
  log::info("events of an unknown account came again under a known one and are applied",
            {{"events", moved->size()}});
  for (std::int64_t id : *moved) drop(id);
  auto mine = co_await claim(connection, owner_, moved->size());
  if (mine) enqueue(std::move(*mine));
}

task<void> apply_lane::store_repeats_now() {
  auto repeats = std::exchange(repeats_, {});
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return;
  auto& connection = **db;
  auto done = co_await store_repeats(connection, std::move(repeats));
  if (!done) log::warn("repeated events were not looked at again", {{"error", to_string(done.error())}});
}

} // namespace suivi::receiver
