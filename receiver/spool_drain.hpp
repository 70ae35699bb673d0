// From the spool into the database: in order, in batches, through the very same intake, and out of the spool
// only after the COMMIT. What was committed but not yet taken out when the process died is sent again; the
// dedupe key makes it harmless.
//
// A webhook that even alone cannot be stored stays and is tried again; it holds up none behind it.
#pragma once

#include "common/runtime/wakeup.hpp"
#include "receiver/database.hpp"
#include "receiver/intake.hpp"
#include "receiver/measures.hpp"
#include "receiver/spool.hpp"

namespace suivi::receiver {

class spool_drain {
 public:
  spool_drain(asio::any_io_executor executor, database& db, intake& in, spool& from, measures& counts);

  // Ends by cancellation only.
  task<void> run();
  // The database is back.
  void hurry() { hurried_.notify(); }

 private:
  enum class progress { nothing_there, some, none };

  task<progress> next_batch();
  task<result<std::size_t>> store(std::vector<spooled> rows);

  database& db_;
  intake& in_;
  spool& from_;
  measures& counts_;
  runtime::wakeup hurried_;
  std::int64_t after_ = 0;    // up to here this round has come
  std::uint64_t drained_ = 0; // since the spool was last empty
  bool removing_ = true;      // what is stored can be taken out of the spool
};

} // namespace suivi::receiver
