// A peer that does by script what no good server does: each connection gets the bytes it is told, then its
// end.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace loopback {

// One connection as the script sees it; blocking.
class scripted_connection {
 public:
  explicit scripted_connection(int socket) : socket_(socket) {}
  // Reads until an empty line has come; "" when the client has closed.
  std::string read_head();
  void say(const std::string& bytes);
  // Blocks until the client closes.
  void wait_for_close();
  void reset();

 private:
  int socket_;
};

// Serves connections one after the other, `nth` counting from 0, until destroyed.
class scripted_server {
 public:
  using script = std::function<void(scripted_connection& on, int nth)>;
  explicit scripted_server(script steps);
  ~scripted_server();

  [[nodiscard]] unsigned short port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  int listener_ = -1;
  unsigned short port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

} // namespace loopback
