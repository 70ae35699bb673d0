// The single reads that are still to be made, and which of them is next. Pure: the time is an argument, and
// so is what each account's courier allows.
//
// Reads are kept by parcel: all events that wait for the same one get the same answer. The accounts take
// turns, and within an account what is due first comes first.
#pragma once

#include "common/decision/observation.hpp"
#include "receiver/event/webhook.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

// The parcel that is read, as text that tells it from all others.
[[nodiscard]] std::string key_of(const shop::wanted_read& wanted);

class read_queue {
 public:
  struct job {
    shop::wanted_read wanted;
    std::vector<pending_event> waiting;
    int round = 1;
  };
  // When an account's courier may be asked for one more read; not before `now`.
  using opening = std::function<steady_time(const std::string& account)>;

  // An event that waits is read for at once; a read that nobody waits for comes no earlier than its
  // `not_before`, and is left out where there are very many. `clock`: the time of day at `now`.
  void add(shop::wanted_read wanted, std::optional<pending_event> waiting, int round, steady_time now,
           instant clock);
  // The next read that may begin now, if any; else `look_again` says when to ask once more.
  [[nodiscard]] std::optional<job> next(steady_time now, const opening& opens_at, steady_time& next_due);
  // Every event that waits for this account.
  [[nodiscard]] std::vector<pending_event> take_waiting(const std::string& account);
  // So many events wait that others are better off in the database.
  [[nodiscard]] bool is_full() const;

 private:
  struct lane {                                       // of one account
    std::map<std::string, job> jobs;                  // by parcel, not begun
    std::multimap<steady_time, std::string> schedule; // → key of jobs
  };

  std::map<std::string, lane> lanes_;
  std::string last_served_; // an account
  std::size_t jobs_ = 0;
  std::size_t waiting_ = 0; // events in jobs
};

} // namespace suivi::receiver
