// The list itself: a case for each courier, and one more for those that register hooks.
#include "common/courier_list/apis/make_courier.hpp"

#include "common/guepex/api/guepex_api.hpp"
#include "common/maystro/api/maystro_api.hpp"
#include "common/nord_west/api/nord_west_api.hpp"

namespace suivi::courier {

std::unique_ptr<courier_api> make_courier(http::client& client, credentials who, milliseconds request_timeout,
                                          std::string account, request_gate* gate) {
  switch (who.courier) {
  case courier_kind::maystro:
    break;
  case courier_kind::guepex:
    return std::make_unique<guepex_api>(client, std::move(who), request_timeout, std::move(account), gate);
  case courier_kind::nord_west:
    return std::make_unique<nord_west_api>(client, std::move(who), request_timeout);
  }
  return std::make_unique<maystro_api>(client, std::move(who), request_timeout);
}

std::unique_ptr<hooks_api> make_hooks_api(http::client& client, credentials who,
                                          milliseconds request_timeout) {
  if (who.courier != courier_kind::maystro) return nullptr;
  return std::make_unique<maystro_api>(client, std::move(who), request_timeout);
}

} // namespace suivi::courier
