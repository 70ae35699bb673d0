// The plan of an incremental sweep: the newest pages, one after the other, until a whole page was created
// before the horizon. Pure, as page_plan.hpp.
//
// The list is ordered by creation, newest first (a page that says otherwise makes it incomplete, and where
// page 1 does not show it beyond luck, the next ones must), so this
// reads every parcel created after the horizon and the rest of the page that holds the last of them; of older
// ones it claims nothing. Read one page at a time from the first, an insertion pushes rows ahead of the
// reader (read twice, never skipped); a `count` that falls says that rows moved up behind it, and the reading
// begins anew, three times at most. Where the courier counts nothing, two readings must have brought the very
// same rows, each of them once. A page that cannot be read makes it incomplete, and the next is read.
#pragma once

#include "reconciler/plan/order_evidence.hpp"
#include "reconciler/plan/page_plan.hpp"

namespace suivi::reconciler {

// How far before the last complete sweep's start an incremental one reads back: for clocks that differ,
// answers that lag, and changes of parcels that were young then.
inline constexpr std::chrono::minutes incremental_overlap{30};
// How far back it reads where no sweep of the account was complete yet.
inline constexpr std::chrono::hours incremental_first_reach{24};

// `watermark_age`: how long ago the account's last complete sweep of either kind began, by the database's
// clock; `now` is by the one that the courier's is compared with.
[[nodiscard]] instant incremental_horizon(std::optional<milliseconds> watermark_age, instant now);

// Answers as page_plan does.
class incremental_plan {
 public:
  incremental_plan(instant horizon, std::int64_t max_orders); // max_orders: 0 = no limit

  std::optional<int> next();
  std::size_t read(int page, const page_facts& facts, std::span<const listed_row> rows);
  void past_end(int page);
  void unreadable(int page);
  [[nodiscard]] bool done() const { return ended_; }
  [[nodiscard]] page_plan::verdict judge() const { return verdict_; }
  [[nodiscard]] std::size_t pages() const { return pages_read_.size(); }
  [[nodiscard]] std::size_t unreadable_rows() const { return unreadable_max_; }
  [[nodiscard]] std::optional<std::int64_t> rows_expected() const { return std::nullopt; }

 private:
  void begin_round();
  void pass_over(int page);
  void end_of_list();
  void end_of_reading(bool truncated);
  void end(bool complete, bool truncated, std::string reason);

  instant horizon_;              // by our clock …
  milliseconds clock_behind_{0}; // … and rows are stamped by one that is so far behind it
  std::int64_t max_orders_;
  std::set<int> pages_read_;
  std::size_t unreadable_max_ = 0;
  int round_ = 0;
  bool ended_ = false;
  bool in_flight_ = false; // the present page is in flight
  page_plan::verdict verdict_;
  believed_count believed_;

  // Of the present round.
  int page_ = 1;
  std::optional<std::int64_t> count_;
  std::optional<instant> first_newest_; // of page 1: nothing behind it is newer
  order_evidence order_;                // that the list is newest first
  std::size_t unreadable_rows_ = 0;
  int barren_ = 0, untimed_ = 0, failed_in_a_row_ = 0;
  std::set<int> failed_;
  seen_set own_;
  bool read_twice_ = false;
  // Of the round before.
  seen_set own_before_;
  bool read_twice_before_ = false;
};

} // namespace suivi::reconciler
