// The database: orders, parcels, events and leases, with transactions that happen whole or not at all. What
// the door does inside one is the real decision (shop::decide); what SQL promises (locks, leases by its own
// clock, fencing) is written down here. Every write is checked against what must always hold.
#pragma once

#include "common/base/error.hpp"
#include "common/decision/decide.hpp"
#include "receiver/event/disposition.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/timeline.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace suivi::simulation {

// What must never happen has happened.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct stored_event {
  receiver::pending_event event;
  std::vector<std::string> references; // of the orders that it may write
  std::string owner;
  instant due{};
  std::optional<std::string> outcome; // once closed
};

// Times are the database's own.
struct account_row {
  std::string holder;
  std::int64_t term = 0;
  instant until{};                              // of the lease, by true time
  std::optional<instant> full, any, full_ended; // last starts of sweeps that came to their own end
  int incomplete_fulls = 0;
  bool requested = false; // a full sweep, by a person
  std::optional<instant> full_watermark, watermark;
  std::optional<instant> paused_until;         // the courier wants to be left alone
  std::vector<std::string> unsettled, refused; // of the newest full one
};

class sim_store {
 public:
  explicit sim_store(timeline& t) : t_(t) {}

  milliseconds clock_off{0};
  [[nodiscard]] instant clock() const { return t_.now() + clock_off; }

  bool up = true;
  instant up_since{};
  bool knows_truth = true; // no clock steps in the midst of a sweep: a complete one shows the truth
  bool strict = true;      // no untimed webhook and no clock that jumps: nothing ever goes backwards
  std::map<std::string, shop::order_row> orders;
  std::map<std::string, instant> order_since; // when the shop made it
  std::vector<shop::parcel_row> parcels;
  std::map<std::int64_t, stored_event> events;
  std::map<std::string, account_row> accounts;
  std::set<std::string> locked;  // orders that the shop holds
  std::set<std::string> refused; // … that a rule of its own refuses to change
  std::set<std::string> slow;    // … with a slow trigger: slow_max of them are all that a statement may write
  static constexpr int slow_max = 1;
  // A parcel goes from one order to another: whether that may be.
  std::function<bool(const shop::parcel_row& before, const shop::parcel_row& after)> may_move;
  // The steps of its parcel's that look like that one's, the first and the last.
  std::function<std::pair<int, int>(const shop::parcel_row& parcel)> steps_of;
  std::set<std::pair<std::string, std::string>> guessed; // accounts and parcels: the later time decided

  // True: new; false: seen before. By the message's id, the only arbiter.
  bool ingest(stored_event event, std::int64_t message);
  std::vector<receiver::pending_event> claim(const std::string& who);
  // The door, and `then` in the same transaction; `then` returning false rolls back (pg::term_passed).
  result<std::vector<shop::verdict>> apply(std::span<const shop::observation> observations,
                                           const std::function<bool(std::span<const shop::verdict>)>& then,
                                           const shop::door_options& options = {});
  void close(std::int64_t event, std::string outcome);
  void wake_parked();

  bool take_lease(const std::string& account, const std::string& who, std::int64_t& term);
  bool keep_lease(const std::string& account, std::int64_t term);
  [[nodiscard]] bool holds(const std::string& account, std::int64_t term) const {
    return accounts.at(account).term == term;
  }
  bool end_sweep(const std::string& account, std::int64_t term, bool full, bool complete, instant started);
  void pause(const std::string& account, milliseconds time);
  [[nodiscard]] milliseconds pause_left(const std::string& account) const;

  [[nodiscard]] bool knows(std::int64_t message) const { return keys_.contains(message); }
  std::int64_t applied = 0, stale_writes_refused = 0;

 private:
  shop::snapshot read(std::span<const shop::observation> observations) const;
  void write(const shop::decision& decided);
  void check_laid_aside(std::span<const shop::observation> observations,
                        std::span<const shop::verdict> verdicts) const;
  void note_guesses(const shop::observation& reported);
  [[nodiscard]] bool was_guessed(const shop::parcel_row& p) const {
    return p.uuid && guessed.contains({p.account, *p.uuid});
  }
  [[nodiscard]] bool looks_unique(const shop::observation& reported) const;

  timeline& t_;
  std::set<std::int64_t> open_;               // events not closed
  std::map<std::int64_t, std::int64_t> keys_; // message → event
  std::int64_t next_event_ = 1, next_parcel_ = 1;
};

} // namespace suivi::simulation
