// From bytes to an event: decoded, its key chosen, its time taken.
#include "receiver/event/webhook.hpp"

#include "common/decision/as_of.hpp"
#include "receiver/event/decode_event.hpp"

#include <utility>

namespace suivi::receiver {

webhook to_webhook(std::string raw, std::optional<std::string> account, instant received_at,
                   std::size_t unpacked_bytes_max) {
  webhook a;
  a.received_at = received_at;
  a.event = decode_event(raw, unpacked_bytes_max);
  bool is_change = webhooks_tell_changes(a.event.shipment.courier);
  a.key = is_change ? choose_change_key(without_mark(raw), a.event, account.value_or(""))
                    : choose_key(raw, a.event);
  a.event.body.reset(); // can be had again from the bytes
  a.raw = std::move(raw);
  a.account = std::move(account);
  return a;
}

webhook to_unread_webhook(std::string raw, std::optional<std::string> account, std::string why,
                          instant received_at) {
  webhook a;
  a.received_at = received_at;
  a.event.why = std::move(why);
  a.key = choose_key(raw, a.event);
  a.raw = std::move(raw);
  a.account = std::move(account);
  return a;
}

webhook to_stored_webhook(std::string_view raw, std::optional<std::string> account, instant received_at) {
  webhook a;
  a.received_at = received_at;
  a.event = decode_event(raw);
  a.account = std::move(account);
  return a;
}

shop::observation to_observation(const webhook& a) {
  shop::observation observation;
  observation.from = shop::source::webhook;
  observation.when = webhooks_tell_changes(a.event.shipment.courier)
                         ? shop::event_time(a.event.published_at, a.received_at)
                         : shop::webhook_time(a.event.published_at, a.received_at);
  observation.shipment = a.event.shipment;
  observation.is_signed = a.event.is_signed;
  return observation;
}

pending_event to_work(const webhook& a, std::int64_t id) {
  pending_event w;
  w.id = id;
  w.named_account = a.account;
  w.received_at = a.received_at;
  w.observation = to_observation(a);
  w.observation.event_id = id;
  w.state_since = a.received_at;
  return w;
}

} // namespace suivi::receiver
