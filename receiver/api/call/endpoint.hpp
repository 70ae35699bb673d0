// What an endpoint of the operations API is: a function of what all of them work with and of one request.
#pragma once

#include "common/base/time.hpp"
#include "common/config/settings.hpp"
#include "common/http/message/message.hpp"
#include "common/pg/pool.hpp"
#include "common/runtime/task.hpp"
#include "receiver/apply/apply_lane.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/web/routes.hpp"

#include <optional>

namespace suivi::receiver {

class stream;
class replay_endpoint;
class overview_board;

struct api_context {
  const config::settings& settings;
  database_monitor& db;
  account_registry& accounts;
  apply_lane& events;
  pg::pool& connections; // the API's own, so that no question makes a webhook wait
  stream& live;
  replay_endpoint& replays;
  overview_board& board;
};

// Both live until the answer is there.
struct api_call {
  const http::request& request;
  const route& where;
  std::optional<instant> session_until; // where a session's word is all that opens it
};

// An error is the database's, and is answered 503 or 500.
using answer_or_error = result<http::response>;

// One of the API's connections.
task<result<pg::pool::lease>> api_connection(api_context& api);

// It is for others from here on: who waits for a connection while holding one may wait for itself.
inline void give_back(pg::pool::lease& held) {
  pg::pool::lease back = std::move(held);
}

// Whether the shop has that account; one that it has added a moment ago is waited for.
task<bool> find_account(api_context& api, std::string id);

// What a list by account says that found nothing: 404 where the shop has no such account, 503 while its
// accounts have not been read. nullopt: none was named, or it is there and has nothing.
task<std::optional<http::response>> refuse_unknown_account(api_context& api, std::string id);

} // namespace suivi::receiver
