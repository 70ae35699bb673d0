// Writes rows in slices, retries them, and sorts the verdicts.
#include "reconciler/sweep/row_queue.hpp"

#include "common/log/log.hpp"
#include "common/runtime/task_group.hpp"
#include "common/sqlstate/batch_parts.hpp"
#include "reconciler/pace/pace.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

namespace suivi::reconciler {
namespace {

constexpr milliseconds busy_pause{1'000};
// A row that takes longer than a statement may, or of which a trigger says that others are at work, so often,
// is refused.
constexpr int lone_tries_max = 3;
constexpr std::size_t named_max = 5; // refused orders named in the report's reason

std::size_t lane_of(const shop::observation& observed, std::uint64_t parcel) {
  const std::optional<std::string>& reference = observed.shipment.reference;
  return (reference ? text_hash(shop::without_blanks_around(*reference)) : parcel) / 128 % row_lanes;
}

std::string name_of(const shop::observation& observed) {
  return observed.shipment.reference.value_or(observed.shipment.uuid.value_or(""));
}

} // namespace

row_queue::row_queue(pg::pool& database, shop::door_options door, std::optional<lease> held, tally& counted,
                     runtime::wakeup& progress)
    : database_(database), door_(door), held_(std::move(held)), counted_(counted), progress_(progress),
      slice_size_(shop::observations_per_call_max) {}

std::size_t row_queue::waiting() const {
  std::size_t rows = rule_.under_way();
  for (const lane& one : lanes_) rows += one.queue.size() + one.busy.size();
  return rows;
}

void row_queue::wake_lanes() {
  for (lane& one : lanes_)
    if (one.wake) one.wake->notify();
}

void row_queue::push(std::vector<shop::observation> rows) {
  for (shop::observation& o : rows) {
    std::uint64_t parcel = identity_hash(o.shipment);
    std::deque<row>& queue = lanes_[lane_of(o, parcel)].queue;
    queue.push_back(row{parcel, std::move(o), std::nullopt, {}, 0});
  }
  wake_lanes();
}

void row_queue::close() {
  closed_ = true;
  wake_lanes();
}

void row_queue::abandon() {
  abandoned_ = true;
  wake_lanes();
}

bool row_queue::saw_order(const std::string& order_id) const {
  return known_orders_.contains(text_hash(order_id));
}

void row_queue::note_doubt(const shop::wanted_read& wanted, bool after_read) {
  auto [known, fresh] = doubts_.try_emplace(doubt_key(wanted), doubt{wanted, after_read});
  if (fresh) return;
  doubt& one = known->second;
  one.wanted.not_before = std::max(one.wanted.not_before, wanted.not_before);
  one.after_read = one.after_read || after_read;
}

void row_queue::leave_out(const shop::observation& observed) {
  if (observed.shipment.reference) left_out_.insert(text_hash(*observed.shipment.reference));
  if (observed.shipment.uuid) left_out_.insert(text_hash(*observed.shipment.uuid));
}

std::vector<row_queue::doubt> row_queue::take_doubts() {
  std::vector<doubt> doubts;
  for (auto& [key, one] : doubts_) doubts.push_back(std::move(one));
  doubts_.clear();
  return doubts;
}

bool row_queue::may_take(std::size_t own, std::size_t from) const {
  return rule_.may_take(own, from, lanes_[from].queue.size(), slice_size_.rows(), closed_);
}

std::vector<row_queue::row> row_queue::take_slice(std::size_t own) {
  std::vector<row> slice;
  steady_time now = steady_now();
  auto take = [&](std::deque<row>& from) {
    slice.push_back(std::move(from.front()));
    from.pop_front();
  };
  for (std::size_t from = 0; from < row_lanes; ++from) {
    if (!may_take(own, from)) continue;
    std::deque<row>&busy = lanes_[from].busy, &queue = lanes_[from].queue;
    while (!busy.empty() && busy.front().next_try <= now && slice.size() < slice_size_.rows()) take(busy);
    while (!queue.empty() && slice.size() < slice_size_.rows()) take(queue);
  }
  return slice;
}

steady_time row_queue::next_try(std::size_t own) const {
  steady_time first = steady_now() + milliseconds(60'000);
  for (std::size_t from = 0; from < row_lanes; ++from)
    if (may_take(own, from) && !lanes_[from].busy.empty())
      first = std::min(first, lanes_[from].busy.front().next_try);
  return first;
}

task<result<std::vector<shop::verdict>>> row_queue::apply(std::span<const shop::observation> slice,
                                                          shop::door_options door) {
  shop::extra_statements under_term;
  if (held_)
    under_term = [this](pg::pipeline& closing, std::span<const shop::verdict>) {
      add_term_check(closing, *held_);
    };
  steady_time give_up = steady_now() + database_away_max;
  error last;
  for (int failures = 1;; ++failures) {
    auto db = co_await database_.acquire(std::min(give_up, steady_now() + milliseconds(10'000)));
    if (db) {
      auto done = co_await shop::apply(**db, slice, door, under_term);
      if (done) co_return std::move(*done);
      last = done.error();
      if (last.kind == failure::permanent) co_return last;
      bool timed_out = pg::is_statement_timeout(last);
      if (pg::is_lock_timeout(last)) co_return last;
      if (timed_out && (slice.size() > 1 || failures >= lone_tries_max)) co_return last;
    } else {
      last = db.error();
    }
    // In doubt as well as transient: applying anything twice changes nothing.
    milliseconds pause = backoff_first + backoff(failures, 0.5);
    if (abandoned_ || steady_now() + pause > give_up) co_return last;
    log::warn("the database did not take a slice of a sweep", {{"error", to_string(last)}});
    db = last; // not held while waiting
    co_await runtime::sleep_for(pause);
  }
}

void row_queue::note_written(const std::vector<shop::verdict>& verdicts) {
  auto written = [](const shop::verdict& v) { return v.outcome == shop::outcome::applied; };
  rule_.note_verdicts(static_cast<std::size_t>(std::ranges::count_if(verdicts, written)), verdicts.size());
}

void row_queue::classify(std::span<row> slice, std::span<shop::observation> observations,
                         const std::vector<shop::verdict>& verdicts) {
  steady_time now = steady_now();
  for (std::size_t i = 0; i < slice.size(); ++i) {
    const shop::verdict& v = verdicts[i];
    counted_.count(slice[i].parcel, v);
    if (!held_ && !v.order_id.empty()) known_orders_.insert(text_hash(v.order_id));
    if (v.wanted) note_doubt(*v.wanted, observations[i].from == shop::source::confirm);
    if (v.outcome == shop::outcome::conflict) note_conflict(observations[i], false);
    if (v.outcome != shop::outcome::busy) {
      note_match(observations[i], v.outcome != shop::outcome::unmatched);
      continue;
    }
    row again = std::move(slice[i]);
    again.observed = std::move(observations[i]);
    if (!again.locked_since) again.locked_since = now;
    again.next_try = now + busy_pause;
    if (now - *again.locked_since < busy_max) {
      lanes_[lane_of(again.observed, again.parcel)].busy.push_back(std::move(again));
    } else {
      ++given_up_;
      leave_out(again.observed);
      counted_.count_undecided(again.parcel);
      if (locked_.size() < named_max) locked_.push_back(name_of(again.observed));
    }
  }
}

void row_queue::note_conflict(const shop::observation& observed, bool refused) {
  if (!observed.shipment.reference || conflicting_.size() >= conflicts_kept_max) return;
  conflicting_.emplace(*observed.shipment.reference, refused);
}

void row_queue::note_conflicts(const std::vector<std::string>& references) {
  for (const std::string& reference : references)
    if (conflicting_.size() < conflicts_kept_max) conflicting_.emplace(reference, false);
}

// Whose order comes while the sweep is under way is unmatched no longer.
void row_queue::note_match(const shop::observation& observed, bool matched) {
  if (matched && unmatched_.empty()) return;
  const shipment& parcel = observed.shipment;
  const std::optional<std::string>& name = parcel.reference ? parcel.reference : parcel.uuid;
  if (!name) return;
  if (matched)
    unmatched_.erase(*name);
  else if (unmatched_.size() < unmatched_kept_max)
    unmatched_.insert(*name);
}

// The code alone says what happened: the shop's own words may hold names and phones.
void row_queue::refuse(std::uint64_t parcel, const shop::observation& observed, const error& why) {
  counted_.count_refused(parcel);
  note_conflict(observed, true);
  leave_out(observed);
  std::string reference = name_of(observed);
  if (!refused_logged_.insert(text_hash(reference))) return;
  log::warn("the database refuses an order",
            {{"account", observed.account}, {"reference", reference}, {"error", to_string(why)}});
  if (refused_.size() < named_max) refused_.push_back(fmt::format("{} ({})", reference, why.code));
}

// A row stands alone with what no row should be able to cause.
void row_queue::suspect(std::uint64_t parcel, const shop::observation& observed, const error& why) {
  suspects_.push_back({parcel, observed, why});
  if (++blamed_ >= blamed_max || suspects_.size() >= suspects_max) failed_ = why;
}

void row_queue::clear_suspects(const std::vector<shop::verdict>& verdicts) {
  taken_ = true;
  for (const suspected& one : suspects_) refuse(one.parcel, one.observed, one.why);
  suspects_.clear();
  auto written = [](const shop::verdict& v) { return v.outcome == shop::outcome::applied; };
  if (std::ranges::any_of(verdicts, written)) blamed_ = 0;
}

void row_queue::end_suspicion() {
  if (failed_ || suspects_.empty()) return;
  if (taken_)
    clear_suspects({});
  else
    failed_ = suspects_.front().why;
}

// A parcel whose own order is refused speaks no longer for the one that it was taken from.
task<void> row_queue::keep_moved_link(std::span<const shop::observation> refused) {
  if (door_.dry_run || failed_) co_return;
  shop::door_options door = door_;
  door.links_only = true;
  auto kept = co_await apply(refused, door);
  if (!kept) log::warn("a refused order's parcel stays where it was", {{"error", to_string(kept.error())}});
}

// Halves what is refused until the row that is to blame stands alone.
task<void> row_queue::write(std::vector<row> slice) {
  std::vector<shop::observation> observations;
  observations.reserve(slice.size());
  for (row& r : slice) observations.push_back(std::move(r.observed));
  pg::batch_parts todo(slice.size());
  while (!todo.empty() && !failed_) {
    pg::range rows = todo.take();
    std::span<shop::observation> part = std::span(observations).subspan(rows.begin, rows.size());
    auto verdicts = co_await apply(part, door_);
    if (verdicts) {
      clear_suspects(*verdicts);
      slice_size_.note_taken();
      note_written(*verdicts);
      classify(std::span(slice).subspan(rows.begin, rows.size()), part, *verdicts);
      continue;
    }
    const error& why = verdicts.error();
    // The server's own word that somebody holds the row is waited out; a trigger that says so may always say
    // it.
    bool locked = pg::is_lock_timeout(why);
    if (locked && why.kind == failure::permanent && rows.size() == 1)
      locked = ++slice[rows.begin].tries < lone_tries_max;
    pg::remedy remedy = pg::after_failure(why, rows.size());
    if (pg::is_statement_timeout(why)) slice_size_.note_too_slow(rows.size());
    std::string_view state = pg::sqlstate_of(why);
    bool doubtful = remedy == pg::remedy::give_up && !state.empty() && !pg::is_lock_timeout(why);
    if (doubtful || pg::is_lock_timeout(why) || pg::is_statement_timeout(why))
      remedy = rows.size() > 1 ? pg::remedy::split : pg::remedy::isolate;
    if (remedy == pg::remedy::split) {
      todo.split(rows);
    } else if (remedy == pg::remedy::isolate && locked) {
      std::vector<shop::verdict> busy(1);
      busy.front().outcome = shop::outcome::busy;
      classify(std::span(slice).subspan(rows.begin, 1), part, busy);
    } else if (remedy == pg::remedy::isolate && doubtful) {
      suspect(slice[rows.begin].parcel, part.front(), why);
      co_await keep_moved_link(part);
    } else if (remedy == pg::remedy::isolate) {
      refuse(slice[rows.begin].parcel, part.front(), why);
      co_await keep_moved_link(part);
    } else {
      failed_ = why;
    }
    if (abandoned_) break;
  }
}

task<void> row_queue::run_lane(std::size_t own) {
  lane& here = lanes_[own];
  while (!abandoned_ && !failed_) {
    std::vector<row> slice = take_slice(own);
    if (slice.empty()) {
      if (closed_ && waiting() == 0) break;
      co_await here.wake->wait_until(next_try(own));
      continue;
    }
    rule_.note_taken(own, slice.size());
    co_await write(std::move(slice));
    rule_.note_back(own);
    wake_lanes();
    progress_.notify();
  }
}

task<void> row_queue::run() {
  auto executor = co_await asio::this_coro::executor;
  for (lane& one : lanes_) one.wake.emplace(executor);
  runtime::task_group working(executor);
  for (std::size_t own = 0; own < row_lanes; ++own) working.spawn("rows", run_lane(own));
  co_await working.join();
  end_suspicion();
  progress_.notify();
}

} // namespace suivi::reconciler
