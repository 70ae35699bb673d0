// POST /api/v1/webhooks/replay: the command's twin inside a running receiver. Who may ask is the caller's
// business.
#pragma once

#include "common/door/door.hpp"
#include "common/http/message/message.hpp"
#include "receiver/services/account_registry.hpp"

namespace suivi::receiver {

class replay_endpoint {
 public:
  replay_endpoint(pg::pool& connections, account_registry& accounts, shop::door_options door);

  // 400 names the member that is wrong, or says how many events are too many; 503 where the accounts have not
  // been read yet, or enough replays are under way. An error is the database's.
  task<result<http::response>> answer(std::string body);

 private:
  task<result<http::response>> run(std::string body);

  pg::pool& connections_;
  account_registry& accounts_;
  shop::door_options door_;
  int running_ = 0;
};

} // namespace suivi::receiver
