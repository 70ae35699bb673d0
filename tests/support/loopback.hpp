// A server on a thread of its own and a peer that speaks raw bytes, both on the loopback.
#pragma once

#include "common/http/server/server.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace loopback {

namespace http = suivi::http;
using suivi::milliseconds;
using suivi::task;

// Waits for `condition`, generously; false if it never came true.
bool eventually(const std::function<bool()>& condition);

class live_server {
 public:
  explicit live_server(http::handler on_request, http::server_limits limits = {},
                       std::optional<http::tls_files> tls = std::nullopt);
  // Drains without grace and checks that run() has returned and no connection is left.
  ~live_server();

  [[nodiscard]] unsigned short port() const { return port_; }
  [[nodiscard]] std::size_t connections();
  void drain(milliseconds grace);
  [[nodiscard]] bool ended() const { return ended_; }
  suivi::result<void> use_tls(const http::tls_files& files);
  // Runs `work` on the server's thread and waits for it.
  void on_thread(const std::function<void(http::server&)>& work);

 private:
  boost::asio::io_context context_;
  std::optional<http::server> server_;
  unsigned short port_ = 0;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

struct raw_answer {
  unsigned status = 0;
  std::string head; // with its empty line
  std::string body;
};

// Blocking; a wait of more than 30 s fails the test.
class raw_peer {
 public:
  explicit raw_peer(unsigned short port, const std::string& from = "127.0.0.1");
  ~raw_peer();
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;

  // False once the server has closed.
  bool send(std::string_view bytes);
  // The next answer by its Content-Length; status 0 if the server closes before its end.
  raw_answer read(bool with_body = true);
  std::string read_to_end();
  // True when the server has closed (cleanly or not) and nothing more came.
  bool closed_by_server();
  void finish_sending();
  void reset();

 private:
  bool receive();
  int socket_ = -1;
  std::string in_;
};

// Whether something listens on the port.
bool accepts(unsigned short port);

http::handler echo();
// Answers the length of the body.
http::handler counting(std::atomic<int>& calls);

} // namespace loopback
