// What the courier says of one parcel, whichever way it said it: a list row, a single order or a webhook.
//
// Reading is tolerant: ids and codes may be numbers or texts, dates that cannot be read are absent, unknown
// members are ignored. A field the courier did not send is *missing* (leave what is known); one sent as null
// is *null* (clear it). An id that is blank, longer than 512 bytes or has lost characters (U+FFFD) is none; a
// blank reason says the same as null. Texts are storable UTF-8.
#pragma once

#include "common/base/time.hpp"
#include "common/shipment/courier.hpp"
#include "common/shipment/parcel_state.hpp"

#include <optional>
#include <string>
#include <utility>

namespace suivi {

// missing: !present; null: present && !value.
template <class T>
struct field {
  bool present = false;
  std::optional<T> value;

  bool operator==(const field&) const = default;
};

enum class tracking_strength : int { none = 0, uuid = 1, display_id = 2, tracking_number = 3 };

// Names in comments are Maystro's; each courier's room says what it reads them from.
struct shipment {
  courier_kind courier = default_courier;
  std::optional<std::string> uuid;       // instance_uuid, else id: the parcel's identity at the courier
  std::optional<std::string> display_id; // display_id, else display_id_order
  std::optional<std::string> tracking;   // tracking_number, else tracking
  std::optional<std::string> reference;  // external_order_id, else external_id: the shop's "reference"
  std::optional<parcel_state> status;    // a number of 0 to 9999, or a text as the shop's tables hold it
  std::optional<instant> status_at;      // since when, where the courier says so
  field<instant> alerted_at;
  field<std::string> alert_reason;
  field<std::string> abort_reason;
  std::optional<instant> created_at; // created_at, else ordered_at
  bool created_at_is_guess = false;  // else from its place in the list: comparable within that list alone
  // JSON object text for additionalMetaData under the courier's slug: list rows only, empty otherwise;
  // without names, phones, addresses or anything that changes by itself. Keys sorted.
  std::string metadata;

  // What goes into the shop's "trackingNumber", and how strong it is. Empty with strength none if nothing is
  // known.
  [[nodiscard]] std::pair<std::string, tracking_strength> best_tracking() const;
  [[nodiscard]] bool has_identity() const { return uuid || display_id || tracking || reference; }

  bool operator==(const shipment&) const = default;
};

} // namespace suivi
