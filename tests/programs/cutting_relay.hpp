// Stands between a program and PostgreSQL and cuts the connection after the server has done what was asked
// and before anybody hears of it: the lost answer of a COMMIT.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace suivi::test {

class cutting_relay {
 public:
  explicit cutting_relay(unsigned short server_port);
  cutting_relay(const cutting_relay&) = delete;
  cutting_relay& operator=(const cutting_relay&) = delete;
  ~cutting_relay();

  [[nodiscard]] unsigned short port() const { return port_; }
  // The next `times` requests that hold `text` are carried out and not answered.
  void cut_after(std::string text, int times);
  [[nodiscard]] int cuts_left() const { return left_; }

 private:
  void serve(int client);
  bool is_doomed(const std::string& request);

  unsigned short server_port_;
  unsigned short port_ = 0;
  int listener_ = -1;
  std::atomic<bool> ending_ = false;
  std::atomic<int> left_ = 0;
  std::mutex guard_;
  std::string text_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

} // namespace suivi::test
