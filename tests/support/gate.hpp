// A gate in a TCP connection's way: it stands between a client and a server on this machine and hands bytes
// on, until a test tells it not to.
//
// Promises: a change is in force when the call returns, for connections that are open too; bytes are never
// changed or reordered; without orders it is not noticed; nothing of it is left when the object is gone. It
// runs on a thread of its own, so the client may be a program, a test's coroutine or a blocking call.
#pragma once

#include "common/base/time.hpp"

#include <memory>
#include <string>

namespace suivi::test {

class gate {
 public:
  enum class way { to_server, to_client };
  enum class last_piece {
    passed_on, // the other side gets what the trap waited for, then the connection is cut
    kept_back, // it does not: the piece that completes the bytes is lost, and the connection with it
  };

  // `server`: a URL with an IPv4 address and a port in it, postgresql://… or http://…
  explicit gate(std::string server);
  ~gate();
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  // The server's URL, leading through the gate.
  [[nodiscard]] const std::string& url() const { return url_; }
  // Connections from now on lead to another port of the same host: the server was started again.
  void lead_to(unsigned short server_port);

  // Standing orders, each beside the others, for all connections.
  void stall(way direction); // nothing passes, nothing is closed
  void slice();              // one byte at a time, each in a segment of its own
  void delay(milliseconds each_piece);
  void refuse(); // new connections are closed at once
  // The next `times` connections in which `bytes` go by are cut. One trap in each direction.
  void cut_at(way direction, std::string bytes, last_piece piece, int times = 1);
  // Takes all orders back. What was stalled goes on.
  void pass();

  // To the connections that are open now.
  void sever();                   // closed, as by a process that ends
  void reset();                   // RST, as by a host that knows nothing of them
  void strand();                  // they stay open and nothing passes them ever again: their server is lost
  void half_close(way direction); // that direction ends, the other goes on

  [[nodiscard]] int accepted() const; // connections so far, refused ones too
  [[nodiscard]] int open() const;
  [[nodiscard]] int sprung() const; // traps
  [[nodiscard]] int held() const;   // pieces that came while their direction was stalled, and wait still

 private:
  struct inside;
  std::unique_ptr<inside> inside_;
  std::string url_;
};

} // namespace suivi::test
