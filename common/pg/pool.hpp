// A few connections shared by many coroutines.
//
// Connections are opened on demand up to `size` and kept; a broken one is replaced with full-jitter backoff.
// When its server is lost, renew() lets go of all of them at once, borrowed ones too.
// Waiters are served in order and bounded: one more than `max_waiters` is refused at once (transient,
// "pg:pool").
#pragma once

#include "common/pg/connection.hpp"

#include <memory>

namespace suivi::pg {

struct pool_options {
  connect_options connect;
  std::size_t size = 4;
  std::size_t max_waiters = 1024;
  milliseconds backoff_first{50};
  milliseconds backoff_max{5'000};
};

class pool {
  struct state;

 public:
  pool(asio::any_io_executor executor, pool_options options);
  ~pool();

  // A borrowed connection; goes back on destruction. One that is in a transaction or not alive is closed
  // instead.
  class lease {
   public:
    lease(lease&&) noexcept;
    lease& operator=(lease&&) noexcept;
    ~lease();
    connection& operator*() const;
    connection* operator->() const;

   private:
    friend class pool;
    lease(std::shared_ptr<state> owner, connection borrowed);
    void give_back();
    std::shared_ptr<state> owner_; // null after a move
    mutable connection connection_;
  };

  // Waits for a free connection, connecting if needed; gives up at the deadline with the last connect error,
  // or with "pg:pool" if all connections were in use. A permanent connect error (an unreadable URL) is
  // returned at once.
  task<result<lease>> acquire(steady_time deadline);

  // The last attempt to connect succeeded; false before the first.
  [[nodiscard]] bool up() const;
  // The server that the connections led to is lost, or is not the one any more: all of them are closed at
  // once. Calls under way end as on a lost connection; who waits gets a new one.
  void renew();
  struct figures {
    std::size_t in_use = 0; // borrowed, and being opened
    std::size_t idle = 0;
    std::size_t waiting = 0; // for one
  };
  [[nodiscard]] figures now() const;
  // Refuses further acquire() calls and closes idle connections; borrowed ones close when they come back.
  void close();

 private:
  std::shared_ptr<state> state_; // shared with leases, which may outlive the pool
};

} // namespace suivi::pg
