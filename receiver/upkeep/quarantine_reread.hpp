// Reads again what is in quarantine, as soon as a program is there that may understand more: after an update,
// and after an older receiver beside this one has put something there.
//
// What is understood now is applied like any event, as of its receipt; what is not stays where it is. Each
// quarantined event is read once by each decoder (receiver/event/decode_event.hpp), in small batches. A row
// that the database refuses stays in quarantine and holds up no other.
#pragma once

#include "receiver/services/database_monitor.hpp"

namespace suivi::receiver {

class quarantine_reread {
 public:
  explicit quarantine_reread(database_monitor& db) : db_(db) {}

  // Ends by cancellation only.
  task<void> run();

  enum class progress {
    more,  // there may be more to read
    done,  // everything was read by this decoder
    newer, // a newer decoder was here: not this program's business
  };
  // The next few. Several processes may do it at once.
  task<result<progress>> read_some(pg::connection& db, int decoder);

 private:
  database_monitor& db_;
};

} // namespace suivi::receiver
