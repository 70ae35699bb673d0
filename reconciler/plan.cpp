// The rounds of plan.hpp.
#include "reconciler/plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {
namespace {

// Limits against a courier that never comes to an end: so many pages in a row that are past the end, that bring nothing
// new, or that cannot be read before the size of the list is known.
constexpr int most_dead = 3;
constexpr int most_barren = 20;
constexpr int most_failed_blind = 3;
constexpr int most_pages = 1'000'000;

// The length of the run of consecutive numbers in `pages` that `page` is part of.
int run_length(const std::set<int>& pages, int page) {
  int length = 1;
  for (int p = page - 1; pages.contains(p); --p) ++length;
  for (int p = page + 1; pages.contains(p); ++p) ++length;
  return length;
}

} // namespace

page_plan::page_plan(std::int64_t max_orders) : max_orders_(std::max<std::int64_t>(0, max_orders)) { start_round(); }

void page_plan::start_round() {
  ++round_;
  phase_ = phase::first;
  next_page_ = last_page_ = again_page_ = 1;
  closed_ = shrunk_ = false;
  page_size_ = 0;
  last_count_.reset();
  highest_count_.reset();
  failed_.clear();
  dead_.clear();
  barren_.clear();
  unreadable_by_page_.clear();
  own_.clear();
}

std::optional<int> page_plan::next() {
  switch (phase_) {
  case phase::first: // alone: it tells the size of a page and of the list
    if (in_flight_ > 0) return std::nullopt;
    break;
  case phase::forward:
    if (next_page_ > last_page_) return std::nullopt;
    break;
  case phase::again:
    if (in_flight_ > 0) return std::nullopt;
    ++in_flight_;
    return again_page_;
  case phase::ended: return std::nullopt;
  }
  ++in_flight_;
  return next_page_++;
}

std::int64_t page_plan::rows_goal() const {
  std::int64_t count = last_count_.value_or(0);
  return max_orders_ > 0 ? std::min(count, max_orders_) : count;
}

std::optional<std::int64_t> page_plan::rows_expected() const {
  if (!last_count_) return std::nullopt;
  return rows_goal();
}

std::size_t page_plan::wanted(int page, std::size_t rows) const {
  if (max_orders_ == 0 || page_size_ == 0) return rows;
  std::int64_t before = static_cast<std::int64_t>(page - 1) * static_cast<std::int64_t>(page_size_);
  std::int64_t left = std::max<std::int64_t>(0, max_orders_ - before);
  return static_cast<std::size_t>(std::min<std::int64_t>(left, static_cast<std::int64_t>(rows)));
}

void page_plan::note_count(const page_facts& facts) {
  if (!facts.count) return;
  if (highest_count_ && *facts.count < *highest_count_) shrunk_ = true;
  highest_count_ = std::max(highest_count_.value_or(0), *facts.count);
  last_count_ = facts.count;
}

void page_plan::extend(int page) {
  if (closed_) return;
  // Beyond the last row wanted nothing is asked for.
  std::int64_t size = static_cast<std::int64_t>(std::max<std::size_t>(page_size_, 1));
  std::int64_t ceiling = max_orders_ > 0 && page_size_ > 0 ? (max_orders_ + size - 1) / size : most_pages;
  std::int64_t target = std::min<std::int64_t>(std::max(last_page_, page), std::min<std::int64_t>(ceiling, most_pages));
  last_page_ = std::max(last_page_, static_cast<int>(target));
}

void page_plan::note_dead(int page) {
  if (phase_ == phase::again) return;
  dead_.insert(page);
  // Where the courier counts nothing, one page past the end is its word that the list ends.
  if (!last_count_ || run_length(dead_, page) >= most_dead) {
    closed_ = true;
    last_page_ = std::min(last_page_, std::max(next_page_ - 1, 1));
  }
}

std::size_t page_plan::read(int page, const page_facts& facts, std::span<const std::uint64_t> rows) {
  pages_read_.insert(page);
  note_count(facts);
  std::size_t size = rows.size() + facts.unreadable;
  page_size_ = std::max(page_size_, size);
  std::size_t take = wanted(page, rows.size());
  std::size_t fresh = 0;
  for (std::uint64_t row : rows.first(take)) fresh += own_.insert(row) ? 1 : 0;
  unreadable_by_page_[page] = std::min(facts.unreadable, wanted(page, size) - std::min(take, wanted(page, size)));

  if (phase_ == phase::again) {
    if (fresh == 0 || size == 0) again_page_ = last_page_ + 1;
    else ++again_page_;
  } else if (size == 0) {
    note_dead(page);
  } else {
    if (last_count_) {
      std::int64_t by_count = (*last_count_ + static_cast<std::int64_t>(page_size_) - 1) / static_cast<std::int64_t>(page_size_);
      extend(static_cast<int>(std::min<std::int64_t>(by_count, most_pages)));
    }
    if (fresh == 0 && facts.unreadable == 0) {
      barren_.insert(page);
      if (!last_count_ || run_length(barren_, page) >= most_barren) {
        closed_ = true;
        last_page_ = std::min(last_page_, std::max(next_page_ - 1, 1));
      }
    }
    if (facts.has_next || !last_count_) extend(page + 1);
  }
  answered();
  return take;
}

void page_plan::past_end(int page) {
  if (page == 1) return unreadable(page); // there is always a page 1: this is no end, it is a wrong address
  if (phase_ == phase::again) again_page_ = last_page_ + 1;
  else note_dead(page);
  answered();
}

void page_plan::unreadable(int page) {
  failed_.insert(page);
  if (phase_ == phase::again) {
    again_page_ = last_page_ + 1;
  } else if (!last_count_ && run_length(failed_, page) < most_failed_blind) {
    extend(page + 1); // nothing is known of the list yet: the next page may tell
  }
  answered();
}

void page_plan::answered() {
  --in_flight_;
  if (phase_ == phase::first && page_size_ > 0) phase_ = phase::forward;
  if (in_flight_ > 0) return;
  bool all_asked = next_page_ > last_page_;
  if (phase_ == phase::first && all_asked) return end_round();
  if (phase_ == phase::forward && all_asked) {
    // One page is one answer: nothing can have moved within it. And a round that failed is not worth going on with.
    if (last_page_ == 1 || !failed_.empty() || shrunk_) return end_round();
    phase_ = phase::again;
    again_page_ = 1;
    return;
  }
  if (phase_ == phase::again && (again_page_ > last_page_ || !failed_.empty() || shrunk_)) end_round();
}

void page_plan::end_round() {
  std::size_t unreadable_rows = 0;
  for (const auto& [page, rows] : unreadable_by_page_) unreadable_rows += rows;
  unreadable_most_ = std::max(unreadable_most_, unreadable_rows);
  std::int64_t own = static_cast<std::int64_t>(own_.size() + unreadable_rows);

  verdict_ = {};
  if (!failed_.empty()) {
    std::vector<int> some(failed_.begin(), failed_.end());
    std::size_t shown = std::min<std::size_t>(some.size(), 10);
    verdict_.reason = fmt::format("{} page(s) could not be read: {}{}", some.size(),
                                  fmt::join(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                                  some.size() > shown ? ", …" : "");
    phase_ = phase::ended;
    return;
  }
  if (last_count_) {
    verdict_.cut = max_orders_ > 0 && *last_count_ > max_orders_;
    verdict_.complete = !shrunk_ && own >= rows_goal();
  } else {
    verdict_.cut = max_orders_ > 0 && own >= max_orders_;
    verdict_.complete = verdict_.cut || (round_ > 1 && own_ == before_);
  }
  if (verdict_.complete) {
    if (verdict_.cut) verdict_.reason = fmt::format("newest {}", max_orders_);
    phase_ = phase::ended;
    return;
  }
  if (round_ < most_rounds) {
    if (last_count_) before_.clear();
    else before_ = own_;
    return start_round();
  }
  verdict_.cut = false;
  if (shrunk_) verdict_.reason = fmt::format("rows went away while the list was read, in each of {} rounds", round_);
  else if (last_count_) verdict_.reason = fmt::format("read {} rows where the courier counts {}", own, rows_goal());
  else verdict_.reason = "the courier counts no rows and no two readings were the same";
  phase_ = phase::ended;
}

} // namespace suivi::reconciler
