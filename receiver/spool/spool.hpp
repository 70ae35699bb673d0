// Where webhooks are kept while the database cannot keep them: the asynchronous face of spool_file.
//
// SQLite and its fsync have a thread of their own, so that the loop never waits for a disk. Group commit
// without a timer: whatever arrived while the last transaction was being synced is the next one. Everything
// is bounded; what does not fit, or takes too long, is an error, and nothing of it is known to be kept.
#pragma once

#include "common/runtime/task.hpp"
#include "receiver/spool/spool_file.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace suivi::receiver {

class spool {
 public:
  struct options {
    std::string folder;                   // made if missing
    std::uint64_t bytes_max = 1ull << 30; // on disk
    std::size_t queued_rows = 10'000;     // in memory, on their way to the disk
    std::size_t queued_bytes = 64 << 20;
    milliseconds patience{4'000}; // for one call; for one thing that the disk is at, half of it
  };
  // As of the last call's end.
  struct spool_status {
    bool usable = false; // the last attempt to use the file succeeded
    bool full = false;   // the last webhook found no room; until something was taken out
    spool_depth depth;
  };

  spool(asio::any_io_executor executor, options with);
  // Ends the thread; what it has begun is finished. Nobody may be waiting.
  ~spool();
  spool(const spool&) = delete;
  spool& operator=(const spool&) = delete;

  // Returns after the fsync. "spool:full" where there is no room; "spool:slow" after `until`, or else the
  // usual patience, as soon as the disk is seen to hang, and at once where that is known already.
  task<result<void>> append(spooled row, std::optional<steady_time> until = std::nullopt);
  // See spool_file.
  task<result<std::vector<spooled>>> read(std::int64_t after, std::size_t rows, std::uint64_t bytes);
  task<result<void>> remove(std::int64_t generation, std::vector<std::int64_t> ids);
  // Opens the file if it is not, and counts what other processes left or took.
  task<result<void>> probe();

  [[nodiscard]] const spool_status& now() const;
  // Whether the next webhook is likely to be kept.
  [[nodiscard]] bool accepts() const { return now().usable && !now().full; }

 private:
  struct inside;
  std::shared_ptr<inside> inside_; // what the thread has done may be told to the loop after our end
};

} // namespace suivi::receiver
