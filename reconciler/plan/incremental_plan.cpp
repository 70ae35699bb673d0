// The steps of an incremental sweep, as incremental_plan.hpp describes.
#include "reconciler/plan/incremental_plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace suivi::reconciler {
namespace {

// Limits against a courier that never comes to an end: pages in a row that bring nothing new, that cannot be
// read, and pages whose rows do not say when they were created.
constexpr int barren_max = 3;
constexpr int failed_max = 3;
constexpr int untimed_max = 10;

// Whether they show that they stand newest first: rows that were all created at once stand in every order.
bool shows_newest_first(std::span<const listed_row> rows) {
  int falls = 0, rises = 0;
  std::optional<instant> before;
  for (const listed_row& row : rows) {
    if (!row.created_at) continue;
    falls += before && *row.created_at < *before ? 1 : 0;
    rises += before && *row.created_at > *before ? 1 : 0;
    before = row.created_at;
  }
  return falls > rises;
}

} // namespace

instant incremental_horizon(std::optional<milliseconds> watermark_age, instant now) {
  if (!watermark_age) return now - incremental_first_reach;
  return now - std::max(*watermark_age, milliseconds(0)) - incremental_overlap;
}

incremental_plan::incremental_plan(instant horizon, std::int64_t max_orders)
    : horizon_(horizon), max_orders_(std::max<std::int64_t>(0, max_orders)) {
  begin_round();
}

void incremental_plan::begin_round() {
  ++round_;
  believed_.begin_reading();
  page_ = 1;
  count_.reset();
  first_newest_.reset();
  order_ = {};
  unreadable_rows_ = 0;
  barren_ = untimed_ = failed_in_a_row_ = 0;
  failed_.clear();
  own_before_ = std::exchange(own_, {});
  read_twice_before_ = std::exchange(read_twice_, false);
}

std::optional<int> incremental_plan::next() {
  if (ended_ || in_flight_) return std::nullopt;
  in_flight_ = true;
  return page_;
}

void incremental_plan::end(bool complete, bool truncated, std::string reason) {
  ended_ = true;
  verdict_.complete = complete && failed_.empty();
  verdict_.truncated = verdict_.complete && truncated;
  verdict_.reason = std::move(reason);
  if (!failed_.empty())
    verdict_.reason =
        fmt::format("{} page(s) could not be read: {}", failed_.size(), fmt::join(failed_, ", "));
}

// The list ends before the horizon: then all of it must have been read.
void incremental_plan::end_of_list() {
  std::int64_t own = static_cast<std::int64_t>(own_.size() + unreadable_rows_);
  std::int64_t counted = count_.value_or(believed_.count_max());
  if (own >= counted) return end_of_reading(false);
  end(false, false, fmt::format("read {} rows where the courier counts {}", own, counted));
}

// What was looked for has been read, unless it moved meanwhile and no count could tell.
void incremental_plan::end_of_reading(bool truncated) {
  std::string reason = truncated ? fmt::format("newest {}", max_orders_) : std::string();
  bool one_answer = page_ == 1; // nothing can have moved within it
  bool same = round_ > 1 && own_ == own_before_ && !read_twice_ && !read_twice_before_;
  if (count_ || one_answer || same || !failed_.empty()) return end(true, truncated, std::move(reason));
  if (round_ < page_plan::rounds_max) return begin_round();
  end(false, false, believed_.why_unproven(round_));
}

std::size_t incremental_plan::read(int page, const page_facts& reported, std::span<const listed_row> rows) {
  in_flight_ = false;
  page_facts facts = reported;
  auto is_new = [&](const listed_row& row) { return !own_.contains(row.hash); };
  std::size_t listed = std::ranges::any_of(rows, is_new) ? rows.size() + reported.unreadable : 0;
  facts.count = believed_.of(page, reported.count, listed, reported.has_next);
  if (believed_.contradicted()) count_.reset();
  pages_read_.insert(page);
  if (!rows.empty() || facts.unreadable > 0) failed_in_a_row_ = 0;
  clock_behind_ = std::max(clock_behind_, facts.clock_behind);
  std::optional<instant> newest = newest_of(rows); // none: no row says when it was created
  bool rises = newest && first_newest_ && *newest > *first_newest_;
  bool orderly = shows_newest_first(rows);
  if (page_ == 1 && newest) first_newest_ = *newest + (orderly ? order_tolerance : std::chrono::minutes(0));
  bool shrunk = facts.count && count_ && *facts.count < *count_;
  if (facts.count) count_ = facts.count;

  std::size_t take = rows.size();
  if (max_orders_ > 0) {
    std::int64_t left = std::max<std::int64_t>(0, max_orders_ - static_cast<std::int64_t>(own_.size()));
    take = std::min(take, static_cast<std::size_t>(left));
  }
  std::size_t fresh = 0;
  for (const listed_row& row : rows.first(take)) {
    if (!own_.insert(row.hash)) continue; // pushed on from the page before
    ++fresh;
    order_.read({&row, 1});
  }
  read_twice_ = read_twice_ || (fresh > 0 && fresh < take);
  bool repeats = fresh == 0 && !rows.empty();
  if (!repeats) unreadable_rows_ += facts.unreadable;
  unreadable_max_ = std::max(unreadable_max_, unreadable_rows_);

  std::int64_t own = static_cast<std::int64_t>(own_.size());
  bool all_read = count_ && own + static_cast<std::int64_t>(unreadable_rows_) >= *count_;
  // All made at once so far, or hardly a row says when: a later page tells which end of the list this is.
  bool more = facts.has_next || (count_ && !all_read);
  bool order_open = more && !order_.shows_newest_first();
  if (rises || !is_newest_first(rows)) {
    end(false, false, "the courier's list is not newest first: only a full sweep sees what is new");
  } else if (shrunk) {
    if (round_ < page_plan::rounds_max)
      begin_round();
    else
      end(false, false, fmt::format("rows went away while the list was read, in each of {} rounds", round_));
  } else if (rows.empty() && facts.unreadable == 0 && facts.has_next) {
    pass_over(page); // it names a next one, so the list does not end here
  } else if (rows.empty() && facts.unreadable == 0) {
    end_of_list();
  } else if (newest && *newest < horizon_ - clock_behind_ && !order_open) {
    end_of_reading(false);
  } else if (max_orders_ > 0 && own >= max_orders_) {
    bool truncated = !count_ ? facts.has_next || take < rows.size() : *count_ > max_orders_;
    end_of_reading(truncated);
  } else if (!facts.has_next && all_read) {
    end_of_list();
  } else if (!facts.has_next && !count_ && page_ > 1 && fresh == 0 && facts.unreadable == 0) {
    end_of_list(); // a courier that counts nothing, names no next page and ignores the page's number
  } else {
    barren_ = repeats || (fresh == 0 && facts.unreadable == 0) ? barren_ + 1 : 0;
    untimed_ += newest ? 0 : 1;
    ++page_;
    if (barren_ >= barren_max)
      end(false, false, "the courier's pages bring nothing new");
    else if (untimed_ >= untimed_max)
      end(false, false, "the courier's rows do not say when they were created");
  }
  return take;
}

void incremental_plan::past_end(int page) {
  if (page == 1) return unreadable(page); // there is always a page 1: this is no end, it is a wrong address
  in_flight_ = false;
  end_of_list();
}

void incremental_plan::unreadable(int page) {
  in_flight_ = false;
  pass_over(page);
}

void incremental_plan::pass_over(int page) {
  failed_.insert(page);
  ++page_;
  if (++failed_in_a_row_ >= failed_max) end(false, false, "");
}

} // namespace suivi::reconciler
