// Runs a sweep: the plan says which page, the courier is asked, rows go to the row queue.
#include "reconciler/sweep/account_sweep.hpp"

#include "common/log/log.hpp"
#include "common/shipment/courier_time.hpp"
#include "common/shop/account_statistics.hpp"
#include "common/shop/courier_pause.hpp"
#include "common/shop/problems/row_security.hpp"
#include "common/shop/single_read.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "reconciler/plan/sweep_verdict.hpp"
#include "reconciler/store/sweep_history.hpp"
#include "reconciler/store/unreported_changes.hpp"
#include "reconciler/sweep/courier_clock.hpp"
#include "reconciler/sweep/sweep_log.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

constexpr std::size_t rows_waiting_max = 2'000; // for the door; then no more pages are asked for
constexpr milliseconds stop_grace{4'000};       // for the slice under way when a sweep is told to stop
constexpr milliseconds end_pause{500};
constexpr std::int64_t incremental_numbers_max = 200; // asked for where the courier has no list

} // namespace

account_sweep::account_sweep(asio::any_io_executor executor, pg::pool& database, http::client& client,
                             shop::account account, sweep_options options, std::optional<lease> held)
    : sweep_(executor, database, client, std::move(account), options, std::move(held)), singles_(sweep_),
      plan_(page_plan(options.max_orders, sweep_.courier.can().has_quotas)), ending_(executor),
      helpers_(executor), began_(steady_now()) {
  report_.account = sweep_.account.id;
  report_.account_name = sweep_.account.name;
  report_.kind = to_string(sweep_.options.kind);
  if (sweep_.options.dry_run) report_.id = "dry-run";
  sweep_.courier.on_pause([this] {
    if (sweep_.courier.closed_for() >= shop::recorded_pause_min) ending_.notify();
  });
}

// The courier's wish to be left alone is every program's, so it is recorded as soon as it is heard.
task<void> account_sweep::share_pause(pg::connection& db) {
  milliseconds here = sweep_.courier.closed_for();
  if (here >= shop::recorded_pause_min && !sweep_.courier.can().has_quotas) {
    auto recorded = co_await shop::record_courier_pause(db, sweep_.account.id, here);
    if (!recorded)
      log::warn("the courier's pause could not be recorded", {{"error", to_string(recorded.error())}});
  }
  co_await heed_pause(db);
}

// In a dry run the schema may not be there: then nobody has recorded any.
task<void> account_sweep::heed_pause(pg::connection& db) {
  auto known = co_await shop::courier_pause_left(db, sweep_.account.id);
  if (known && *known > sweep_.courier.closed_for()) sweep_.courier.close_for(*known);
}

void account_sweep::stop(std::string why) {
  if (!std::exchange(sweep_.stopping, true)) sweep_.stop_reason = std::move(why);
  sweep_.fetchers.cancel();
  sweep_.wake.notify();
}

shop::sweep_report account_sweep::so_far() const {
  shop::sweep_report r = report_;
  sweep_.counted.write_into(r, static_cast<std::int64_t>(plan_.unreadable_rows()));
  r.pages = static_cast<std::int64_t>(plan_.pages());
  r.rows_expected = plan_.rows_expected();
  r.lookups = singles_.lookups();
  r.requests = sweep_.courier.counts().requests;
  r.retries = sweep_.courier.counts().retries;
  r.throttled = sweep_.courier.counts().throttled;
  r.seconds = std::chrono::duration<double>(steady_now() - began_).count();
  return r;
}

account_sweep::progress account_sweep::how_far() const {
  return {plan_.pages(), so_far().fetched, plan_.rows_expected()};
}

void account_sweep::push_rows(std::vector<shipment> rows, const courier::response_meta& meta) {
  // A courier that is asked by number answers for each parcel; there is no other way to ask.
  shop::pull_kind kind = sweep_.courier.can().lists ? shop::pull_kind::row : shop::pull_kind::answer;
  std::vector<shop::observation> observations;
  observations.reserve(rows.size());
  for (shipment& row : rows) {
    auto order = row.uuid ? unread_.find(*row.uuid) : unread_.end();
    if (order != unread_.end()) {
      row.reference = std::move(order->second.reference);
      unread_.erase(order);
    }
    shop::observation o =
        shop::observe(std::move(row), shop::source::sweep, kind, meta, sweep_.options.read_lag);
    o.account = sweep_.account.id;
    o.sweep_id = sweep_.id;
    observations.push_back(std::move(o));
  }
  sweep_.rows.push(std::move(observations));
}

task<void> account_sweep::fetch(int page) {
  auto got = co_await sweep_.courier.list(page);
  singles_.note_clock(got.how);
  using outcome = read_result<shipment_page>::outcome;
  switch (got.result) {
  case outcome::good: {
    std::vector<listed_row> rows;
    for (const shipment& row : got.content->rows)
      rows.push_back({identity_hash(row), of_changes_ ? row.status_at : row.created_at});
    const auto& how = got.how;
    auto read = shop::pull_time(how.requested_at, how.answered_at, how.server_date, sweep_.options.read_lag);
    page_facts facts{got.content->count, got.content->unreadable, got.content->has_next, read.from,
                     clock_behind(how)};
    if (sweep_.courier.can().lists) dates_.date_by_neighbors(page, got.content->rows);
    singles_.note_listed(got.content->rows);
    got.content->rows.resize(plan_.read(page, facts, rows)); // those that are wanted
    push_rows(std::move(got.content->rows), got.how);
    break;
  }
  case outcome::past_end:
    if (sweep_.courier.can().lists) {
      if (page == 1) failures_.add(got.why);
      plan_.past_end(page);
      break;
    }
    [[fallthrough]];
  case outcome::unreadable:
  case outcome::stopped:
    note_unreadable(page, got);
    break;
  }
  sweep_.request_ended();
}

// A number that the courier cannot answer for is found by halving, and told by its order's reference.
void account_sweep::note_unreadable(int page, const read_result<shipment_page>& got) {
  const std::vector<std::string>& blamed = got.how.blamed;
  std::span<const std::string> numbers = sweep_.courier.numbers_of(page);
  bool was_answered = got.result != read_result<shipment_page>::outcome::stopped;
  if (was_answered && numbers.size() > 1 && plan_.halve(page)) {
    sweep_.courier.part(page, blamed);
    return;
  }
  failures_.add(got.why);
  for (const std::string& number : numbers) {
    bool is_blamed = std::ranges::find(blamed, number) != blamed.end();
    auto order = unread_.find(number);
    bool is_named = (is_blamed || numbers.size() == 1) && order != unread_.end();
    if (is_named) failures_.name(order->second.reference);
    if (!is_blamed) unread_.erase(number); // nothing was learnt of it
  }
  plan_.unreadable(page);
}

// Keeps the lease and shows how far the sweep has come, until the sweep ends.
task<void> account_sweep::keep() {
  steady_time kept = steady_now();
  while (!ended_) {
    co_await ending_.wait_until(steady_now() + lease_renewal);
    if (ended_) break;
    auto db = co_await sweep_.database.acquire(steady_now() + lease_renewal);
    if (db) {
      shop::sweep_report now_so_far = so_far();
      begun_sweep begun{*sweep_.id, sweep_.again};
      auto still =
          co_await record_progress(**db, *sweep_.held, begun, now_so_far, sweep_.courier.in_flight());
      if (still && *still) kept = steady_now();
      if (still && !*still) sweep_.lease_lost = true;
      if (still && *still) co_await share_pause(**db);
    }
    // While the database is away nobody else can take the account over there, and every write holds the term.
    if (steady_now() - kept > database_away_max) sweep_.lease_lost = lease_unkept_ = true;
    if (sweep_.lease_lost) {
      sweep_.fetchers.cancel();
      sweep_.wake.notify();
      break;
    }
  }
}

task<void> account_sweep::read_pages() {
  while (!plan_.done()) {
    if (sweep_.rows.failed()) sweep_.fetchers.cancel();
    if (sweep_.ending_early()) break;
    singles_.start_due_doubts();
    while (sweep_.in_flight < sweep_.courier.useful_callers() && sweep_.rows.waiting() < rows_waiting_max) {
      std::optional<int> page = plan_.next();
      if (!page) break;
      ++sweep_.in_flight;
      sweep_.fetchers.spawn("page", fetch(*page));
    }
    if (plan_.done()) break;
    co_await sweep_.wake.wait_until(steady_now() + milliseconds(1'000));
  }
  co_await sweep_.fetchers.join();
}

// Of a courier without a list: the tracking numbers that the shop has.
task<void> account_sweep::plan_numbers(pg::connection& db) {
  std::int64_t limit = sweep_.options.kind == sweep_kind::full ? 0 : incremental_numbers_max;
  auto orders = co_await orders_to_read(db, sweep_.account.id, limit);
  auto shared = co_await orders_of_shared_numbers(db, sweep_.account.id, conflicts_kept_max);
  if (!orders || !shared) {
    not_begun_ = orders ? shared.error() : orders.error();
    co_return;
  }
  sweep_.rows.note_conflicts(*shared);
  std::vector<std::vector<std::string>> batches = batches_of(*orders, sweep_.courier.can().trackings_max);
  plan_ = batch_plan(static_cast<int>(batches.size()), static_cast<std::int64_t>(orders->size()));
  sweep_.courier.list_numbers(std::move(batches));
  for (numbered_order& order : *orders) {
    std::string number = order.number;
    unread_.emplace(std::move(number), std::move(order));
  }
}

// Numbers that the courier does not know, or refuses, wait for their turn again, as those do that it knows.
task<void> account_sweep::note_unknown_numbers() {
  if (!plan_.done()) co_return;
  std::vector<std::string> ids;
  for (auto& [number, order] : unread_) ids.push_back(std::move(order.id));
  co_await singles_.note_unknown(std::move(ids));
}

task<void> account_sweep::begin() {
  auto db = co_await sweep_.database.acquire(steady_now() + database_wait);
  if (!db) {
    not_begun_ = db.error();
    co_return;
  }
  co_await heed_pause(**db);
  auto guarded = co_await (*db)->run(shop::guarded_tables_query);
  if (!guarded) {
    not_begun_ = guarded.error();
    co_return;
  }
  guarded_ = shop::read_guarded_tables(*guarded);
  if (!sweep_.courier.can().lists && sweep_.options.kind != sweep_kind::lookups) {
    co_await plan_numbers(**db);
    if (not_begun_) co_return;
  } else if (sweep_.options.kind == sweep_kind::incremental) {
    auto age = co_await watermark_age(**db, sweep_.account.id);
    if (!age && sweep_.options.dry_run && pg::schema_is_missing(age.error()))
      age = std::optional<milliseconds>();
    if (!age) {
      not_begun_ = age.error();
      co_return;
    }
    if (sweep_.courier.can().lists_changes) {
      instant since = now() - std::max(age->value_or(incremental_first_reach), milliseconds(0));
      sweep_.courier.list_changes_since(algiers_day(since - std::chrono::hours(24)));
      plan_ = page_plan(0, true);
      of_changes_ = true;
    } else {
      plan_ = incremental_plan(incremental_horizon(*age, now()), sweep_.options.max_orders);
    }
  }
  if (!sweep_.held) co_return;
  auto begun = co_await begin_sweep(**db, *sweep_.held, sweep_.account.name, report_.kind);
  if (!begun) {
    not_begun_ = begun.error();
    co_return;
  }
  sweep_.id = begun->id;
  sweep_.again = begun->again;
  report_.id = std::to_string(*sweep_.id);
}

void account_sweep::judge() {
  sweep_end how;
  how.no_key = !courier::is_complete(sweep_.account.courier);
  how.not_begun = not_begun_;
  how.guarded = guarded_;
  how.stopped = sweep_.stop_reason;
  how.lease_lost = sweep_.lease_lost;
  how.lease_unkept = lease_unkept_;
  how.rows_failed = sweep_.rows.failed();
  how.courier_stopped = sweep_.courier.stopped();
  how.list_done = plan_.done();
  how.list = plan_.judge();
  if (sweep_.options.kind == sweep_kind::lookups) { // there is no list to be read whole
    how.list_done = true;
    how.list = {singles_.lookup_problem().empty(), false, singles_.lookup_problem()};
  }
  how.first_failure = failures_.text();
  report_ = so_far();
  how.rows_in_vain = report_.fetched == report_.unreadable ? report_.unreadable : 0;
  how.orders_refused = report_.refused;
  how.refused = sweep_.rows.refused();
  how.rows_locked = sweep_.rows.given_up();
  how.locked = sweep_.rows.locked();
  how.unsettled = singles_.unsettled();
  sweep_verdict verdict = judge_sweep(how);
  report_.complete = verdict.complete;
  report_.truncated = verdict.truncated;
  report_.abandoned = verdict.abandoned || (sweep_.options.below_settings && verdict.truncated);
  report_.reason = std::move(verdict.reason);
}

task<void> account_sweep::end() {
  judge();
  if (!sweep_.id) co_return;
  std::optional<std::string> problem = report_.complete ? std::nullopt : report_.reason;
  const courier_counts& c = sweep_.courier.counts();
  milliseconds patience = sweep_.rows.failed() ? database_wait : database_away_max;
  steady_time deadline = steady_now() + (sweep_.stopping ? stop_grace : patience);
  auto db = co_await sweep_.database.acquire(deadline);
  if (!db) {
    report_.complete = false;
    report_.reason = fmt::format("the report could not be written: {}", to_string(db.error()));
    co_return;
  }
  if (report_.status_changed > 0) {
    report_.missed_by_webhook.reset();
    if (!sweep_.stopping && sweep_.courier.can().sends_webhooks) {
      auto missed = co_await count_missed_by_webhooks(**db, sweep_.account.courier.courier, *sweep_.id);
      if (missed)
        report_.missed_by_webhook = *missed;
      else
        log::warn("changes that no webhook reported could not be counted",
                  {{"error", to_string(missed.error())}});
    }
  }
  if (report_.complete && !report_.truncated) co_await singles_.note_gone(**db);
  std::optional<instant> last_answer_at = c.good > 0 ? c.last : std::nullopt;
  begun_sweep begun{*sweep_.id, sweep_.again};
  left_out_references left_out{sweep_.rows.conflicting(), sweep_.rows.unmatched(), std::nullopt};
  if (sweep_.options.kind == sweep_kind::full)
    left_out.whole = plan_.done() && plan_.judge().complete && !report_.abandoned;
  auto ended = co_await end_sweep(**db, *sweep_.held, begun, report_, last_answer_at, problem, left_out);
  while (!ended && ended.error().kind != failure::permanent && steady_now() + end_pause < deadline) {
    db = ended.error(); // given back: where there is one connection, the next would wait for this one
    co_await runtime::sleep_for(end_pause);
    db = co_await sweep_.database.acquire(deadline);
    if (!db) break;
    ended = co_await end_sweep(**db, *sweep_.held, begun, report_, last_answer_at, problem, left_out);
  }
  if (!ended) {
    report_.complete = false;
    report_.reason = ended.error().code == pg::term_passed
                         ? std::string("another reconciler took the account over")
                         : fmt::format("the report could not be written: {}", to_string(ended.error()));
    db = ended.error(); // given back, too
    auto again = co_await sweep_.database.acquire(deadline);
    if (!again) co_return;
    auto noted = co_await end_lost_sweep(**again, *sweep_.id, report_);
    if (!noted) log::warn("a sweep's report could not be written", {{"error", to_string(noted.error())}});
    co_return;
  }
  co_await share_pause(**db);
  if (left_out.whole != true) {
    auto forgotten = co_await forget_taken(**db, sweep_.account.id, *sweep_.id, std::move(left_out));
    if (!forgotten) log::warn("the list keeps orders taken since", {{"error", to_string(forgotten.error())}});
  }
  if (c.key_refused || c.good > 0) {
    auto noted = co_await record_key(**db, sweep_.account.id, c.key_refused);
    if (!noted) log::warn("the state of a key could not be noted", {{"error", to_string(noted.error())}});
  }
  auto woken = co_await wake_parked(**db);
  if (!woken) log::warn("parked events could not be woken", {{"error", to_string(woken.error())}});
  if (sweep_.account.from_environment || c.requests == 0) co_return;
  shop::request_counts counts{c.requests, c.good, c.bad, c.last};
  auto counted = co_await shop::record_requests(**db, sweep_.account.id, counts);
  if (!counted) log::warn("its requests could not be counted", {{"error", to_string(counted.error())}});
}

task<shop::sweep_report> account_sweep::run() {
  report_.started_at = now();
  began_ = steady_now();
  co_await begin();
  if (!not_begun_ && courier::is_complete(sweep_.account.courier)) {
    helpers_.spawn("row queue", sweep_.rows.run());
    if (sweep_.held) helpers_.spawn("lease", keep());
    if (sweep_.options.kind != sweep_kind::lookups) co_await read_pages();
    co_await singles_.settle_doubts();
    page_plan::verdict list = plan_.judge();
    bool whole = sweep_.options.kind == sweep_kind::full && plan_.done() && list.complete && !list.truncated;
    if (!whole) co_await singles_.look_up(); // else the list itself says "not there" of all others
    if (sweep_.options.kind == sweep_kind::incremental) co_await singles_.rotate();
    co_await note_unknown_numbers();
    co_await singles_.settle_doubts();
    sweep_.rows.close();
    if (sweep_.stopping || sweep_.lease_lost) sweep_.rows.abandon();
    ended_ = true;
    ending_.notify();
    if (sweep_.stopping) {
      bool all_ended = co_await helpers_.join_until(steady_now() + stop_grace);
      if (!all_ended) helpers_.cancel();
    }
    co_await helpers_.join();
  }
  co_await end();
  log_sweep(report_, sweep_.stopping);
  co_return report_;
}

} // namespace suivi::reconciler
