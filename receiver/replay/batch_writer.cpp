// Every step may be repeated: leases are renewed, the door changes nothing twice, and an outcome is noted
// only while the lease is ours.
#include "receiver/replay/batch_writer.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "receiver/replay/policy.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using kind = replay_result::kind;

constexpr milliseconds patience_with_database = 30s;

// At its end, and its order took part in it.
bool was_applied(const replay_event& e) {
  return !e.is_pending && (e.recorded == "applied" || e.recorded == "unchanged" || e.recorded == "stale");
}

} // namespace

replay_batch_writer::replay_batch_writer(pg::pool& connections, shop::door_options door, std::string owner)
    : connections_(connections), door_(door), owner_(std::move(owner)) {}

task<result<pg::pool::lease>> replay_batch_writer::connection() {
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await connections_.acquire(deadline);
  co_return db;
}

task<result<void>> replay_batch_writer::wait_out(error failed) {
  if (failed.kind == failure::permanent) co_return failed;
  auto now = steady_clock::now();
  if (failures_++ == 0) failing_since_ = now;
  if (now - failing_since_ > patience_with_database) co_return failed;
  auto pause = backoff(failures_, 50ms, 2s, jitter());
  co_await runtime::sleep_for(pause);
  co_return result<void>();
}

task<result<std::vector<replay_result>>> replay_batch_writer::apply(const events& all) {
  results ends(all.size());
  co_await probe(all, ends);
  auto leased = co_await lease(all, ends);
  if (!leased) co_return leased.error();
  pg::batch_parts todo(all.size());
  while (!todo.empty()) {
    pg::range rows = todo.take();
    auto did = co_await apply_range(all, rows, ends, todo);
    if (!did) co_return did.error();
  }
  co_return ends;
}

// Where this look fails, the steps after it meet the same trouble, and deal with it.
task<void> replay_batch_writer::probe(const events& all, results& ends) {
  auto may_stay = [&](const replay_event& e) { return writes(e) && was_applied(e); };
  if (std::none_of(all.begin(), all.end(), may_stay)) co_return;
  std::vector<shop::observation> observations;
  for (const auto& e : all) observations.push_back(e.event.observation);
  auto db = co_await connection();
  if (!db) co_return;
  auto& open = **db;
  std::span<const shop::observation> observed(observations);
  auto found = co_await shop::probe(open, observed, door_);
  if (!found) co_return;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const shop::verdict& v = found->verdicts[i];
    if (!v.unlocked || !may_stay(all[i])) continue;
    ends[i].state = kind::done;
    ends[i].outcome = to_string(v.outcome);
  }
}

task<result<void>> replay_batch_writer::lease(const events& all, results& ends) {
  for (;;) {
    auto did = co_await lease_once(all, ends);
    if (did) co_return did;
    auto go_on = co_await wait_out(did.error());
    if (!go_on) co_return go_on;
  }
}

task<result<void>> replay_batch_writer::lease_once(const events& all, results& ends) {
  std::vector<const stored_event*> wanted;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (writes(all[i]) && ends[i].state == kind::open) wanted.push_back(&all[i]);
  if (wanted.empty()) co_return result<void>();
  leased_ += wanted.size();
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto& open = **db;
  auto taken = co_await take_for_replay(open, owner_, std::move(wanted));
  if (!taken) co_return taken.error();
  answered();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (writes(all[i]) && ends[i].state == kind::open && !taken->contains(all[i].event.id))
      ends[i].state = kind::elsewhere;
  co_return result<void>();
}

task<result<void>> replay_batch_writer::apply_range(const events& all, pg::range rows, results& ends,
                                                    pg::batch_parts& todo) {
  std::vector<std::size_t> these;
  for (auto i = rows.begin; i < rows.end; ++i)
    if (ends[i].state == kind::open) these.push_back(i);
  if (these.empty()) co_return result<void>();
  auto did = co_await apply_once(all, these, ends);
  if (did) co_return did;
  auto failed = did.error();

  if (lease_is_lost(failed) || failed.kind == failure::in_doubt) {
    auto found = co_await find_lost(all, ends);
    if (!found) co_return found;
    todo.again(rows);
    co_return result<void>();
  }
  if (failed.kind == failure::permanent && !pg::schema_is_missing(failed)) {
    if (rows.size() > 1) {
      todo.split(rows);
      co_return result<void>();
    }
    const auto& alone = all[these[0]];
    log::error("an event cannot be applied", {{"event", alone.event.id}, {"error", to_string(failed)}});
    auto next = after_failed_apply(alone.event, failed, jitter());
    ends[these[0]].state = kind::done;
    ends[these[0]].outcome = "failed";
    if (!writes(alone)) co_return result<void>();
    std::vector<ending> only{{&alone, std::move(next)}};
    auto noted = co_await write_ends(std::move(only));
    if (!noted && !lease_is_lost(noted.error())) co_return noted;
    co_return result<void>();
  }
  auto go_on = co_await wait_out(failed);
  if (!go_on) co_return go_on;
  todo.again(rows);
  co_return result<void>();
}

task<result<void>> replay_batch_writer::apply_once(const events& all, const std::vector<std::size_t>& these,
                                                   results& ends) {
  std::vector<shop::observation> observations;
  for (auto i : these) observations.push_back(all[i].event.observation);
  std::vector<ending> steps;
  shop::extra_statements extra = [&](pg::pipeline& closing, std::span<const shop::verdict> verdicts) {
    auto now = suivi::now();
    steps.clear();
    for (std::size_t n = 0; n < verdicts.size(); ++n) {
      const auto& e = all[these[n]];
      steps.push_back({&e, replay_step(e.event, e.recorded_error, verdicts[n], now, jitter())});
    }
    add_ends(closing, steps);
  };

  auto db = co_await connection();
  if (!db) co_return db.error();
  auto& open = **db;
  std::span<const shop::observation> observed(observations);
  auto verdicts = co_await shop::apply(open, observed, door_, extra);
  if (!verdicts) co_return verdicts.error();
  answered();
  auto now = suivi::now();
  for (std::size_t n = 0; n < these.size(); ++n) {
    const auto& e = all[these[n]];
    auto next =
        door_.dry_run ? replay_step(e.event, e.recorded_error, (*verdicts)[n], now, 0) : steps[n].next;
    conclude((*verdicts)[n], next, ends[these[n]]);
  }
  co_return result<void>();
}

// What is not leased any more was committed by us without our hearing of it, or is another's now.
task<result<void>> replay_batch_writer::find_lost(const events& all, results& ends) {
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (writes(all[i]) && ends[i].state == kind::open) ids.push_back(all[i].event.id);
  if (ids.empty()) { // of a file: simply once more
    auto pause = 50ms;
    co_await runtime::sleep_for(pause);
    co_return result<void>();
  }
  for (;;) {
    error failed;
    auto db = co_await connection();
    if (db) {
      auto& open = **db;
      auto ours = co_await held(open, owner_, ids);
      if (ours) {
        std::set<std::int64_t> left(ours->begin(), ours->end());
        for (std::size_t i = 0; i < all.size(); ++i)
          if (writes(all[i]) && ends[i].state == kind::open && !left.contains(all[i].event.id))
            ends[i].state = kind::elsewhere;
        co_return result<void>();
      }
      failed = ours.error();
    } else {
      failed = db.error();
    }
    auto go_on = co_await wait_out(failed);
    if (!go_on) co_return go_on;
  }
}

task<result<std::vector<replay_result>>> replay_batch_writer::record(const events& all, make_end end) {
  results ends(all.size());
  auto leased = co_await lease(all, ends);
  if (!leased) co_return leased.error();
  std::vector<ending> noted;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (ends[i].state == kind::elsewhere) continue;
    auto next = end(all[i].event);
    ends[i].state = kind::done;
    ends[i].outcome = outcome_of(next);
    if (writes(all[i])) noted.push_back({&all[i], std::move(next)});
  }
  if (noted.empty()) co_return ends;
  auto written = co_await write_ends(std::move(noted));
  if (written) co_return ends;
  if (!lease_is_lost(written.error())) co_return written.error();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (writes(all[i])) ends[i].state = kind::elsewhere; // who took them over knows better
  co_return ends;
}

task<result<void>> replay_batch_writer::write_ends(std::vector<ending> ends) {
  for (;;) {
    error failed;
    auto db = co_await connection();
    if (db) {
      auto& open = **db;
      pg::pipeline steps;
      add_ends(steps, ends);
      auto answer = co_await open.run(std::move(steps));
      if (answer) co_return result<void>();
      failed = answer.error();
    } else {
      failed = db.error();
    }
    auto go_on = co_await wait_out(failed);
    if (!go_on) co_return go_on;
  }
}

void replay_batch_writer::add_ends(pg::pipeline& steps, std::span<const ending> ends) const {
  std::vector<settled> noted;
  std::vector<const stored_event*> reopened;
  for (const auto& one : ends) {
    if (!writes(*one.event) || one.next.action == disposition::kind::try_again) continue;
    noted.push_back({&one.event->event, one.next});
    if (one.next.action != disposition::kind::close && !one.event->is_pending) reopened.push_back(one.event);
  }
  add_settled(steps, owner_, noted);
  add_reopened(steps, reopened);
}

void replay_batch_writer::conclude(const shop::verdict& v, const disposition& next,
                                   replay_result& end) const {
  if (next.action == disposition::kind::try_again) {
    end.state = kind::locked;
    return;
  }
  end.state = kind::done;
  end.outcome = outcome_of(next);
  end.reference = v.reference;
  end.changes = v.changes;
  if (v.outcome == shop::outcome::in_doubt) end.wanted = v.wanted;
}

task<void> replay_batch_writer::renew_statistics() {
  static constexpr pg::statement text{
      "", "analyze (skip_locked) suivi.parcel, suivi.pending, suivi.event_outcome"};
  if (door_.dry_run) co_return;
  auto db = co_await connection();
  if (!db) co_return;
  auto& open = **db;
  auto done = co_await open.run(text);
  (void)done; // slower, then
}

task<void> replay_batch_writer::give_back() {
  if (leased_ == 0) co_return;
  auto db = co_await connection();
  if (!db) co_return;
  auto& open = **db;
  auto done = co_await release(open, owner_);
  (void)done; // the leases lapse by themselves
}

} // namespace suivi::receiver
