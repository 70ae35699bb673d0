// What the receiver does again and again beside its two lanes: claiming events that nobody holds, range by
// range where they were stored for want of room, and waking parked ones whose order has appeared. Each ends
// by cancellation only.
#pragma once

#include "receiver/apply/apply_lane.hpp"
#include "receiver/services/database_monitor.hpp"

namespace suivi::receiver {

class pollers {
 public:
  pollers(asio::any_io_executor executor, database_monitor& db, apply_lane& events);

  task<void> claim_orphans();
  task<void> wake_parked_events();

  // Look for events nobody holds at once.
  void hurry();

 private:
  task<std::optional<error>> renew_waiting_ranges();
  task<bool> claim_backlog(std::optional<error>& failed);
  task<bool> claim_single_events(std::optional<error>& failed);
  void note_look(const std::optional<error>& failed);

  database_monitor& db_;
  apply_lane& events_;
  runtime::wakeup hurried_;
  bool logged_ = false; // of a database that refuses to tell
};

} // namespace suivi::receiver
