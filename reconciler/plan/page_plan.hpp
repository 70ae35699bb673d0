// Which page to ask for next, and whether what was read is the courier's whole list. Pure: it performs no
// I/O, is told the answers, and is tested with literal sequences of them and with lists that change at random
// while they are read.
//
// Rows shift while a list is paged: a removal pulls rows to a page already read, an insertion pushes rows to
// the next page, which, with pages in flight side by side, may have been read as well. Nothing in a page's
// answer tells. So a list is read in *rounds*, and completeness is proven by counting, not by the absence of
// signs:
//
// A round begins with page 1 asked for alone, its *base*: at that moment the list had `count` rows. A row
// read since was certainly among them if it stood on that very page, or was created before it, or had been
// read in an earlier round (what is gone does not come back). Once `count` such distinct rows are read, they
// are all of them, whatever came, went and moved meanwhile and in whatever order the answers arrived. Where a
// round ends short of that, another is read, three at most; every base stays open, so that a later round can
// fill what an earlier one missed. So a courier that tells no time of creation, or whose rows are younger
// than its API lags, takes two rounds. Where the list grew by more rows than were created since, rows came
// that bear an old date: then none is believed any more, nothing read so far proves anything by itself, and
// the rounds that are left count only what stood on their base or was read before it.
//
// A list that is not newest first has no newest N that could be told from its pages: it is read whole,
// whatever the limit. Cut at the newest N, counting says nothing while rows go away (an older one may have
// moved up for each): there the end of a round must also show, by page 1 asked for alone, that the list
// (newest first) grew by exactly its new rows. After its last page every round asks from page 1 again until a
// page brings nothing new: orders made meanwhile.
//
// The page size is what the courier sends, never what anybody asked for; a 404, an empty page or a missing
// `next` is the end only if that rule agrees. Without any count pages are read one after the other, and two
// rounds must have read the very same rows, each of them once: a row that went away is missing from the later
// one, one that came is in it or pushed others to be read twice. A count that the pages contradict is none.
// One page that is the whole list is one answer, and proof of itself.
#pragma once

#include "common/base/time.hpp"
#include "reconciler/plan/believed_count.hpp"
#include "reconciler/plan/listed_row.hpp"
#include "reconciler/plan/seen_set.hpp"

#include <array>
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
  // The earliest moment, by the courier's clock, that the answer may show: a row created before it was in the
  // list then.
  std::optional<instant> as_of = std::nullopt;
  // How far the courier's clock is certainly behind ours: rows were created by it.
  milliseconds clock_behind{0};
};

class page_plan {
 public:
  // `max_orders`: newest N; 0 = all. `is_frugal`: requests are counted by the courier: what is whole without
  // it is not looked at once more for orders made meanwhile.
  explicit page_plan(std::int64_t max_orders, bool is_frugal = false);

  // A page to ask for now, counted as in flight until one of the three answers below; nullopt: none before
  // the next answer, or none at all (done()).
  std::optional<int> next();

  // The page's readable rows in their order. Returns how many of them, from the first, are wanted.
  std::size_t read(int page, const page_facts& facts, std::span<const listed_row> rows);
  void past_end(int page);   // answered 404
  void unreadable(int page); // asked in vain as often as allowed

  [[nodiscard]] bool done() const { return phase_ == phase::ended; }

  struct verdict {
    bool complete = false;
    bool truncated = false; // stopped at max_orders: says nothing of older parcels
    std::string reason;     // empty where there is nothing to say
  };
  [[nodiscard]] verdict judge() const { return verdict_; } // once done()

  [[nodiscard]] int round() const { return round_; }
  [[nodiscard]] std::size_t pages() const { return pages_read_.size(); }        // distinct numbers
  [[nodiscard]] std::size_t unreadable_rows() const { return unreadable_max_; } // of the round that had most
  [[nodiscard]] std::optional<std::int64_t> rows_expected() const;              // for a progress bar

  static constexpr int rounds_max = 3;

 private:
  enum class phase { first, forward, again, ended };

  // The list as a round's first answer showed it.
  struct base {
    std::optional<std::int64_t> count;
    std::optional<instant> as_of;
    std::int64_t certain = 0; // distinct rows read since that were in it
    std::int64_t others = 0;  // … and that are not known to have been
    std::int64_t newer =
        0; // rows that page 1, asked for again, shows and that are not known to have been in it
    bool met_old =
        false; // the last row of that page is known to have been in it: all newer ones stand before it
    bool proven = false; // all rows wanted of it are read
    std::int64_t count_min = 0,
                 count_max = 0; // as the courier counted since, until all that came could be read
    bool refuted = false;       // rows counted as certain were not in it
  };

  void answered();
  void extend(int page);
  void note_dead(int page, bool has_next);
  void forget_count();
  void note_count(int page, const page_facts& facts);
  std::size_t note_rows(std::span<const listed_row> rows, bool on_base);
  void close_at(int page);
  void fail_rounds();
  void prove_cut();
  [[nodiscard]] bool rises_from_page_to_page(int page, std::span<const listed_row> rows);
  [[nodiscard]] std::int64_t limit() const;
  [[nodiscard]] std::size_t wanted(int page, std::size_t rows) const;
  [[nodiscard]] std::int64_t goal(const base& b) const;
  [[nodiscard]] bool is_cut(const base& b) const;
  [[nodiscard]] bool counted_all(const base& b) const;
  [[nodiscard]] bool any_counted_all() const;
  [[nodiscard]] bool grew_by_old_rows(const base& b) const;
  void doubt_dates(int rounds);
  // Rows stand behind a page that had none.
  [[nodiscard]] bool has_hole() const { return !dead_.empty() && *dead_.begin() < last_filled_; }
  void start_round();
  void end_round();

  bool is_frugal_ = false;
  believed_count count_;
  std::int64_t max_orders_;
  bool disordered_ = false; // the list is not newest first, so it is read whole
  bool dates_hold_ = true;  // rows that come bear the date of their coming
  phase phase_ = phase::first;
  int round_ = 0;
  verdict verdict_;
  std::set<int> pages_read_;
  std::size_t unreadable_max_ = 0;
  std::array<base, rounds_max> bases_;
  seen_set
      rows_; // a mark's bit 0 to 2: read in that round; bit 3 to 5: counted as certain for that round's base

  // Of the present round.
  int next_page_ = 1;   // the next one to ask for going forward
  int last_page_ = 1;   // the last one worth asking for, as far as is known
  bool closed_ = false; // the end was met: last_page_ grows no more
  int in_flight_ = 0;
  int again_page_ = 1;
  std::size_t page_size_ = 0;
  std::optional<std::int64_t> last_count_, count_read_; // the latest; … of which all could be read
  bool count_moved_ = false, shrunk_ = false;
  bool read_twice_ = false,
       read_twice_before_ = false; // a row going forward, in this round, in the round before
  std::set<int> failed_, dead_, barren_;
  int last_filled_ = 0; // the last page going forward that had rows
  std::map<int, std::size_t> unreadable_by_page_;
  std::map<int, instant> newest_by_page_; // where max_orders cuts: of the rows that tell it
  std::int64_t own_ = 0, own_before_ = 0; // distinct rows of this round, of the round before
  std::int64_t common_ = 0;               // rows of this round that the round before read too
};

} // namespace suivi::reconciler
