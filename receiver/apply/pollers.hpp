// What the receiver does again and again, beside its two lanes: taking over events nobody holds, waking
// parked ones whose order has appeared, and making tomorrow's partitions. Each ends by cancellation only.
#pragma once

#include "receiver/apply/apply_lane.hpp"
#include "receiver/services/database_monitor.hpp"

namespace suivi::receiver {

class rounds {
 public:
  rounds(asio::any_io_executor executor, database_monitor& db, apply_lane& events);

  task<void> take_over();
  task<void> wake_parked_events();
  task<void> make_room_ahead();

  // Look for events nobody holds at once.
  void hurry();

 private:
  database_monitor& db_;
  apply_lane& events_;
  runtime::wakeup hurried_;
};

} // namespace suivi::receiver
