// The courier's side of a round: senders that push the book's messages and repeat, as the courier does, what
// they got no 2xx for; every 2xx goes into the book. On a thread of their own, so that the faults' side may
// block.
#pragma once

#include "common/http/client/client.hpp"
#include "common/runtime/task.hpp"
#include "tests/ledger/book.hpp"

#include <atomic>
#include <thread>

namespace suivi::ledger {

struct sending_options {
  std::string url; // Maystro's webhook address
  std::string guepex_url, guepex_secret;
  int senders = 16;
  int messages = 400;
  milliseconds between{20}; // of one sender
  unsigned seed = 1;
};

struct sending_counts {
  std::int64_t requests = 0;
  std::int64_t refused = 0;    // 503
  std::int64_t unanswered = 0; // no answer, or not in time
  std::int64_t abandoned = 0;  // messages that were not repeated: nobody knows whether they arrived
  std::int64_t unexpected = 0; // any other answer
  std::string an_unexpected_one;
  milliseconds slowest{0}; // 2xx
};

class sending {
 public:
  // Uses `pages` alone until finish().
  sending(book& pages, sending_options options);
  ~sending();
  sending(const sending&) = delete;
  sending& operator=(const sending&) = delete;

  // Every message is acknowledged or abandoned.
  [[nodiscard]] bool done() const { return done_; }
  // Nothing is sent any more, whatever is unacknowledged.
  void give_up() { given_up_ = true; }
  sending_counts finish();

 private:
  void work();
  task<void> run_sender(http::client& client, unsigned seed);
  // A POST, and the messages in it.
  struct pushed {
    http::client_request request;
    std::vector<std::int64_t> numbers;
    bool in_a_list = false;
  };
  pushed next(std::minstd_rand& random);
  task<void> deliver(http::client& client, pushed one, std::minstd_rand& random);
  task<bool> push(http::client& client, const pushed& one);
  bool note(const pushed& one, unsigned status, const std::string& body, milliseconds took);

  book& pages_;
  sending_options options_;
  sending_counts counts_;
  int left_;
  std::atomic<bool> given_up_{false}, done_{false};
  std::thread thread_;
};

} // namespace suivi::ledger
