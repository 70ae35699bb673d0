// Applies batches of events, each in one transaction. What arrives meanwhile goes into a later batch.
#include "receiver/apply/apply_lane.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "common/shop/moved_parcel.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "receiver/apply/event_account.hpp"
#include "receiver/event/decode_event.hpp"
#include "receiver/inbox/ranges.hpp"
#include "receiver/queue/apply_policy.hpp"
#include "receiver/queue/event_batch.hpp"

#include <algorithm>

namespace suivi::receiver {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

apply_lane::apply_lane(asio::any_io_executor executor, database_monitor& db, account_registry& accounts,
                       receiver_metrics& counts, shop::door_options door, std::string owner)
    : executor_(executor), db_(db), accounts_(accounts), counts_(counts), door_(door),
      owner_(std::move(owner)), woken_(executor), beside_(std::move(executor)),
      ends_(db, counts, queue_, woken_, owner_), repeats_(db, accounts) {}

void apply_lane::enqueue(std::vector<pending_event> events) {
  queue_.enqueue(std::move(events), steady_clock::now());
  show_length();
  woken_.notify();
}

void apply_lane::enqueue_range(event_range range, std::vector<pending_event> events) {
  queue_.enqueue_range(std::move(range), std::move(events), steady_clock::now());
  show_length();
  woken_.notify();
  if (is_worth_another_lane()) beside_.notify();
}

task<void> apply_lane::run() {
  for (;;) {
    auto moved = co_await repeats_.poll();
    while (!moved.empty() && is_beside_at_work_) co_await woken_.wait();
    if (!moved.empty()) co_await claim_orphans(std::move(moved));
    bool ready = db_.is_up() && accounts_.can_tell();
    auto now = steady_clock::now();
    steady_time begins = begin_apply_at({queue_.waiting(), last_rows_, last_ended_});
    if (ready && !finishing_ && now < begins && queue_.due_at(begins) < begins) {
      co_await woken_.wait_until(begins);
      continue;
    }
    std::size_t rows = 0;
    if (ready && queue_.ranges_are_next(now)) {
      range_batch stored = queue_.take_ranges(now, range_rows(now), at_work_);
      rows = stored.events.size();
      if (rows == 0) { // the other lane is at work with these orders, and wakes this one
        co_await woken_.wait();
        continue;
      }
      co_await handle_ranges(std::move(stored));
    } else if (ready) {
      batch events = queue_.take_events(now, rows_at_once(now));
      rows = events.size();
      if (rows > 0) co_await handle(std::move(events));
    }
    if (rows > 0) {
      last_rows_ = rows;
      last_ended_ = steady_clock::now();
      continue;
    }
    if (finishing_ && !is_beside_at_work_ && (ready || !db_.is_up() || accounts_.sees_none()))
      co_return; // the accounts may still come
    auto until = steady_clock::now() + (ready ? 1000ms : 50ms);
    if (ready) until = queue_.due_at(until);
    co_await woken_.wait_until(until);
  }
}

bool apply_lane::is_worth_another_lane() const {
  bool may = !is_beside_at_work_ && failures_ == 0 && db_.is_up() && accounts_.can_tell();
  return may &&
         receiver::is_worth_another_lane({queue_.due_in_ranges(steady_clock::now()), at_work_.batches(),
                                          db_.connections().now().waiting, last_took_});
}

task<void> apply_lane::run_beside() {
  while (!finishing_) {
    range_batch stored;
    auto now = steady_clock::now();
    if (is_worth_another_lane()) stored = queue_.take_ranges(now, range_rows(now), at_work_);
    if (stored.events.empty()) {
      co_await beside_.wait();
      continue;
    }
    is_beside_at_work_ = true;
    co_await handle_ranges(std::move(stored));
    is_beside_at_work_ = false;
    woken_.notify();
  }
}

task<void> apply_lane::handle(batch events) {
  bool known = co_await fill_in_accounts(events);
  if (!known) co_return;
  orders_at_work::batch here = at_work_.begin(events, steady_clock::now());
  lost_.clear();
  pg::batch_parts todo(events.size());
  while (!todo.empty()) {
    pg::range rows = todo.take();
    co_await apply_range(events, rows, todo);
  }
  show_length();
}

// Takes events of unknown accounts, and what can't be read any more, out of the batch. False: nothing is
// left.
task<bool> apply_lane::fill_in_accounts(batch& events) {
  auto unknown = [this](const pending_event& each) { return is_account_unknown(each, accounts_); };
  bool fresh = true;
  if (std::any_of(events.begin(), events.end(), unknown)) fresh = co_await accounts_.refresh();
  batch good;
  batch bad;
  auto now = suivi::now();
  for (auto& event : events) {
    if (fill_in_account(event, accounts_, now))
      good.push_back(std::move(event));
    else if (!fresh && !accounts_.is_known_since(event.received_at) &&
             is_account_unknown(event, accounts_)) // a new account, perhaps
      ends_.put(std::move(event), steady_clock::now() + 1s);
    else
      bad.push_back(std::move(event));
  }
  auto readable_one = [](const pending_event& each) { return can_be_applied(each.observation.shipment); };
  bool hidden = false;
  if (std::ranges::any_of(bad, readable_one)) hidden = co_await accounts_.may_be_hidden();
  for (auto& event : bad) {
    disposition next;
    bool readable = readable_one(event);
    if (readable && hidden) {
      next = wait_for_account(event, jitter());
      co_await ends_.settle_one(std::move(event), std::move(next));
      continue;
    }
    next.outcome = readable ? "conflict" : "quarantined";
    next.error = readable ? "the address names an unknown account" : "it cannot be read any more";
    co_await ends_.settle_one(std::move(event), std::move(next));
  }
  events = std::move(good);
  co_return !events.empty();
}

// The connection is free again when this returns: what follows a failure wants one, and all lanes together
// must not hold those that each of them waits for.
task<result<std::vector<shop::verdict>>> apply_lane::apply(std::span<const shop::observation> observed,
                                                           const shop::door_options& options,
                                                           const shop::extra_statements& extra) {
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return db.error();
  auto& connection = **db;
  auto verdicts = co_await shop::apply(connection, observed, options, extra);
  co_return verdicts;
}

task<void> apply_lane::apply_range(const batch& events, pg::range rows, pg::batch_parts& todo) {
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
      ends.push_back({these[i], ends_.next_step(*these[i], verdicts[i])});
    add_settled(closing, owner_, ends);
  };

  shop::door_options options = door_;
  bool again = has_waited(*these[0]);
  options.lock_wait = lock_patience_.in_pieces(steady_clock::now(), again);
  std::span<const shop::observation> observed(observations);
  auto verdicts = co_await apply(observed, options, extra);
  if (verdicts) {
    note_taken();
    for (const auto& end : ends) ends_.carry_out(*end.event, end.next);
    co_return;
  }
  error failed = verdicts.error();

  if (lease_is_lost(failed)) {
    bool some = co_await drop_lost(events, rows);
    if (some) {
      todo.again(rows);
      co_return;
    }
    failed.kind = failure::transient; // could not be found out, or nothing is lost: later
  }
  if (pg::is_statement_timeout(failed)) batch_size_.note_too_slow(these.size());
  if (pg::is_lock_timeout(failed)) lock_patience_.note_in_vain(steady_clock::now());
  bool too_slow = pg::is_statement_timeout(failed) || pg::is_lock_timeout(failed);
  bool most_are_locked = pg::is_lock_timeout(failed) && again;
  if (too_slow && rows.size() > 1) {
    most_are_locked ? todo.single_out(rows) : todo.split(rows);
  } else if (pg::is_lock_timeout(failed)) {
    co_await wait_as_locked(*these[0]);
  } else if (too_slow) {
    co_await note_failed(*these[0], failed);
  } else if (failed.kind != failure::permanent) {
    // They stay in hand: the lease may lapse meanwhile, which the next try finds out.
    if (failures_++ == 0)
      log::warn("events could not be applied, they are tried again", {{"error", to_string(failed)}});
    auto due = steady_clock::now() + backoff(failures_, 50ms, 2s, jitter());
    for (const auto* event : these) ends_.put(*event, due);
  } else if (pg::schema_is_missing(failed) && !db_.was_suspected_in_vain()) {
    db_.suspect_schema();
    auto due = steady_clock::now() + 1s;
    for (const auto* event : these) ends_.put(*event, due);
  } else if (rows.size() > 1) {
    todo.split(rows);
  } else {
    co_await note_failed(*these[0], failed);
  }
}

// One transaction for all of them, in which nothing may go wrong: else each event goes on by itself.
task<void> apply_lane::handle_ranges(range_batch batch) {
  steady_time begun = steady_clock::now();
  co_await try_ranges(std::move(batch));
  last_took_ = steady_clock::now() - begun;
}

task<void> apply_lane::try_ranges(range_batch batch) {
  orders_at_work::batch here = at_work_.begin(batch.events, steady_clock::now());
  if (is_worth_another_lane()) beside_.notify();
  auto unknown = [this](const pending_event& each) { return is_account_unknown(each, accounts_); };
  if (std::any_of(batch.events.begin(), batch.events.end(), unknown)) co_await accounts_.refresh();
  instant now = suivi::now();
  bool all_plain = true;
  for (pending_event& event : batch.events) all_plain = fill_in_account(event, accounts_, now) && all_plain;
  if (!all_plain) {
    co_await open(std::move(batch));
    co_return;
  }
  milliseconds lock_wait = lock_patience_.at(steady_clock::now());
  co_await write_ranges(std::move(batch), lock_wait);
}

// Where a row is locked that one of them needs, in halves, so that the others are none the worse for it.
task<void> apply_lane::write_ranges(range_batch batch, milliseconds lock_wait) {
  std::vector<shop::observation> observations;
  observations.reserve(batch.events.size());
  for (const pending_event& event : batch.events) observations.push_back(event.observation);
  std::vector<settled> ends;
  std::size_t unlocked = 0;
  shop::extra_statements extra = [&](pg::pipeline& closing, std::span<const shop::verdict> verdicts) {
    ends.clear();
    ends.reserve(verdicts.size());
    unlocked = 0;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      ends.push_back({&batch.events[i], ends_.next_step(batch.events[i], verdicts[i])});
      if (verdicts[i].unlocked) ++unlocked;
    }
    add_settled_ranges(closing, owner_, batch.ranges, ends);
  };
  shop::door_options options = door_;
  options.lock_wait = lock_wait;
  options.looks_first = looks_first_;
  std::span<const shop::observation> observed(observations);
  auto verdicts = co_await apply(observed, options, extra);
  if (verdicts) {
    note_taken();
    looks_first_ = is_worth_a_look(ends.size(), unlocked);
    for (const settled& end : ends) ends_.carry_out(*end.event, end.next);
    show_length();
    co_return;
  }
  error failed = verdicts.error();
  if (pg::is_statement_timeout(failed)) batch_size_.note_too_slow(batch.events.size());
  if (pg::is_lock_timeout(failed)) lock_patience_.note_in_vain(steady_clock::now());
  if (pg::is_lock_timeout(failed) && batch.ranges.size() > 1) {
    half_batches halves = halves_of(std::move(batch));
    milliseconds briefly = lock_patience_.in_pieces(steady_clock::now(), false);
    co_await write_ranges(std::move(halves.front), briefly);
    co_await write_ranges(std::move(halves.back), briefly);
    co_return;
  }
  bool missing = pg::schema_is_missing(failed) && !db_.was_suspected_in_vain();
  bool of_its_own = failed.kind == failure::permanent || pg::is_statement_timeout(failed) ||
                    pg::is_lock_timeout(failed) || lease_is_lost(failed);
  if (of_its_own && !missing) {
    co_await open(std::move(batch));
    co_return;
  }
  if (missing) db_.suspect_schema();
  // Where a COMMIT's answer was lost, the next try finds out: the ranges are gone if it was done.
  if (failures_++ == 0)
    log::warn("events could not be applied, they are tried again", {{"error", to_string(failed)}});
  auto pause = missing ? milliseconds(1s) : backoff(failures_, 50ms, 2s, jitter());
  queue_.put_back(std::move(batch), steady_clock::now() + pause);
}

// From now on each of its events has a row of its own. Of those that are another's, or were closed without
// our hearing of it, the next try finds that out.
task<void> apply_lane::open(range_batch batch) {
  std::vector<std::int64_t> firsts;
  for (const event_range& each : batch.ranges) firsts.push_back(each.first);
  std::optional<error> failed;
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await db_.connections().acquire(deadline);
  if (db) {
    auto& connection = **db;
    auto done = co_await open_ranges(connection, owner_, std::move(firsts));
    if (!done) failed = done.error();
  } else {
    failed = db.error();
  }
  auto now = steady_clock::now();
  if (failed) {
    if (failures_ == 0)
      log::warn("events could not be applied, they are tried again", {{"error", to_string(*failed)}});
    queue_.put_back(std::move(batch), now + backoff(failures_++, 50ms, 2s, jitter()));
    co_return;
  }
  for (pending_event& event : batch.events) ends_.put(std::move(event), now);
}

// Its order is free, but what writing it needs is not: a row that a trigger of the shop's writes as well,
// say.
task<void> apply_lane::wait_as_locked(const pending_event& waiting) {
  shop::verdict busy;
  busy.outcome = shop::outcome::busy;
  auto next = ends_.next_step(waiting, busy);
  if (next.action == disposition::kind::try_again) {
    ends_.carry_out(waiting, next);
    co_return;
  }
  pending_event event = waiting;
  co_await ends_.settle_one(std::move(event), std::move(next));
}

task<void> apply_lane::note_failed(const pending_event& failing, const error& why) {
  counts_.failed_event(failing.id, why);
  auto kept = co_await shop::keep_moved_link(db_.connections(), failing.observation, door_);
  if (!kept) // at each try of each event: what is counted above says why
    log::debug("a refused order's parcel stays where it was",
               {{"event", failing.id}, {"error", to_string(kept.error())}});
  auto next = after_failed_apply(failing, why, jitter());
  pending_event event = failing;
  co_await ends_.settle_one(std::move(event), std::move(next));
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
      queue_.erase(id);
      some = true;
    }
  co_return some;
}

void apply_lane::note_taken() {
  failures_ = 0;
  batch_size_.note_taken();
}

// Nobody is at work with them: run() calls this between its batches, while no other lane is at work.
task<void> apply_lane::claim_orphans(std::vector<std::int64_t> moved) {
  for (std::int64_t id : moved) queue_.drop(id, steady_clock::now());
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return; // whoever looks for events nobody holds takes them
  auto& connection = **db;
  auto mine = co_await claim(connection, owner_, moved.size());
  if (mine) enqueue(std::move(*mine));
}

} // namespace suivi::receiver
