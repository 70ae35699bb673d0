// Webhooks that came again: what they say is looked at once more, under the account that is named now. A loss
// here is the next sweep's to find.
#pragma once

#include "receiver/event/webhook.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/services/database_monitor.hpp"

#include <cstdint>
#include <vector>

namespace suivi::receiver {

class repeats {
 public:
  repeats(database_monitor& db, account_registry& accounts) : db_(db), accounts_(accounts) {}

  void add(std::vector<repeated_webhook> repeated);
  void add(std::vector<readdressed> events);

  // Once for each of them, when the database and the accounts are there. Answers which are open again, in
  // nobody's hands.
  task<std::vector<std::int64_t>> poll();

 private:
  task<void> store_repeated();
  task<std::vector<std::int64_t>> readdress_events();

  database_monitor& db_;
  account_registry& accounts_;
  std::vector<repeated_webhook> repeated_;
  std::vector<readdressed> readdressed_;
};

} // namespace suivi::receiver
