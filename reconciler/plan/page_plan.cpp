// The rounds of a full sweep, as page_plan.hpp describes.
#include "reconciler/plan/page_plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

namespace suivi::reconciler {
namespace {

// Limits against a courier that never comes to an end: so many pages in a row that are past the end, that
// bring nothing new, or that cannot be read before the size of the list is known.
constexpr int dead_max = 3;
constexpr int barren_max = 20;
constexpr int failed_blind_max = 3;
constexpr int pages_max = 1'000'000;

// The length of the run of consecutive numbers in `pages` that `page` is part of.
int run_length(const std::set<int>& pages, int page) {
  int length = 1;
  for (int p = page - 1; pages.contains(p); --p) ++length;
  for (int p = page + 1; pages.contains(p); ++p) ++length;
  return length;
}

} // namespace

page_plan::page_plan(std::int64_t max_orders, bool is_frugal)
    : is_frugal_(is_frugal), max_orders_(std::max<std::int64_t>(0, max_orders)) {
  start_round();
}

void page_plan::start_round() {
  ++round_;
  count_.begin_reading();
  phase_ = phase::first;
  next_page_ = last_page_ = again_page_ = 1;
  closed_ = count_moved_ = shrunk_ = false;
  page_size_ = 0;
  last_count_.reset();
  count_read_.reset();
  failed_.clear();
  dead_.clear();
  last_filled_ = 0;
  barren_.clear();
  newest_by_page_.clear();
  unreadable_by_page_.clear();
  read_twice_before_ = read_twice_;
  read_twice_ = false;
  own_before_ = own_;
  own_ = common_ = 0;
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
  case phase::ended:
    return std::nullopt;
  }
  ++in_flight_;
  return next_page_++;
}

bool page_plan::is_cut(const base& b) const {
  return max_orders_ > 0 && b.count && *b.count > max_orders_;
}

std::int64_t page_plan::goal(const base& b) const {
  return is_cut(b) ? max_orders_ : b.count.value_or(0);
}

std::optional<std::int64_t> page_plan::rows_expected() const {
  if (!last_count_) return std::nullopt;
  return max_orders_ > 0 ? std::min(*last_count_, max_orders_) : *last_count_;
}

// How far down rows are wanted: as the list grows, the newest N of its base move down.
std::int64_t page_plan::limit() const {
  std::int64_t grown = last_count_.value_or(0) -
                       bases_[static_cast<std::size_t>(round_ - 1)].count.value_or(last_count_.value_or(0));
  return max_orders_ + std::max<std::int64_t>(0, grown);
}

std::size_t page_plan::wanted(int page, std::size_t rows) const {
  if (max_orders_ == 0 || page_size_ == 0) return rows;
  std::int64_t before = static_cast<std::int64_t>(page - 1) * static_cast<std::int64_t>(page_size_);
  std::int64_t left = std::max<std::int64_t>(0, limit() - before);
  return static_cast<std::size_t>(std::min<std::int64_t>(left, static_cast<std::int64_t>(rows)));
}

void page_plan::note_count(int page, const page_facts& facts) {
  if (!facts.count) return;
  if (last_count_ && *facts.count < *last_count_) shrunk_ = true;
  if (last_count_ && *facts.count != *last_count_) count_moved_ = true;
  last_count_ = facts.count;
  if (phase_ == phase::again && page > 1) return; // what came since page 1 stands before this page
  count_read_ = facts.count;
  for (base& b : std::span(bases_).first(static_cast<std::size_t>(round_))) {
    b.count_min = std::min(b.count_min, *facts.count);
    b.count_max = std::max(b.count_max, *facts.count);
  }
}

// Returns how many of them this round had not read before.
std::size_t page_plan::note_rows(std::span<const listed_row> rows, bool on_base) {
  const auto bit = [](int number) { return static_cast<seen_set::mark>(1u << (number - 1)); };
  const auto since_bits = [&](int number) { return static_cast<seen_set::mark>(7u & ~(bit(number) - 1u)); };
  const auto certain_bit = [&](int number) { return static_cast<seen_set::mark>(bit(number) << 3); };
  std::size_t fresh = 0;
  for (const listed_row& row : rows) {
    const seen_set::mark before = rows_.find(row.hash, 0);
    seen_set::mark after = before | bit(round_);
    if (after != before) {
      ++fresh;
      ++own_;
      if (round_ > 1 && (before & bit(round_ - 1))) ++common_;
    }
    for (int number = 1; number <= round_; ++number) {
      base& b = bases_[static_cast<std::size_t>(number - 1)];
      b.met_old = true;
      if (before & certain_bit(number)) continue;
      bool on_that_page = on_base && number == round_;
      bool created_before = dates_hold_ && b.as_of && row.created_at && *row.created_at < *b.as_of;
      bool read_before = (before & (bit(number) - 1)) != 0; // in a round before that one
      if (on_that_page || created_before || read_before) {
        after |= certain_bit(number);
        ++b.certain;
        continue;
      }
      if ((before & since_bits(number)) == 0) ++b.others;
      b.met_old = false;
      if (phase_ == phase::again) ++b.newer;
    }
    if (after != before) rows_.set(row.hash, after);
  }
  return fresh;
}

void page_plan::extend(int page) {
  if (closed_) return;
  // Beyond the last row wanted nothing is asked for.
  std::int64_t size = static_cast<std::int64_t>(std::max<std::size_t>(page_size_, 1));
  std::int64_t ceiling = max_orders_ > 0 && page_size_ > 0 ? (limit() + size - 1) / size : pages_max;
  std::int64_t target =
      std::min<std::int64_t>(std::max(last_page_, page), std::min<std::int64_t>(ceiling, pages_max));
  last_page_ = std::max(last_page_, static_cast<int>(target));
}

void page_plan::close_at(int page) {
  closed_ = true;
  last_page_ = std::min(last_page_, std::max(page, 1));
}

void page_plan::note_dead(int page, bool has_next) {
  if (phase_ == phase::again) return;
  dead_.insert(page);
  // Where the courier counts nothing, one page past the end is its word that the list ends, unless that page
  // itself names a next one.
  if (run_length(dead_, page) >= dead_max || (!last_count_ && !has_next))
    close_at(next_page_ - 1);
  else if (has_next)
    extend(page + 1);
}

void page_plan::forget_count() {
  last_count_.reset();
  count_read_.reset();
  for (base& b : bases_) b.count.reset();
}

// Whether a page is newer than an earlier one. Which of them tell it, and come first, is nobody's choice.
bool page_plan::rises_from_page_to_page(int page, std::span<const listed_row> rows) {
  std::optional<instant> newest = newest_of(rows);
  if (!newest) return false;
  auto here = newest_by_page_.insert_or_assign(page, *newest).first;
  auto before = here == newest_by_page_.begin() ? here : std::prev(here), after = std::next(here);
  instant oldest_before = std::min(newest_by_page_.begin()->second, before->second);
  return *newest > oldest_before + order_tolerance ||
         (after != newest_by_page_.end() && after->second > *newest + order_tolerance);
}

std::size_t page_plan::read(int page, const page_facts& reported, std::span<const listed_row> rows) {
  pages_read_.insert(page);
  page_facts facts = reported;
  const auto this_round = static_cast<seen_set::mark>(1u << (round_ - 1));
  auto is_new = [&](const listed_row& row) { return (rows_.find(row.hash, 0) & this_round) == 0; };
  std::size_t listed = std::ranges::any_of(rows, is_new) ? rows.size() + reported.unreadable : 0;
  facts.count = count_.of(page, reported.count, listed, reported.has_next);
  if (count_.contradicted()) forget_count();
  const bool on_base = phase_ == phase::first && page == 1;
  base& here = bases_[static_cast<std::size_t>(round_ - 1)];
  if (on_base) {
    here = {.count = facts.count, .as_of = facts.as_of};
    here.count_min = here.count_max = facts.count.value_or(0);
  }
  if (max_orders_ > 0 && (!is_newest_first(rows) || rises_from_page_to_page(page, rows))) {
    disordered_ = true;
    max_orders_ = 0;
  }
  note_count(page, facts);
  std::size_t size = rows.size() + facts.unreadable;
  page_size_ = std::max(page_size_, size);
  std::size_t take = wanted(page, rows.size());
  std::size_t fresh = note_rows(rows.first(take), on_base);
  if (on_base && round_ > 1 && dates_hold_) {
    const base& before = bases_[static_cast<std::size_t>(round_ - 2)];
    if (grew_by_old_rows(before)) doubt_dates(round_ - 1);
  }
  // A page that brings nothing new at all and names no next one is an end (a courier that ignores the page's
  // number), no row pushed on.
  bool repeats_end = fresh == 0 && !facts.has_next;
  read_twice_ = read_twice_ || (phase_ != phase::again && fresh < take && !repeats_end);
  unreadable_by_page_[page] =
      std::min(facts.unreadable, wanted(page, size) - std::min(take, wanted(page, size)));

  if (phase_ == phase::again) {
    if (page == 1) prove_cut();
    if (fresh == 0 || size == 0)
      again_page_ = last_page_ + 1;
    else
      ++again_page_;
  } else if (size == 0) {
    note_dead(page, facts.has_next);
  } else {
    last_filled_ = std::max(last_filled_, page);
    const auto full = static_cast<std::int64_t>(page_size_);
    std::int64_t by_count = (last_count_.value_or(0) + full - 1) / full;
    if (last_count_) extend(static_cast<int>(std::min<std::int64_t>(by_count, pages_max)));
    // What cannot be read is new as long as the count has room for it.
    if (fresh == 0 && (!rows.empty() || page > by_count)) {
      unreadable_by_page_.erase(page);
      if (repeats_end && !rows.empty() && !last_count_) {
        close_at(next_page_ - 1);
      } else if (barren_.insert(page); run_length(barren_, page) >= barren_max) {
        close_at(next_page_ - 1);
        read_twice_ = true; // whatever there may be behind them
      }
    }
    if (facts.has_next || !last_count_) extend(page + 1);
  }
  answered();
  return take;
}

void page_plan::past_end(int page) {
  if (page == 1) return unreadable(page); // there is always a page 1: this is no end, it is a wrong address
  if (phase_ == phase::again)
    again_page_ = last_page_ + 1;
  else
    note_dead(page, false);
  answered();
}

void page_plan::unreadable(int page) {
  failed_.insert(page);
  if (phase_ == phase::again) {
    again_page_ = last_page_ + 1;
  } else if (!last_count_ && run_length(failed_, page) < failed_blind_max) {
    extend(page + 1); // nothing is known of the list yet: the next page may tell
  }
  answered();
}

void page_plan::answered() {
  --in_flight_;
  if (phase_ == phase::first && page_size_ > 0) phase_ = phase::forward;
  // A further round is read only until it has filled what was missed.
  if (phase_ == phase::forward && round_ > 1 && any_counted_all()) close_at(next_page_ - 1);
  if (in_flight_ > 0) return;
  bool all_requested = next_page_ > last_page_;
  if (phase_ == phase::first && all_requested) return end_round();
  if (phase_ == phase::forward && all_requested) {
    // One page is one answer: nothing can have moved within it. And a round that fell short is not worth
    // going on with.
    const base& here = bases_[static_cast<std::size_t>(round_ - 1)];
    bool short_of_base = here.count && !any_counted_all();
    bool is_enough = is_frugal_ && here.count && !count_moved_ && !is_cut(here);
    if ((last_page_ == 1 && round_ == 1) || !failed_.empty() || short_of_base || is_enough)
      return end_round();
    phase_ = phase::again;
    again_page_ = 1;
    for (base& b : bases_) {
      b.newer = 0;
      b.met_old = false;
    }
    return;
  }
  if (phase_ == phase::again && (again_page_ > last_page_ || !failed_.empty())) end_round();
}

bool page_plan::counted_all(const base& b) const {
  // Rows that cannot be read cannot be distinguished: they count only where nothing is seen to move.
  std::int64_t unreadable = 0;
  if (!count_moved_ && last_count_ == b.count)
    for (const auto& [page, rows] : unreadable_by_page_) unreadable += static_cast<std::int64_t>(rows);
  return !b.refuted && b.count && b.certain + unreadable >= goal(b);
}

bool page_plan::any_counted_all() const {
  return std::any_of(bases_.begin(), bases_.begin() + round_, [&](const base& b) { return counted_all(b); });
}

// Where the last row read, from page 1 on, was there before, all that came since have been read, each as one
// that was not. Of a list that is cut at the newest N more comes than is read, and its own proof sees to it.
bool page_plan::grew_by_old_rows(const base& b) const {
  if (is_cut(b) || !b.count || !count_read_ || !b.met_old) return false;
  return b.count_max - *b.count > b.others || *count_read_ - b.count_min > b.others;
}

void page_plan::doubt_dates(int rounds) {
  dates_hold_ = false;
  for (base& b : std::span(bases_).first(static_cast<std::size_t>(rounds))) b.refuted = true;
}

// One answer shows how many rows are new; if the list has grown by as many, none of the old ones has gone,
// and the rows read since are the newest N of the base and no older ones that moved up.
void page_plan::prove_cut() {
  for (base& b : bases_) {
    bool nothing_went = b.met_old && b.count && last_count_ && *last_count_ - *b.count == b.newer;
    if (is_cut(b) && nothing_went && counted_all(b)) b.proven = true;
  }
}

void page_plan::end_round() {
  std::size_t unreadable_rows = 0;
  for (const auto& [page, rows] : unreadable_by_page_) unreadable_rows += rows;
  unreadable_max_ = std::max(unreadable_max_, unreadable_rows);

  verdict_ = {};
  if (!failed_.empty()) return fail_rounds();
  const base& here = bases_[static_cast<std::size_t>(round_ - 1)];
  bool one_answer = last_page_ == 1 && round_ == 1; // nothing can have moved within it
  std::span<const base> open = std::span(bases_).first(static_cast<std::size_t>(round_));
  auto is_refuted = [&](const base& b) { return counted_all(b) && grew_by_old_rows(b); };
  if (dates_hold_ && std::ranges::any_of(open, is_refuted)) doubt_dates(round_);
  for (const base& b : open) {
    bool proven = b.proven || (counted_all(b) && (!is_cut(b) || one_answer));
    if (verdict_.complete || !proven) continue;
    verdict_.complete = true;
    verdict_.truncated = is_cut(b);
  }
  std::int64_t own = own_ + static_cast<std::int64_t>(unreadable_rows);
  if (!here.count) {
    bool same = round_ > 1 && own_ == own_before_ && own_ == common_ && !read_twice_ && !read_twice_before_;
    std::int64_t counted = max_orders_ > 0 ? std::min(count_.count_max(), max_orders_) : count_.count_max();
    verdict_.complete = same && !has_hole() && own >= counted;
    verdict_.truncated = verdict_.complete && max_orders_ > 0 && own >= max_orders_;
  }
  if (verdict_.complete) {
    if (verdict_.truncated) verdict_.reason = fmt::format("newest {}", max_orders_);
    if (disordered_) verdict_.reason = "read whole, for the courier's list is not newest first";
    phase_ = phase::ended;
    return;
  }
  if (round_ < rounds_max) return start_round();

  verdict_.truncated = false;
  if (!here.count && has_hole())
    verdict_.reason = fmt::format("page {} is empty and page {} is not", *dead_.begin(), last_filled_);
  else if (!here.count && !barren_.empty())
    verdict_.reason = fmt::format("page {} brings no new row though the list goes on", *barren_.begin());
  else if (!here.count)
    verdict_.reason = count_.why_unproven(round_);
  else if (own < goal(here) && !count_moved_)
    verdict_.reason = fmt::format("read {} rows where the courier counts {}", own, goal(here));
  else if (shrunk_)
    verdict_.reason = fmt::format("rows went away while the list was read, in each of {} rounds", round_);
  else
    verdict_.reason = fmt::format("the list moved while it was read, in each of {} rounds", round_);
  phase_ = phase::ended;
}

void page_plan::fail_rounds() {
  constexpr std::ptrdiff_t named_max = 10;
  auto listed = std::min(std::ssize(failed_), named_max);
  verdict_.reason = fmt::format("{} page(s) could not be read: {}{}", failed_.size(),
                                fmt::join(failed_.begin(), std::next(failed_.begin(), listed), ", "),
                                std::ssize(failed_) > listed ? ", …" : "");
  phase_ = phase::ended;
}

} // namespace suivi::reconciler
