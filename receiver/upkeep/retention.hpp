// Lets webhooks go when retention.events has passed, without intake ever having to wait for it.
//
// Whole days in UTC: a day's webhooks, their keys and what became of them stay until the day's last moment is
// older than the setting (`1h` keeps a day's until one in the next morning). What could not be applied until
// then is given up, said in the log and counted. Any number of receivers may run this: one at a time does the
// work, on a connection of its own. What a receiver that was away left undone is found at its next look.
#pragma once

#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"
#include "receiver/upkeep/retention_sql.hpp"

namespace suivi::receiver {

class retention {
 public:
  retention(pg::connect_options connect, database_monitor& db, receiver_metrics& counts, milliseconds keep);

  // Ends by cancellation only.
  task<void> run();

  enum class ending {
    done,      // nothing more can go now
    elsewhere, // another process is at it
    held_up,   // somebody holds a day or an event of it: try again soon
  };
  // All that can go now.
  task<result<ending>> round();

 private:
  task<result<ending>> expire(pg::connection& db);
  task<result<void>> give_up(pg::connection& db, sys_days first_kept);
  task<result<void>> forget(pg::connection& db, std::string table, sys_days first_kept);
  task<result<bool>> drop(pg::connection& db, day_partition partition);

  pg::connect_options connect_;
  database_monitor& db_;
  receiver_metrics& counts_;
  milliseconds keep_;
  sys_days keys_forgotten_before_{}; // so that days that are held up cost no second walk
};

} // namespace suivi::receiver
