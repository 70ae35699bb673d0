// Waiting for a descriptor that belongs to libpq, with Asio.
//
// Promises: never closes the descriptor, and libpq may close it whenever it likes; nothing of it stays in
// Asio after detach(); a wait ends by its deadline; a canceled wait throws operation_aborted. One waiter at
// a time.
#pragma once

#include "common/runtime/task.hpp"

#include <memory>

namespace suivi::pg {

enum class interest { reading, writing, both };

class socket_watch {
 public:
  explicit socket_watch(asio::any_io_executor executor);
  ~socket_watch();
  socket_watch(const socket_watch&) = delete;
  socket_watch& operator=(const socket_watch&) = delete;

  // False: the process has no descriptor left.
  [[nodiscard]] bool attach(int descriptor);
  void detach();

  // True when the descriptor may be ready (spurious wakes are possible), false when the deadline came first.
  task<bool> wait(interest interest, steady_time deadline);

 private:
  struct core;
  std::shared_ptr<core> core_; // shared with Asio's handlers, which may run after detach()
};

} // namespace suivi::pg
