// Bodies that are made while they are sent: server-sent events, say. Their length is known to nobody: they go
// out in chunks, to HTTP/1.0 until the connection closes.
#pragma once

#include "common/http/message/message.hpp"
#include "common/runtime/task.hpp"

#include <functional>

namespace suivi::http {

// Where the pieces go.
class body_sink {
 public:
  virtual ~body_sink() = default;
  // Sends one piece and returns when the kernel has taken it. False: the peer has gone, or took longer than
  // the write timeout; nothing more can be sent. An empty piece is not sent.
  virtual task<bool> send(std::string_view piece) = 0;
  // False where nothing more should be sent: the peer has closed, or the server drains. Looks without
  // waiting; who sends seldom asks now and then.
  [[nodiscard]] virtual bool open() = 0;
};

// Called once; the body ends when the coroutine does. An exception cuts the connection, so that nobody takes
// what came for the whole. The function lives as long as its coroutine.
using body_producer = std::function<task<void>(body_sink&)>;

struct body_stream {
  body_producer make;
};

} // namespace suivi::http
