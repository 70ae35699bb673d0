// The operations API: everything below /api/v1/ but the webhook. Bearer token; without one in the settings
// there is nothing here at all.
//
// It has two connections of its own, so that no question of an operator's makes a webhook wait. While the
// database is away every answer is 503 with Retry-After.
#pragma once

#include "common/config/settings.hpp"
#include "common/http/message.hpp"
#include "receiver/api/event_stream.hpp"
#include "receiver/api/order_queries.hpp"
#include "receiver/api/replay_endpoint.hpp"
#include "receiver/apply/apply_lane.hpp"
#include "receiver/web/operations_routes.hpp"

namespace suivi::receiver {

class operations {
 public:
  operations(asio::any_io_executor executor, const config::settings& s, pg::connect_options connect,
             database_monitor& db, account_registry& accounts, apply_lane& events);

  // Of a request whose target is_operations_address().
  task<http::response> answer(http::request request);
  // What the stream needs; ends by cancellation only.
  task<void> run() { return stream_.run(); }
  void close() { connections_.close(); }

 private:
  using answer_or_error = result<http::response>;

  task<answer_or_error> perform(const http::request& request, const operation_route& where);
  task<result<pg::pool::lease>> connection();
  task<bool> look_for_account(std::string id);
  task<answer_or_error> list_events(const http::target& query);
  task<answer_or_error> event_stats(const http::target& query);
  task<answer_or_error> retry(std::string subject);
  task<answer_or_error> await_outcome(std::int64_t id);
  task<answer_or_error> remove_event(std::string subject);
  task<answer_or_error> tell_coverage();
  task<answer_or_error> show_order(std::string reference);
  task<answer_or_error> list_sweeps(const http::target& query);
  task<answer_or_error> show_sweep(std::string subject);
  task<answer_or_error> ask_for_sweep(std::string body, bool old_shape);
  task<answer_or_error> list_accounts();
  task<answer_or_error> test_account(std::string id);
  task<answer_or_error> scheduler_status();
  task<answer_or_error> open_stream();
  http::response failed(const error& why);

  const config::settings& settings_;
  database_monitor& db_;
  account_registry& accounts_;
  apply_lane& events_;
  pg::pool connections_;
  stream stream_;
  replay_endpoint replay_;
};

} // namespace suivi::receiver
