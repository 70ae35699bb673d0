// Which hooks an account shall have at the courier, and what to do about those it has. Pure.
//
// Ours is an endpoint `{public_url}/webhooks/{slug}/{any secret}?account={id}`; every other endpoint is left
// alone. One hook for each specific trigger that the courier lists, `all` only where it lists none of them: a
// hook on `all` was seen to deliver nothing. Hooks are added before superseded ones go, so that nothing is
// lost in between.
#pragma once

#include "common/shipment/courier.hpp"
#include "common/shipment/hook.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::reconciler {

struct hook_owner {
  std::string public_url;                  // receiver.public_url
  std::string secret;                      // the first of receiver.webhook_secrets
  std::string account;                     // whose hooks these are
  std::vector<std::string> other_accounts; // the shop's others: their hooks may lie under the same key
  bool any_secret = false; // it is not known here: a hook counts as ours and current under any
  std::vector<std::string> accepted_secrets = {}; // all that the receiver takes
  bool open = false;                              // it takes webhooks without secret too
  courier_kind courier = default_courier;
};

[[nodiscard]] std::string endpoint_of(const hook_owner& owner);

// An address of this receiver, taken apart.
struct our_endpoint {
  std::string secret;
  std::optional<std::string> account;
};
// nullopt: another address. Scheme and host are compared without regard to case; escapes are read.
[[nodiscard]] std::optional<our_endpoint> read_endpoint(std::string_view endpoint,
                                                        std::string_view public_url);

// Hooks at the addresses that shops registered before: `{public_url}/api/webhooks/{slug}` and
// `/api/v1/webhooks/{slug}`. They are nobody's to change here, and what they deliver counts.
struct old_hooks {
  std::vector<std::string> triggers; // names, of those that tell of an order's state
  bool accepted = false;             // all of them carry a secret that the receiver takes, or it needs none
};
[[nodiscard]] old_hooks hooks_at_old_addresses(std::span<const hook> there, std::span<const hook_type> types,
                                               const hook_owner& owner);

// For people: secrets, passwords and the values of all query parameters but `account` read ***.
[[nodiscard]] std::string masked_endpoint(std::string_view endpoint);

struct hook_plan {
  std::vector<hook_type> wanted;
  std::vector<hook_type> add; // of these, the ones without a hook
  std::vector<hook> keep;     // ours, as wanted, or on a trigger nobody asks about
  std::vector<hook> remove;   // ours, superseded: another secret, a second one, `all` beside specific ones
};
[[nodiscard]] hook_plan plan_hooks(std::span<const hook> there, std::span<const hook_type> types,
                                   const hook_owner& owner);

// Ours, whatever the secret.
[[nodiscard]] std::vector<hook> hooks_of(std::span<const hook> there, const hook_owner& owner);

// "OrderDelivered", "OrderDelivered, all", or the ids where no type has them.
[[nodiscard]] std::string trigger_names(const hook& hook, std::span<const hook_type> types);

} // namespace suivi::reconciler
