// Two round trips: lock and read; write and commit. Where most is expected to change nothing, a look without
// locks comes first, and what it settles has no part in the rest. Between them, decide. Where an order has no
// account or none of the told parcel, one more: who adopted it, whose that parcel is. Where the fast path
// does not settle every observation, two more for the rest: search; lock and read.
#include "common/door/door.hpp"

#include "common/decision/fast_path.hpp"
#include "common/decision/moved_links.hpp"
#include "common/door/door_steps.hpp"
#include "common/door/read_only_snapshot.hpp"
#include "common/sqlstate/batch_failure.hpp"

#include <cassert>

namespace suivi::shop {
namespace {

// Two callers that meet a parcel for the first time at the same moment: the unique index lets one through;
// the other looks again and finds it.
constexpr int tries_max = 3;
constexpr std::string_view unique_violation = "sqlstate:23505";

task<result<snapshot>> read_further(pg::connection& db, std::span<const observation> observations) {
  pg::pipeline searching;
  searching.add(plan_once); // planning anew for so few rows costs more than all of the reading
  add_search(searching, observations);
  auto searched = co_await db.run(std::move(searching));
  if (!searched) co_return searched.error();
  candidates found = read_search(*searched, 1);

  pg::pipeline reading;
  add_lock_and_read(reading, found, observations);
  auto read = co_await db.run(std::move(reading));
  if (!read) co_return read.error();
  co_return read_snapshot(*read);
}

// An order that a policy of row-level security shows to this role and lets it not write looks locked for
// ever. It is told as what it is.
task<result<void>> tell_guarded(pg::connection& db, const std::vector<verdict>& verdicts) {
  std::vector<std::string> busy;
  for (const verdict& v : verdicts)
    if (v.outcome == outcome::busy && !v.order_id.empty()) busy.push_back(v.order_id);
  if (busy.empty()) co_return result<void>();
  auto guarded = co_await db.run(guarded_orders, order_ids(busy));
  if (!guarded) co_return guarded.error();
  for (std::size_t i = 0; i < guarded->size(); ++i) {
    std::vector<std::string> one{std::string(guarded->text(i, 0))};
    pg::pipeline locking;
    locking.add(before_lock);
    std::size_t at = locking.add(lock_one, order_ids(one));
    auto locked = co_await db.run(std::move(locking));
    if (locked && (*locked)[at].empty())
      co_return permanent("sqlstate:42501", "row-level security keeps this role from writing the order");
    if (!locked && !pg::is_lock_timeout(locked.error())) co_return locked.error();
    auto undone = co_await db.run(undo_lock);
    if (!undone) co_return undone.error();
  }
  co_return result<void>();
}

task<result<std::vector<verdict>>> try_once(pg::connection& db, std::span<const observation> observations,
                                            const door_options& options, const extra_statements& with) {
  pg::pipeline opening;
  opening.add(begin_statement);
  opening.add(limit_lock_wait, pg::params().integer(options.lock_wait.count()));
  add_fast_path(opening, observations);
  auto found = co_await db.run(std::move(opening));
  if (!found) co_return found.error();
  std::span<const pg::rows> answers(*found);
  auto decided = co_await read_and_decide(db, answers.subspan(2), observations, options);
  if (!decided) co_return decided.error();
  mark_unlocked(decided->decision);
  auto writable = co_await tell_guarded(db, decided->decision.verdicts);
  if (!writable) co_return writable.error();
  if (options.links_only) decided->decision = only_moved_links(std::move(decided->decision), decided->before);

  pg::pipeline closing;
  add_writes(closing, decided->decision, decided->before);
  if (with) with(closing, decided->decision.verdicts);
  closing.add(commit_statement);
  auto written = co_await db.run(std::move(closing));
  if (!written) co_return written.error();
  co_return std::move(decided->decision.verdicts);
}

// What changes nothing is settled by a look without locks; the rest as ever, in the transaction in which
// `with` writes down what became of all.
task<result<std::vector<verdict>>> look_and_try(pg::connection& db, std::span<const observation> observations,
                                                const door_options& options, const extra_statements& with) {
  auto probed = co_await probe(db, observations, options);
  if (!probed) co_return probed.error();
  looked_over& found = *probed;
  std::vector<verdict> all = std::move(found.verdicts);
  if (found.unsettled.empty()) {
    pg::pipeline closing;
    if (with) with(closing, all);
    auto written = co_await db.run(std::move(closing));
    if (!written) co_return written.error();
    co_return all;
  }
  extra_statements with_all = [&](pg::pipeline& closing, std::span<const verdict> later) {
    for (std::size_t n = 0; n < later.size(); ++n) all[found.places[n]] = later[n];
    if (with) with(closing, all);
  };
  std::span<const observation> unsettled(found.unsettled);
  auto done = co_await try_once(db, unsettled, options, with_all);
  if (!done) co_return done.error();
  co_return all;
}

// No lock, no right to write, no schema of ours needed.
task<result<std::vector<verdict>>> only_decide(pg::connection& db, std::span<const observation> observations,
                                               const door_options& options) {
  auto rows = co_await read_only_snapshot(db, observations);
  if (!rows) co_return rows.error();
  decision decided = decide(*rows, observations, options);
  co_return std::move(decided.verdicts);
}

} // namespace

task<result<decided>> read_and_decide(pg::connection& db, std::span<const pg::rows> found,
                                      std::span<const observation> observations,
                                      const door_options& options) {
  snapshot rows = read_fast_path(found);
  auto aside = co_await read_aside(db, rows, observations, options.adopt_unassigned);
  if (!aside) co_return aside.error();
  std::vector<observation> open = not_settled(rows, observations, options.adopt_unassigned);
  if (!open.empty()) {
    auto later = co_await read_further(db, open);
    if (!later) co_return later.error();
    add_rows(rows, std::move(*later));
  }
  decided settled;
  settled.decision = decide(rows, observations, options);
  settled.before = std::move(rows.parcels);
  co_return settled;
}

task<result<looked_over>> probe(pg::connection& db, std::span<const observation> observations,
                                const door_options& options) {
  pg::pipeline looking;
  looking.add(limit_lock_wait,
              pg::params().integer(options.lock_wait.count())); // the table may be locked whole
  add_unlocked_look(looking, observations);
  auto probed = co_await db.run(std::move(looking));
  if (!probed) co_return probed.error();
  std::span<const pg::rows> answers(*probed);
  snapshot rows = read_unlocked_look(answers.subspan(1));
  co_return look_over(rows, observations, options);
}

task<void> roll_back(pg::connection& db) {
  if (!db.alive() || !db.in_transaction()) co_return;
  auto ended = co_await db.run(rollback_statement);
  (void)ended; // a connection that fails here is dead, which rolls back as well
}

task<result<std::vector<verdict>>> apply(pg::connection& db, std::span<const observation> observations,
                                         const door_options& options, const extra_statements& with) {
  assert(observations.size() <= observations_per_call_max);
  if (options.dry_run) {
    auto verdicts = co_await only_decide(db, observations, options);
    co_return verdicts;
  }
  for (int tries = 1;; ++tries) {
    result<std::vector<verdict>> verdicts = std::vector<verdict>();
    if (options.looks_first && !options.links_only)
      verdicts = co_await look_and_try(db, observations, options, with);
    else
      verdicts = co_await try_once(db, observations, options, with);
    if (verdicts) co_return verdicts;
    co_await roll_back(db);
    bool raced = verdicts.error().code == unique_violation;
    if (!raced || tries == tries_max) co_return verdicts;
  }
}

} // namespace suivi::shop
