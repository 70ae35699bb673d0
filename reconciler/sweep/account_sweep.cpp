// The course of a sweep: thin coroutines around the plan, the courier and the feed.
#include "reconciler/sweep/account_sweep.hpp"

#include "common/log/log.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {
namespace {

// No more pages are asked for while so many rows wait for the door.
constexpr std::size_t rows_waiting_max = 2'000;
// How long a sweep that is told to stop lets the slice under way finish.
constexpr milliseconds stop_grace{4'000};
constexpr milliseconds end_pause{500};

shop::door_options door_of(const sweep_options& options) {
  shop::door_options door;
  door.adopt_unassigned = options.adopt_unassigned;
  door.read_lag = options.read_lag;
  door.dry_run = options.dry_run;
  return door;
}

} // namespace

account_sweep::account_sweep(asio::any_io_executor executor, pg::pool& database, http::client& client,
                             shop::account who, sweep_options options, std::optional<lease> held)
    : database_(database), who_(std::move(who)), options_(options), held_(std::move(held)),
      courier_(client, who_.courier, options.request_timeout, options.requests_per_second,
               options.max_in_flight),
      plan_(page_plan(options.max_orders)), wake_(executor), ending_(executor), fetchers_(executor),
      helpers_(executor), feed_(database, door_of(options), held_, counted_, wake_), began_(steady_now()) {
  report_.account = who_.id;
  report_.account_name = who_.name;
  report_.kind = options_.kind == sweep_kind::full ? "full" : "incremental";
  report_.id = "dry-run";
}

void account_sweep::stop() {
  stopping_ = true;
  fetchers_.cancel();
  wake_.notify();
}

shop::sweep_report account_sweep::so_far() const {
  shop::sweep_report r = report_;
  counted_.write_into(r, static_cast<std::int64_t>(plan_.unreadable_rows()));
  r.pages = static_cast<std::int64_t>(plan_.pages());
  r.rows_expected = plan_.rows_expected();
  r.lookups = lookups_;
  r.requests = courier_.counts().requests;
  r.retries = courier_.counts().retries;
  r.throttled = courier_.counts().throttled;
  r.seconds = std::chrono::duration<double>(steady_now() - began_).count();
  return r;
}

account_sweep::progress account_sweep::how_far() const {
  return {plan_.pages(), so_far().fetched, plan_.rows_expected()};
}

void account_sweep::offer(std::vector<maystro::shipment> rows, const maystro::reading& how) {
  shop::as_of when = shop::pull_time(how.asked_at, how.answered_at, how.server_date, options_.read_lag);
  std::vector<shop::observation> observations;
  observations.reserve(rows.size());
  for (maystro::shipment& row : rows) {
    shop::observation o;
    o.account = who_.id;
    o.from = shop::source::sweep;
    o.when = when;
    o.what = std::move(row);
    o.sweep_id = id_;
    observations.push_back(std::move(o));
  }
  feed_.offer(std::move(observations));
}

task<void> account_sweep::fetch(int page) {
  auto got = co_await courier_.list(page);
  note_clock(got.how);
  using outcome = asked<maystro::page>::outcome;
  switch (got.what) {
  case outcome::good: {
    std::vector<listed_row> rows;
    rows.reserve(got.content->rows.size());
    for (const maystro::shipment& row : got.content->rows)
      rows.push_back({identity_hash(row), row.created_at});
    instant shown =
        shop::pull_time(got.how.asked_at, got.how.answered_at, got.how.server_date, options_.read_lag).from;
    page_facts facts{got.content->count, got.content->unreadable, got.content->has_next, shown};
    std::size_t wanted = plan_.read(page, facts, rows);
    got.content->rows.resize(wanted);
    offer(std::move(got.content->rows), got.how);
    break;
  }
  case outcome::past_end:
    if (page == 1 && first_failure_.empty()) first_failure_ = got.why;
    plan_.past_end(page);
    break;
  case outcome::unreadable:
  case outcome::stopped:
    if (first_failure_.empty()) first_failure_ = got.why;
    plan_.unreadable(page);
    break;
  }
  --in_flight_;
  wake_.notify();
}

// Keeps the lease and shows how far the sweep has come, until the sweep ends.
task<void> account_sweep::keep() {
  steady_time kept = steady_now();
  while (!ended_) {
    co_await ending_.wait_until(steady_now() + lease_renewal);
    if (ended_) break;
    auto db = co_await database_.acquire(steady_now() + lease_renewal);
    if (db) {
      shop::sweep_report now_so_far = so_far();
      auto still = co_await record_progress(**db, *held_, *id_, now_so_far);
      if (still && *still) kept = steady_now();
      if (still && !*still) lease_lost_ = true;
    }
    // While the database is away nobody else can take the account over there, and every write holds the term.
    if (steady_now() - kept > database_away_most) lease_lost_ = lease_unkept_ = true;
    if (lease_lost_) {
      fetchers_.cancel();
      wake_.notify();
      break;
    }
  }
}

task<void> account_sweep::read_pages() {
  while (!plan_.done()) {
    if (feed_.failed()) fetchers_.cancel();
    if (ending_early()) break;
    start_due_doubts();
    while (in_flight_ < courier_.useful_callers() && feed_.waiting() < rows_waiting_max) {
      std::optional<int> page = plan_.next();
      if (!page) break;
      ++in_flight_;
      fetchers_.spawn("page", fetch(*page));
    }
    if (plan_.done()) break;
    co_await wake_.wait_until(steady_now() + milliseconds(1'000));
  }
  co_await fetchers_.join();
}

// Until the feed is empty, or nothing more can be had of it.
task<void> account_sweep::drain() {
  while (feed_.waiting() > 0 && !stopping_ && !lease_lost_ && !feed_.failed())
    co_await wake_.wait_until(steady_now() + milliseconds(200));
}

task<void> account_sweep::begin() {
  if (!held_ && options_.kind == sweep_kind::full) co_return;
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) {
    not_begun_ = db.error();
    co_return;
  }
  if (options_.kind == sweep_kind::incremental) {
    auto watermark = co_await newest_watermark(**db, who_.id);
    if (!watermark) {
      not_begun_ = watermark.error();
      co_return;
    }
    plan_ = incremental_plan(incremental_horizon(*watermark, now()), options_.max_orders);
  }
  if (!held_) co_return;
  auto begun = co_await begin_sweep(**db, *held_, who_.name, report_.kind);
  if (!begun) {
    not_begun_ = begun.error();
    co_return;
  }
  id_ = *begun;
  report_.id = std::to_string(*id_);
}

void account_sweep::judge() {
  std::vector<std::string> why;
  bool no_key = who_.courier.api_key.empty();
  page_plan::verdict list = plan_.judge();
  if (no_key) why.push_back("the account has no key");
  if (not_begun_) why.push_back(fmt::format("not begun: {}", to_string(*not_begun_)));
  if (stopping_) why.push_back("stopped before its end");
  if (lease_unkept_)
    why.push_back("the lease could not be kept: the database did not answer");
  else if (lease_lost_ || feed_.lease_lost())
    why.push_back("another reconciler took the account over");
  else if (feed_.failed())
    why.push_back(fmt::format("the database refused rows: {}", to_string(*feed_.failed())));
  if (!courier_.stopped().empty())
    why.push_back(courier_.stopped());
  else if (plan_.done() && !list.complete) {
    why.push_back(first_failure_.empty() ? list.reason : fmt::format("{} ({})", list.reason, first_failure_));
  }
  if (feed_.given_up() > 0)
    why.push_back(fmt::format("{} row(s) stayed locked by the shop", feed_.given_up()));
  if (doubts_undone_ > 0) why.push_back(fmt::format("{} single read(s) were not done", doubts_undone_));

  report_ = so_far();
  report_.complete = why.empty() && plan_.done() && list.complete;
  report_.cut = report_.complete && list.cut;
  report_.abandoned = stopping_ || lease_lost_ || feed_.lease_lost();
  if (!why.empty())
    report_.reason = fmt::format("{}", fmt::join(why, "; "));
  else if (!list.reason.empty())
    report_.reason = list.reason;
  else
    report_.reason.reset();
}

task<void> account_sweep::end() {
  judge();
  if (!id_) co_return;
  std::optional<std::string> problem;
  if (!report_.complete) problem = report_.reason;
  const courier_counts& c = courier_.counts();
  shop::request_counts counts{c.requests, c.good, c.bad, c.last};
  // A database that the rows were waited for in vain is not waited for as long once more.
  milliseconds patience = feed_.failed() ? database_wait : database_away_most;
  steady_time deadline = steady_now() + (stopping_ ? stop_grace : patience);
  auto db = co_await database_.acquire(deadline);
  if (!db) {
    report_.complete = false;
    report_.reason = fmt::format("the report could not be written: {}", to_string(db.error()));
    co_return;
  }
  if (report_.status_changed > 0) {
    auto missed = co_await count_missed(**db, *id_);
    if (missed)
      report_.missed_by_webhook = *missed;
    else
      log::warn("orders that webhooks missed could not be counted", {{"error", to_string(missed.error())}});
  }
  auto ended = co_await end_sweep(**db, *held_, *id_, report_, counts, who_.from_environment, problem);
  // In doubt as well as transient: to end it twice changes nothing.
  while (!ended && ended.error().kind != failure::permanent && steady_now() + end_pause < deadline) {
    co_await runtime::sleep_for(end_pause);
    db = co_await database_.acquire(deadline);
    if (!db) break;
    ended = co_await end_sweep(**db, *held_, *id_, report_, counts, who_.from_environment, problem);
  }
  if (!ended) {
    report_.complete = false;
    report_.reason = ended.error().code == "sqlstate:SV002"
                         ? std::string("another reconciler took the account over")
                         : fmt::format("the report could not be written: {}", to_string(ended.error()));
    auto again = co_await database_.acquire(deadline);
    if (!again) co_return;
    auto noted = co_await end_lost_sweep(**again, *id_, report_);
    if (!noted) log::warn("a sweep's report could not be written", {{"error", to_string(noted.error())}});
    co_return;
  }
  auto woken = co_await wake_parked(**db);
  if (!woken) log::warn("parked events could not be woken", {{"error", to_string(woken.error())}});
}

task<shop::sweep_report> account_sweep::run() {
  report_.started_at = now();
  began_ = steady_now();
  co_await begin();
  bool possible = !not_begun_ && !who_.courier.api_key.empty();
  if (possible) {
    helpers_.spawn("feed", feed_.run());
    if (held_) helpers_.spawn("lease", keep());
    co_await read_pages();
    co_await settle_doubts();
    co_await look_up();
    if (options_.kind == sweep_kind::incremental) co_await rotate();
    co_await settle_doubts();
    feed_.close();
    if (stopping_ || lease_lost_) feed_.abandon();
    ended_ = true;
    ending_.notify();
    if (stopping_) {
      bool all_ended = co_await helpers_.join_until(steady_now() + stop_grace);
      if (!all_ended) helpers_.cancel();
    }
    co_await helpers_.join();
  }
  co_await end();
  log::info("a sweep ended", {{"sweep", report_.id},
                              {"account", report_.account},
                              {"complete", report_.complete},
                              {"reason", report_.reason.value_or("")},
                              {"fetched", report_.fetched},
                              {"backfilled", report_.backfilled},
                              {"statusChanged", report_.status_changed},
                              {"requests", report_.requests},
                              {"seconds", report_.seconds}});
  co_return report_;
}

} // namespace suivi::reconciler
