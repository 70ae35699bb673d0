// The webhooks of couriers that sign them: the challenge, the signature, and several events in one POST, each
// stored as a webhook of its own. A 200 is sent only after all of them are durable.
#pragma once

#include "common/config/settings.hpp"
#include "common/http/message/message.hpp"
#include "receiver/intake/intake.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/web/routes.hpp"

#include <string>
#include <vector>

namespace suivi::receiver {

class signed_endpoint {
 public:
  // `body_bytes_max`: of a body that came compressed, as it is without that.
  signed_endpoint(database_monitor& db, account_registry& accounts, intake& in, receiver_metrics& counts,
                  std::size_t body_bytes_max)
      : db_(db), accounts_(accounts), in_(in), counts_(counts), body_bytes_max_(body_bytes_max) {}

  // The path's secret was found right.
  task<http::response> answer(http::request request, route where);

 private:
  struct named_account {
    std::string id;
    std::optional<http::response> refusal;
  };
  task<http::response> answer_challenge(http::request request, route where);
  task<named_account> find_account(courier_kind which, std::optional<std::string> named);
  enum class signature { right, wrong, none_wanted }; // the last: the account has no signing key
  [[nodiscard]] signature check_signature(const courier::signed_webhooks& of, const http::request& request,
                                          const std::string& account) const;
  task<void> store_one(webhook row, std::optional<result<receipt>>& into);
  task<http::response> store_whole(std::string body, std::string account, std::string why);

  database_monitor& db_;
  account_registry& accounts_;
  intake& in_;
  receiver_metrics& counts_;
  std::size_t body_bytes_max_;
};

} // namespace suivi::receiver
