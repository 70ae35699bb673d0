// From the courier's rows to the door: slices of what has arrived, until nothing is left.
//
// One goes after the other; where a long sweep finds little to write, two go side by side
// (plan/lane_rule.hpp).
//
// Rows wait only here, and the sweep asks for no more pages while many do, so memory stays flat. Rows that
// the shop has locked are tried again for a minute. A slice that the database refuses is halved down to the
// row that is to blame; that one is counted and named, the others are written. Whether a missing right or
// table is the database's fault or, by a policy or a trigger of the shop, one row's, shows in what becomes of
// the others. A transient failure of the database is tried again for a minute; every slice commits under the
// sweep's term, so that nothing is written once the lease is lost.
#pragma once

#include "common/door/door.hpp"
#include "common/pg/pool.hpp"
#include "common/runtime/wakeup.hpp"
#include "common/sqlstate/batch_size.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "reconciler/plan/doubt_queue.hpp"
#include "reconciler/plan/lane_rule.hpp"
#include "reconciler/plan/seen_set.hpp"
#include "reconciler/store/lease.hpp"
#include "reconciler/sweep/tally.hpp"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace suivi::reconciler {

inline constexpr std::size_t conflicts_kept_max = 10'000;
inline constexpr std::size_t unmatched_kept_max = 1'000;
inline constexpr milliseconds busy_max{60'000};
// Rows refused one by one for what is rather the database's fault: so many with no row taken between, or with
// none written between, and it is.
inline constexpr std::size_t suspects_max = 20, blamed_max = 100;
inline constexpr milliseconds database_away_max{60'000};

class row_queue {
 public:
  // `held`: none in a dry run. `progress` is notified after every slice.
  row_queue(pg::pool& database, shop::door_options door, std::optional<lease> held, tally& counted,
            runtime::wakeup& progress);

  void push(std::vector<shop::observation> rows);
  void close();   // no more rows will come
  void abandon(); // run() returns after the slice under way

  // Until closed and empty, abandoned or failed.
  task<void> run();

  [[nodiscard]] std::size_t waiting() const;                       // those at the door as well
  [[nodiscard]] std::size_t given_up() const { return given_up_; } // rows that stayed locked
  [[nodiscard]] const std::optional<error>& failed() const { return failed_; }
  [[nodiscard]] bool lease_lost() const { return failed_ && failed_->code == pg::term_passed; }

  // In a dry run, where nothing is written: whether a row was of that order, and of how many orders rows
  // were.
  [[nodiscard]] bool saw_order(const std::string& order_id) const;
  [[nodiscard]] std::size_t order_count() const { return known_orders_.size(); }

  // Orders that the database would not take, each with its SQLSTATE; the first few of them.
  [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }

  // The first few of those that stayed locked.
  [[nodiscard]] const std::vector<std::string>& locked() const { return locked_; }

  // Orders that cannot be told apart, so that none of them is read.
  void note_conflicts(const std::vector<std::string>& references);
  // Orders that were not written: these, another account's, or refused by the database; by reference, at most
  // conflicts_kept_max of them.
  [[nodiscard]] const std::map<std::string, bool>& conflicting() const { return conflicting_; } // → refused
  // Rows that no order has, by reference, else by the courier's id; at most unmatched_kept_max of them.
  [[nodiscard]] const std::set<std::string>& unmatched() const { return unmatched_; }

  // Whether a row of that reference or courier's id was not written: refused, or locked to the end.
  [[nodiscard]] bool left_out(const std::string& name) const { return left_out_.contains(text_hash(name)); }

  struct doubt {
    shop::wanted_read wanted;
    bool after_read = false; // a settling read itself left it in doubt
  };
  // The single reads that would settle something, each once and at the latest of the times asked for, since
  // the last call.
  [[nodiscard]] std::vector<doubt> take_doubts();

 private:
  struct row {
    std::uint64_t parcel;
    shop::observation observed;
    std::optional<steady_time> locked_since;
    steady_time next_try{};
    int tries = 0; // that a trigger ended with others at work
  };

  struct lane {
    std::deque<row> queue, busy;
    std::optional<runtime::wakeup> wake;
  };

  task<void> run_lane(std::size_t own);
  [[nodiscard]] bool may_take(std::size_t own, std::size_t from) const;
  [[nodiscard]] steady_time next_try(std::size_t own) const;
  void wake_lanes();
  std::vector<row> take_slice(std::size_t own);
  void note_doubt(const shop::wanted_read& wanted, bool after_read);
  void leave_out(const shop::observation& observed);
  task<result<std::vector<shop::verdict>>> apply(std::span<const shop::observation> slice,
                                                 shop::door_options door);
  task<void> keep_moved_link(std::span<const shop::observation> refused);
  task<void> write(std::vector<row> slice);
  void note_conflict(const shop::observation& observed, bool refused);
  void note_match(const shop::observation& observed, bool matched);
  void refuse(std::uint64_t parcel, const shop::observation& observed, const error& why);
  void suspect(std::uint64_t parcel, const shop::observation& observed, const error& why);
  void clear_suspects(const std::vector<shop::verdict>& verdicts);
  void end_suspicion();
  void note_written(const std::vector<shop::verdict>& verdicts);
  void classify(std::span<row> slice, std::span<shop::observation> observations,
                const std::vector<shop::verdict>& verdicts);

  pg::pool& database_;
  shop::door_options door_;
  std::optional<lease> held_;
  tally& counted_;
  runtime::wakeup& progress_;
  std::array<lane, row_lanes> lanes_;
  lane_rule rule_;
  pg::batch_size slice_size_;
  std::vector<std::string> refused_, locked_;
  seen_set refused_logged_; // by hash of the reference
  std::size_t given_up_ = 0;
  struct suspected {
    std::uint64_t parcel;
    shop::observation observed;
    error why;
  };
  std::vector<suspected> suspects_; // since a slice was taken
  std::size_t blamed_ = 0;          // since a row was written
  bool taken_ = false;              // a slice, at least once
  bool closed_ = false;
  bool abandoned_ = false;
  std::optional<error> failed_;
  std::map<std::string, bool> conflicting_;
  std::set<std::string> unmatched_;
  std::map<std::string, doubt> doubts_;
  seen_set left_out_;     // by hash of reference and courier's id
  seen_set known_orders_; // by hash of the order's id
};

} // namespace suivi::reconciler
