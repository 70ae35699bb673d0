// Which page to ask for next, and whether what was read is the courier's whole list. Pure: it performs no I/O, is told
// the answers, and is tested with literal sequences of them.
//
// Rows shift while a list is paged: an insertion pushes rows to the next page (read twice, or, with pages in flight side
// by side, skipped), a removal pulls rows to a page already read. So a list is read in *rounds*: every page, then
// again from page 1 until a page brings nothing new (that finds what insertions hid). A `count` lower than an earlier
// one of the round says that rows have gone and others moved up unread: next round. A round is complete if it did not
// shrink and its own distinct rows are at least its last count, or reach the last row wanted; three rounds at most.
// The page size is what the courier sends, never what anybody asked for; a 404, an empty page or a missing `next` is
// the end only if that rule agrees. Without any count, two rounds must have read the very same rows.
#pragma once

#include "reconciler/seen.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

namespace suivi::reconciler {

struct page_facts {
  std::optional<std::int64_t> count;
  std::size_t unreadable = 0; // elements that could not be read, beside the rows
  bool has_next = false;
};

class page_plan {
 public:
  explicit page_plan(std::int64_t max_orders); // newest N; 0 = all

  // A page to ask for now, counted as in flight until one of the three answers below; nullopt: none before the next
  // answer, or none at all (done()).
  std::optional<int> next();

  // The page's readable rows by identity_hash, in their order. Returns how many of them, from the first, are wanted.
  std::size_t read(int page, const page_facts& facts, std::span<const std::uint64_t> rows);
  void past_end(int page);   // answered 404
  void unreadable(int page); // asked in vain as often as allowed

  [[nodiscard]] bool done() const { return phase_ == phase::ended; }

  struct verdict {
    bool complete = false;
    bool cut = false;   // stopped at max_orders: says nothing of older parcels
    std::string reason; // empty where there is nothing to say
  };
  [[nodiscard]] verdict judge() const { return verdict_; } // once done()

  [[nodiscard]] int round() const { return round_; }
  [[nodiscard]] std::size_t pages() const { return pages_read_.size(); }      // distinct numbers
  [[nodiscard]] std::size_t unreadable_rows() const { return unreadable_most_; } // of the round that had most
  [[nodiscard]] std::optional<std::int64_t> rows_expected() const;            // for a progress bar

  static constexpr int most_rounds = 3;

 private:
  enum class phase { first, forward, again, ended };

  void answered();
  void extend(int page);
  void note_dead(int page);
  void note_count(const page_facts& facts);
  [[nodiscard]] std::size_t wanted(int page, std::size_t rows) const;
  [[nodiscard]] std::int64_t rows_goal() const;
  void start_round();
  void end_round();

  std::int64_t max_orders_;
  phase phase_ = phase::first;
  int round_ = 0;
  verdict verdict_;
  std::set<int> pages_read_;
  std::size_t unreadable_most_ = 0;

  // Of the present round.
  int next_page_ = 1;  // the next one to ask for going forward
  int last_page_ = 1;  // the last one worth asking for, as far as is known
  bool closed_ = false; // the end was met: last_page_ grows no more
  int in_flight_ = 0;
  int again_page_ = 1;
  std::size_t page_size_ = 0;
  std::optional<std::int64_t> last_count_, highest_count_;
  bool shrunk_ = false;
  std::set<int> failed_, dead_, barren_;
  std::map<int, std::size_t> unreadable_by_page_;
  seen_set own_, before_; // rows of this round; of the round before, kept only while no count is known
};

} // namespace suivi::reconciler
