// Reads pages and single parcels side by side and compares each as it comes.
#include "reconciler/verify/verifier.hpp"

#include "common/door/read_only_snapshot.hpp"
#include "common/shop/courier_pause.hpp"
#include "common/shop/problems/row_security.hpp"
#include "common/shop/single_read.hpp"
#include "reconciler/store/tracking_numbers.hpp"
#include "reconciler/verify/compare/second_reads.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {
namespace {

constexpr milliseconds database_wait{10'000};
constexpr std::size_t named_max = 5;

shop::door_options door_of(const verify_options& options) {
  shop::door_options door;
  door.adopt_unassigned = options.adopt_unassigned;
  door.read_lag = options.read_lag;
  door.dry_run = true;
  return door;
}

} // namespace

verify_options verify_options_of(const config::settings& settings) {
  verify_options options;
  static_cast<courier_options&>(options) = courier_options_of(settings);
  options.adopt_unassigned = settings.reconciler.adopt_unassigned;
  return options;
}

verifier::verifier(asio::any_io_executor executor, pg::pool& database, http::client& client,
                   const shop::account& account, verify_options options)
    : database_(database), account_(account), options_(options),
      courier_(client, account_, database, options, true), found_(door_of(options)), wake_(executor),
      fetchers_(executor) {}

verifier::progress verifier::how_far() const {
  if (single_wanted_ > 0) return {single_reads_, single_wanted_};
  return {rows_read_, plan_.rows_expected()};
}

task<void> verifier::compare(std::vector<shop::observation> rows, comparison& into) {
  for (std::size_t from = 0; from < rows.size() && !failed_; from += shop::observations_per_call_max) {
    std::size_t size = std::min(rows.size() - from, shop::observations_per_call_max);
    std::span<const shop::observation> slice(rows.data() + from, size);
    auto db = co_await database_.acquire(steady_now() + database_wait);
    if (!db) {
      failed_ = db.error();
      co_return;
    }
    auto known = co_await shop::read_only_snapshot(**db, slice);
    if (!known) {
      failed_ = known.error();
      co_return;
    }
    into.take(*known, slice);
  }
}

void verifier::note_unreadable(int page, const std::string& why) {
  failures_.add(why);
  std::span<const std::string> numbers = courier_.numbers_of(page);
  auto order = numbers.size() == 1 ? orders_by_number_.find(numbers.front()) : orders_by_number_.end();
  if (order != orders_by_number_.end()) failures_.name(order->second);
}

task<void> verifier::fetch(int page) {
  auto got = co_await courier_.list(page);
  using outcome = read_result<shipment_page>::outcome;
  if (got.result == outcome::good) {
    std::vector<listed_row> listed;
    std::vector<shop::observation> rows;
    instant read_time =
        shop::pull_time(got.how.requested_at, got.how.answered_at, got.how.server_date, options_.read_lag)
            .from;
    shop::pull_kind kind = courier_.can().lists ? shop::pull_kind::row : shop::pull_kind::answer;
    for (shipment& row : got.content->rows) {
      listed.push_back({identity_hash(row), row.created_at});
      auto order = row.uuid ? orders_by_number_.find(*row.uuid) : orders_by_number_.end();
      if (order != orders_by_number_.end()) row.reference = order->second;
      rows.push_back(shop::observe(std::move(row), shop::source::sweep, kind, got.how, options_.read_lag));
      rows.back().account = account_.id;
    }
    rows_read_ += static_cast<std::int64_t>(rows.size());
    co_await compare(std::move(rows), found_);
    page_facts facts{got.content->count, got.content->unreadable, got.content->has_next, read_time};
    plan_.read(page, facts, listed);
  } else if (got.result == outcome::past_end && courier_.can().lists) {
    if (page == 1) failures_.add(got.why);
    plan_.past_end(page);
  } else {
    bool halves = got.result != outcome::stopped && courier_.numbers_of(page).size() > 1 && plan_.halve(page);
    if (halves) courier_.part(page, got.how.blamed);
    if (!halves) note_unreadable(page, got.why);
    if (!halves) plan_.unreadable(page);
  }
  --in_flight_;
  wake_.notify();
}

// Where the database does not answer, the comparison will say so.
task<void> verifier::heed_pause() {
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) co_return;
  auto left = co_await shop::courier_pause_left(**db, account_.id);
  if (left && left->count() > 0) courier_.close_for(*left);
}

// What a policy hides is compared with nothing, and nobody knows how much that is.
task<void> verifier::read_policies() {
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) co_return;
  auto guarded = co_await (*db)->run(shop::guarded_tables_query);
  if (!guarded) {
    failed_ = guarded.error();
    co_return;
  }
  std::vector<std::string> tables = shop::read_guarded_tables(*guarded);
  if (tables.empty()) co_return;
  unreadable_ = std::max<std::int64_t>(unreadable_, 1);
  why_not_all_ = fmt::format("row-level security may hide rows of {}", fmt::join(tables, ", "));
}

// Of a courier without a list: every order's tracking number.
task<void> verifier::plan_numbers() {
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) {
    failed_ = db.error();
    co_return;
  }
  auto orders = co_await orders_to_read(**db, account_.id, 0);
  if (!orders) {
    failed_ = orders.error();
    co_return;
  }
  for (const numbered_order& order : *orders) orders_by_number_.emplace(order.number, order.reference);
  std::vector<std::vector<std::string>> batches = batches_of(*orders, courier_.can().trackings_max);
  plan_ = batch_plan(static_cast<int>(batches.size()), static_cast<std::int64_t>(orders->size()));
  courier_.list_numbers(std::move(batches));
}

task<void> verifier::read_list() {
  if (!courier::is_complete(account_.courier)) {
    why_not_all_ = "the account has no key";
    unreadable_ = 1;
    co_return;
  }
  co_await heed_pause();
  if (!courier_.can().lists) co_await plan_numbers();
  while (!plan_.done() && !failed_ && courier_.stopped().empty()) {
    while (in_flight_ < options_.max_in_flight) {
      std::optional<int> page = plan_.next();
      if (!page) break;
      ++in_flight_;
      fetchers_.spawn("page", fetch(*page));
    }
    if (plan_.done()) break;
    co_await wake_.wait_until(steady_now() + milliseconds(1'000));
  }
  co_await fetchers_.join();
  if (failed_) co_return;
  unreadable_ = static_cast<std::int64_t>(plan_.unreadable_rows());
  page_plan::verdict list = plan_.judge();
  if (!courier_.stopped().empty())
    why_not_all_ = courier_.stopped();
  else if (!list.complete)
    why_not_all_ =
        failures_.text().empty() ? list.reason : fmt::format("{} ({})", list.reason, failures_.text());
  else if (unreadable_ > 0)
    why_not_all_ = fmt::format("{} row(s) could not be read", unreadable_);
  std::int64_t read = rows_read_ + unreadable_;
  bool short_of = !why_not_all_.empty() && plan_.rows_expected() && *plan_.rows_expected() > read;
  if (short_of)
    unreadable_ += *plan_.rows_expected() - read;
  else if (!why_not_all_.empty() && unreadable_ == 0)
    unreadable_ = 1; // nobody knows how many
}

task<void> verifier::read_one(shop::wanted_read wanted, comparison& into, bool counts) {
  auto got = co_await courier_.read(wanted, options_.read_lag);
  using outcome = read_result<std::vector<shop::observation>>::outcome;
  bool in_vain = got.result == outcome::past_end || got.result == outcome::unreadable;
  bool has_references = courier_.can().references_max > 0;
  std::optional<shop::wanted_read> other =
      in_vain && has_references ? by_reference_instead(wanted) : std::nullopt;
  if (other) got = co_await courier_.read(*other, options_.read_lag);
  if (got.result == outcome::good) {
    for (shop::observation& o : *got.content) o.account = account_.id;
    co_await compare(std::move(*got.content), into);
  } else if (counts && got.result != outcome::past_end) { // gone at the courier: its columns stay
    ++unreadable_;
    failures_.add(got.why);
  }
  if (counts) ++single_reads_;
  --in_flight_;
  wake_.notify();
}

task<void> verifier::read_all(std::vector<shop::wanted_read> wanted, comparison& into, bool counts) {
  for (shop::wanted_read& one : wanted) {
    while (in_flight_ >= options_.max_in_flight)
      co_await wake_.wait_until(steady_now() + milliseconds(1'000));
    if (failed_) break;
    ++in_flight_;
    fetchers_.spawn("single read", read_one(std::move(one), into, counts));
  }
  co_await fetchers_.join();
}

task<void> verifier::read_singly(std::vector<shop::wanted_read> wanted) {
  single_wanted_ = static_cast<std::int64_t>(wanted.size());
  if (wanted.empty()) co_return;
  if (!courier::is_complete(account_.courier)) {
    unreadable_ = single_wanted_;
    why_not_all_ = "the account has no key";
    co_return;
  }
  co_await heed_pause();
  co_await read_all(std::move(wanted), found_, true);
  if (unreadable_ > 0)
    why_not_all_ = fmt::format("{} parcel(s) could not be read ({})", unreadable_, failures_.text());
}

task<void> verifier::confirm() {
  if (!failed_ && why_not_all_.empty()) co_await read_policies();
  std::vector<std::string> undecided = found_.undecided();
  unreadable_ += static_cast<std::int64_t>(undecided.size());
  if (!undecided.empty() && why_not_all_.empty())
    why_not_all_ = fmt::format(
        "of {} order(s) nothing says which of their parcels is the newest: {}{}", undecided.size(),
        fmt::join(std::span(undecided).first(std::min(undecided.size(), named_max)), ", "),
        undecided.size() > named_max ? ", …" : "");
  std::vector<comparison::differing> doubtful = found_.to_confirm(options_.read_lag);
  std::optional<second_reads> plan = plan_second_reads(doubtful, now(), options_.read_lag);
  if (!plan || failed_ || !courier_.stopped().empty()) co_return;
  milliseconds pause = std::chrono::duration_cast<milliseconds>(plan->from - now());
  co_await runtime::sleep_for(pause);
  comparison again(door_of(options_));
  co_await read_all(std::move(plan->parcels), again, false);
  if (failed_) co_return;
  for (const comparison::differing& one : doubtful) found_.confirm(one.order_id, again);
}

} // namespace suivi::reconciler
