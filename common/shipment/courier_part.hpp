// What a courier's folder hands to everybody else, its API apart: what it can do, what its states mean, how
// its accounts and its webhooks are read. One value of courier_part for each; common/courier_list has them
// all.
#pragma once

#include "common/base/secret.hpp"
#include "common/shipment/courier.hpp"
#include "common/shipment/courier_event.hpp"
#include "common/shipment/state_meanings.hpp"

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::courier {

// What differs between couriers; whoever asks one looks here instead of at which one it is.
struct capabilities {
  bool lists = true;              // its parcels, page by page
  bool lists_changes = false;     // what changed since a day: no rotation is needed
  std::size_t references_max = 1; // of the shop's references in one look-up; 0: has none
  std::size_t trackings_max = 0;  // of tracking numbers in one request; 0: one by one
  bool has_quotas = false;        // kept by a request_gate, with what the courier says of pauses
  bool registers_hooks = true;    // webhooks by the API; else by hand, or there are none
  bool sends_webhooks = true;
  bool numbers_states = true;  // its states are numbers, as the inbox keeps them beside an event's bytes
  bool signs_webhooks = false; // its address stores them under the account that the signature was checked for
  bool has_two_keys = true;    // an account needs `user` beside `api_key`
};

struct credentials {
  std::string base_url; // normalised
  secret api_key;       // normalised
  courier_kind courier = default_courier;
  secret user = secret();           // a second key, of couriers that have two
  secret webhook_secret = secret(); // of couriers that sign; may be empty
};

struct reported_state {
  std::string tracking;
  std::string text; // as the shop's tables hold it
};

// The events of one delivery, each as a body of its own; or why the whole is not understood.
struct split_bodies {
  std::vector<std::string> bodies;
  std::string why; // empty where there are bodies
};

// The webhooks of a courier that signs them, several events in one body, and asks from time to time whether
// an address listens.
struct signed_webhooks {
  std::string_view signature_header;
  bool (*is_signed)(std::string_view body, std::string_view signature, std::string_view secret) = nullptr;
  // The answer to its challenge; nullopt for a token that is none.
  std::optional<std::string> (*challenge_answer)(std::string_view token) = nullptr;
  std::string_view challenge_parameter; // of the query: the token
  std::string_view token_allowed;       // for people: what a token may be
  split_bodies (*split)(std::string_view body) = nullptr;
};

struct courier_part {
  courier_kind which = default_courier;
  capabilities can;
  const state_meanings& (*meanings)() = nullptr;

  // What the shop keeps in an account's "credentials", for people.
  std::string_view credential_names;
  // `base_url`: the account's own; `otherwise`: where neither it nor the credentials say one.
  credentials (*read_credentials)(const boost::json::object& stored, std::string_view base_url,
                                  std::string_view otherwise) = nullptr;

  // What follows is of couriers that send webhooks. A body that was stored: nullopt where it is another
  // courier's.
  std::optional<courier_event> (*decode)(std::string_view raw, std::size_t unpacked_bytes_max) = nullptr;
  int decoder_version = 0; // raised whenever decode() understands more than before
  const signed_webhooks* signs = nullptr;
  // Of one whose states are texts.
  std::vector<reported_state> (*reported_states)(std::string_view raw) = nullptr;
};

} // namespace suivi::courier
