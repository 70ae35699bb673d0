// The database as the receiver sees it: the pool, whether it answers, and whether Suivi's schema in it is
// current.
//
// The receiver starts and stays up whatever the database does. One coroutine with a connection of its own
// asks every second; it migrates as soon as it can, and again where the schema was lost meanwhile. When it
// loses its server, or finds itself at another one, the pool's connections are let go of at once.
#pragma once

#include "common/pg/pool.hpp"
#include "common/runtime/wakeup.hpp"
#include "receiver/services/state/outage_state.hpp"
#include "receiver/services/state/store_breaker.hpp"

#include <functional>
#include <optional>
#include <string>

namespace suivi::receiver {

class database_monitor {
 public:
  using state = database_state;

  database_monitor(asio::any_io_executor executor, pg::connect_options connect, int pool_size);

  // Ends by cancellation only. `on_up` is called at every change to up, `on_gone` at every change from it.
  task<void> run(std::function<void()> on_up, std::function<void()> on_gone);

  [[nodiscard]] state now() const { return state_.now(); }
  [[nodiscard]] bool is_up() const { return now() == state::up; }
  // Up, and storing goes through.
  [[nodiscard]] bool takes_webhooks() const { return is_up() && !breaker_.is_open(); }
  // Storing failed for want of a connection or of time, though the database is up. True if that is news.
  bool note_store_failed(std::string_view why);
  void note_stored(milliseconds took);
  // Whether a webhook may try all the same, for nothing in the spool does.
  bool may_try_to_store() { return is_up() && breaker_.may_try(steady_now()); }
  // Whether down means down: not before the first probe has ended, which may take a moment after the start.
  [[nodiscard]] bool is_known() const { return probed_ || std::chrono::steady_clock::now() >= known_by_; }
  // Somebody met a missing table or function: look at once.
  void suspect_schema();
  // The last one who did was wrong: what was missing is none of Suivi's, so a trigger of the shop wants it.
  [[nodiscard]] bool was_suspected_in_vain() const { return suspected_in_vain_; }
  // Somebody lost a connection, or the server no longer writes: look at once.
  void probe_now() { suspected_.notify(); }

  // For all but storing.
  pg::pool& connections() { return pool_; }
  // For storing alone, so that whoever applies events or answers the operator keeps nobody from it.
  pg::pool& storing_connections() { return storing_pool_; }
  // Half of database.pool, one at least.
  [[nodiscard]] static std::size_t storing_lanes(int pool_size);

 private:
  task<result<void>> probe(std::optional<pg::connection>& own);
  task<result<void>> probe_server(pg::connection& own);
  void renew_connections();
  void leave_server();
  void forget_failures();
  static void log_outage(const error& e, outage_state::complaint which);

  pg::connect_options connect_;
  pg::pool pool_;
  pg::pool storing_pool_;
  runtime::wakeup suspected_;
  outage_state state_;
  bool probed_ = false;
  steady_time known_by_;
  bool schema_checked_ = false;
  bool is_suspected_ = false, suspected_in_vain_ = false;
  std::string server_; // address, system identifier and timeline; empty before the first
  bool address_only_ = false;
  bool connected_ = false; // the last probe left a connection
  store_breaker breaker_;
};

} // namespace suivi::receiver
