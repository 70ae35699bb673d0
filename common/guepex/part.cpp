// Puts the folder's readers together, and gives its events the shape that all couriers' have.
#include "common/guepex/part.hpp"

#include "common/guepex/credentials.hpp"
#include "common/guepex/meanings.hpp"
#include "common/guepex/shipment.hpp"
#include "common/guepex/signature.hpp"
#include "common/guepex/webhook.hpp"
#include "common/json/json_text.hpp"
#include "common/shipment/courier_address.hpp"

namespace suivi::guepex {
namespace {

suivi::event_kind kind_of(event_kind kind) {
  switch (kind) {
  case event_kind::state:
  case event_kind::link:
    return suivi::event_kind::order;
  case event_kind::ignored:
    return suivi::event_kind::ignored;
  case event_kind::not_understood:
    break;
  }
  return suivi::event_kind::not_understood;
}

// Of exactly one event: each is stored as a webhook of its own (split()). Its `published_at` is when the
// change occurred. One that tells ids alone has no status.
std::optional<courier_event> decode_stored(std::string_view raw, std::size_t) {
  if (raw.find("\"events\"") == std::string_view::npos) return std::nullopt;
  delivery read = decode(raw);
  if (read.events.size() != 1) return std::nullopt;
  const event& only = read.events.front();
  courier_event made;
  made.kind = kind_of(only.kind);
  made.why = only.why;
  made.name = only.type;
  if (made.kind == suivi::event_kind::order) made.shipment = to_shipment(only);
  made.shipment.courier = courier_kind::guepex;
  made.message_id = only.event_id;
  made.published_at = only.occurred_at;
  if (auto document = parse_json(raw, half_surrogates::mend, event_limits)) made.body = std::move(*document);
  return made;
}

courier::split_bodies split(std::string_view body) {
  delivery read = decode(body);
  courier::split_bodies made;
  made.why = std::move(read.why);
  made.bodies.reserve(read.events.size());
  for (event& one : read.events) made.bodies.push_back(std::move(one.body));
  return made;
}

std::vector<courier::reported_state> reported_states(std::string_view raw) {
  std::vector<courier::reported_state> found;
  for (const event& one : decode(raw).events)
    if (one.tracking && one.status) found.push_back({*one.tracking, one.status->text});
  return found;
}

courier::credentials read_account(const boost::json::object& stored, std::string_view base_url,
                                  std::string_view otherwise) {
  credentials found = read_credentials(stored);
  courier::credentials read;
  read.courier = courier_kind::guepex;
  read.api_key = found.api_token;
  read.user = found.api_id;
  read.webhook_secret = found.webhook_secret;
  read.base_url = first_base_address({base_url, found.base_url, otherwise});
  return read;
}

} // namespace

const courier::courier_part& part() {
  static const courier::signed_webhooks signs{signature_header,
                                              &is_signed,
                                              &challenge_answer,
                                              "crc_token",
                                              "1 to 512 printable ASCII characters",
                                              &split};
  static const courier::courier_part made = [] {
    courier::courier_part p;
    p.which = courier_kind::guepex;
    p.can.lists_changes = p.can.has_quotas = p.can.signs_webhooks = true;
    p.can.references_max = p.can.trackings_max = ids_per_request_max;
    p.can.registers_hooks = p.can.numbers_states = false;
    p.meanings = &meanings;
    p.credential_names = credential_names;
    p.read_credentials = &read_account;
    p.decode = &decode_stored;
    p.decoder_version = decoder_version;
    p.signs = &signs;
    p.reported_states = &reported_states;
    return p;
  }();
  return made;
}

} // namespace suivi::guepex
