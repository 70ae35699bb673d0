// The operations API: everything below /api/v1/ but the webhook. A bearer token or a session opens it;
// without a token in the settings there is nothing here at all.
//
// It has two connections of its own, so that no question of an operator's makes a webhook wait. While the
// database is away nearly every answer is 503 with Retry-After.
#pragma once

#include "common/http/message/client_address.hpp"
#include "common/http/server/server.hpp"
#include "receiver/api/call/endpoint.hpp"
#include "receiver/api/overview/overview_board.hpp"
#include "receiver/api/replay_endpoint.hpp"
#include "receiver/api/stream/event_stream.hpp"
#include "receiver/session/ended_sessions.hpp"
#include "receiver/session/sign_in_limiter.hpp"

#include <optional>
#include <vector>

namespace suivi::receiver {

class operations {
 public:
  operations(asio::any_io_executor executor, const config::settings& s, pg::connect_options connect,
             database_monitor& db, account_registry& accounts, apply_lane& events, const spool& instead);

  // What is certain of such a request before its body comes.
  [[nodiscard]] http::head_verdict judge(const http::request& head, const route& where) const;
  // Of a request whose route is place::operations. `client`: whose it is, as far as that is known.
  task<http::response> answer(http::request request, route where, ip_address client);
  // What the stream needs; ends by cancellation only.
  task<void> run() { return stream_.run(); }
  // Another token is in force.
  void end_streams() { stream_.end_all(); }
  // Since when the database is away, and whether keys that were refused are accepted again; the same.
  task<void> watch() { return board_.watch(); }
  task<void> watch_keys();
  // What there is to say of problems: looked at now, or as of the last look and without asking anybody.
  task<verdict::facts> problem_facts(bool read_now);
  void close() { connections_.close(); }

 private:
  // Whose word the caller has, and over what kind of connection.
  struct caller {
    bool by_token = false;
    std::string session; // its cookie, where that is good
    std::optional<instant> session_until;
    bool encrypted = false;
  };
  [[nodiscard]] caller who_calls(const http::request& request) const;
  // What keeps the caller from being answered; nullopt: nothing.
  [[nodiscard]] std::optional<http::response> refuse(const http::request& request, const route& where,
                                                     const caller& who) const;
  task<http::response> answer_to(const http::request& request, const route& where, const caller& who,
                                 ip_address client);
  [[nodiscard]] http::response sign_in(const http::request& request, const caller& who,
                                       const ip_address& client);
  [[nodiscard]] http::response sign_out(const caller& who);
  task<void> wait_for_accounts();
  task<answer_or_error> perform(api_call call);
  http::response failed(const error& why, const api_call& call);

  const config::settings& settings_;
  database_monitor& db_;
  pg::pool connections_;
  overview_board board_;
  stream stream_;
  replay_endpoint replay_;
  api_context context_;
  std::vector<network> trusted_proxies_;
  ended_sessions ended_;
  sign_in_limiter tries_{sign_in_limiter::limits()};
};

} // namespace suivi::receiver
