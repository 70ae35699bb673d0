// The queue of single reads: doubt, unproven identity and the like are settled by asking the courier for one
// parcel.
//
// Deduplicated by parcel: all events that wait for the same one get the same answer. A few reads at a time.
#pragma once

#include "common/runtime/wakeup.hpp"
#include "receiver/applier.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace suivi::receiver {

class confirmer {
 public:
  confirmer(asio::any_io_executor executor, database& db, account_book& accounts, applier& events,
            measures& counts, shop::door_options door);

  // An event that waits is read for at once; a read nobody waits for comes when it may (`not_before`).
  void ask(shop::wanted_read what, std::optional<work> waiting);

  static constexpr std::size_t readers = 4;
  // One call for each reader; ends by cancellation only.
  task<void> run_reader(std::size_t number);

 private:
  struct job {
    shop::wanted_read wanted;
    std::vector<work> waiting;
  };

  task<void> read(job j);

  database& db_;
  account_book& accounts_;
  applier& events_;
  measures& counts_;
  shop::door_options door_;
  std::map<std::string, job> jobs_;                  // by parcel, not begun
  std::multimap<steady_time, std::string> schedule_; // → key of jobs_
  std::vector<std::unique_ptr<runtime::wakeup>> idle_;
};

} // namespace suivi::receiver
