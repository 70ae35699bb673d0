// The database as the receiver sees it: the pool, whether it answers, and whether Suivi's schema in it is
// current.
//
// The receiver starts and stays up whatever the database does. One coroutine with a connection of its own
// asks every second; it migrates as soon as it can, and again where the schema was lost meanwhile.
#pragma once

#include "common/pg/pool.hpp"
#include "common/runtime/wakeup.hpp"

#include <functional>
#include <optional>

namespace suivi::receiver {

class database {
 public:
  enum class state {
    down,   // does not answer
    behind, // answers, but the schema is not current
    up,
  };

  database(asio::any_io_executor executor, pg::connect_options connect, int pool_size);

  // Ends by cancellation only. `on_up` is called at every change to up.
  task<void> keep(std::function<void()> on_up);

  [[nodiscard]] state now() const { return state_; }
  [[nodiscard]] bool is_up() const { return state_ == state::up; }
  // Somebody met a missing table or function: look at once.
  void suspect_schema();

  pg::pool& connections() { return pool_; }

 private:
  task<result<void>> look(std::optional<pg::connection>& own);

  pg::connect_options connect_;
  pg::pool pool_;
  runtime::wakeup suspected_;
  state state_ = state::down;
  bool schema_checked_ = false;
};

[[nodiscard]] std::string_view to_string(database::state s);

} // namespace suivi::receiver
