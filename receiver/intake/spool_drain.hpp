// From the spool into the database: in order, in batches, through the very same intake, and out of the spool
// only after the COMMIT. What was committed but not yet taken out when the process died is sent again; the
// dedupe key makes it harmless.
//
// A webhook that even alone cannot be stored stays and is tried again; it holds up none behind it.
#pragma once

#include "common/runtime/wakeup.hpp"
#include "receiver/intake/intake.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"
#include "receiver/spool/spool.hpp"

namespace suivi::receiver {

class spool_drain {
 public:
  spool_drain(asio::any_io_executor executor, database_monitor& db, intake& in, spool& from,
              receiver_metrics& counts);

  // Ends by cancellation only.
  task<void> run();
  // The database is back.
  void hurry() { hurried_.notify(); }

 private:
  enum class progress { nothing_there, some, none };

  task<progress> next_batch();
  task<result<std::size_t>> store(std::vector<spooled> rows);

  database_monitor& db_;
  intake& in_;
  spool& from_;
  receiver_metrics& counts_;
  runtime::wakeup hurried_;
  std::int64_t after_ = 0;    // up to here this round has come
  std::uint64_t drained_ = 0; // since the spool was last empty
  bool removing_ = true;      // what is stored can be taken out of the spool
};

} // namespace suivi::receiver
