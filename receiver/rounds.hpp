// What the receiver does again and again, beside its two lanes: taking over events nobody holds, waking
// parked ones whose order has appeared, and making tomorrow's partitions. Each ends by cancellation only.
#pragma once

#include "receiver/applier.hpp"
#include "receiver/database.hpp"

namespace suivi::receiver {

class rounds {
 public:
  rounds(asio::any_io_executor executor, database& db, applier& events);

  task<void> take_over();
  task<void> wake_parked_events();
  task<void> make_room_ahead();

  // Look for events nobody holds at once.
  void hurry();

 private:
  database& db_;
  applier& events_;
  runtime::wakeup hurried_;
};

} // namespace suivi::receiver
