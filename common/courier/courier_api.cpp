// Which courier can do what, and which class speaks to it.
#include "common/courier/courier_api.hpp"

#include "common/courier/guepex_api.hpp"
#include "common/courier/maystro_api.hpp"
#include "common/courier/nord_west_api.hpp"

namespace suivi::courier {

capabilities capabilities_of(courier_kind courier) {
  capabilities can;
  switch (courier) {
  case courier_kind::maystro:
    break;
  case courier_kind::guepex:
    can.lists_changes = can.has_quotas = true;
    can.references_max = guepex_api::references_max;
    can.trackings_max = guepex_api::references_max;
    can.registers_hooks = false;
    can.signs_webhooks = true;
    can.numbers_states = false;
    break;
  case courier_kind::nord_west:
    can.lists = false;
    can.references_max = 0;
    can.trackings_max = nord_west::trackings_per_request_max;
    can.registers_hooks = false;
    can.sends_webhooks = false;
    can.numbers_states = false;
    break;
  }
  return can;
}

bool is_complete(const credentials& who) {
  return !who.api_key.empty() && (who.courier == courier_kind::maystro || !who.user.empty());
}

bool same(const credentials& a, const credentials& b) {
  return a.courier == b.courier && a.base_url == b.base_url && a.api_key.reveal() == b.api_key.reveal() &&
         a.user.reveal() == b.user.reveal();
}

std::unique_ptr<courier_api> make_courier(http::client& client, credentials who, milliseconds request_timeout,
                                          std::string account, request_gate* gate) {
  switch (who.courier) {
  case courier_kind::guepex:
    return std::make_unique<guepex_api>(client, std::move(who), request_timeout, std::move(account), gate);
  case courier_kind::nord_west:
    return std::make_unique<nord_west_api>(client, std::move(who), request_timeout);
  case courier_kind::maystro:
    break;
  }
  return std::make_unique<maystro_api>(client, std::move(who), request_timeout);
}

} // namespace suivi::courier
