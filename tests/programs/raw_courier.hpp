// A courier that does what no good server does: a test says, byte by byte and pause by pause, what is
// answered to which request. One thread for each connection; gone when the object is.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace suivi::test {

struct raw_answer {
  std::string bytes;
  std::chrono::milliseconds between_bytes{0}; // drips where above zero
  bool silent = false;                        // nothing is ever said; the connection stays
  bool reset = false;                         // ended by a reset after the bytes
};

// A whole answer with its head.
[[nodiscard]] raw_answer whole_answer(int status, const std::string& body,
                                      const std::string& more_headers = "");

class raw_courier {
 public:
  // `answer_to` is given the request's target; called from several threads, one at a time.
  explicit raw_courier(std::function<raw_answer(const std::string& target)> answer_to);
  raw_courier(const raw_courier&) = delete;
  raw_courier& operator=(const raw_courier&) = delete;
  ~raw_courier();

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<std::string> targets() const; // of all requests so far
  [[nodiscard]] std::string last_head() const;            // of the last one

 private:
  void serve(int socket);

  std::function<raw_answer(const std::string&)> answer_to_;
  int listener_ = -1;
  unsigned short port_ = 0;
  std::atomic<bool> ending_ = false;
  mutable std::mutex guard_;
  std::vector<std::string> targets_;
  std::string last_head_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

} // namespace suivi::test
