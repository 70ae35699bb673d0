// A steady stream of webhooks, each at its due time whether or not the former ones were answered, and how
// long each answer took. On a thread of its own.
#pragma once

#include "common/runtime/task.hpp"
#include "tests/ledger/book.hpp"

#include <atomic>
#include <mutex>
#include <thread>

namespace suivi::http {
class client;
}

namespace suivi::soak {

class pulse {
 public:
  pulse(std::string url, ledger::book& pages, int per_second);
  ~pulse();
  pulse(const pulse&) = delete;
  pulse& operator=(const pulse&) = delete;

  // Milliseconds of the 2xx since the last call.
  std::vector<double> take_latencies();
  // Nothing but 2xx may come; how many did not.
  [[nodiscard]] int failures() const { return failures_; }
  // Ends it; `pages` is the caller's again.
  void stop();

 private:
  void work();
  task<void> beat();
  task<void> push(http::client& client, ledger::message message);

  std::string url_;
  ledger::book& pages_;
  int per_second_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> failures_{0};
  std::mutex guard_;
  std::vector<double> latencies_;
  std::thread thread_;
};

} // namespace suivi::soak
