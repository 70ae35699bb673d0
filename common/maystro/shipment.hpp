// What the courier says of one parcel, whichever way it said it: a list row, a single order or a webhook.
//
// Reading is tolerant: ids and codes may be numbers or texts, dates that cannot be read are absent, unknown
// members are ignored. A field the courier did not send is *missing* (leave what is known); one sent as null
// is *null* (clear it). An id that is blank, longer than 512 bytes or has lost characters (U+FFFD) is none; a
// blank reason says the same as null. Texts are storable UTF-8.
#pragma once

#include "common/base/time.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace suivi::maystro {

// missing: !present; null: present && !value.
template <class T>
struct field {
  bool present = false;
  std::optional<T> value;

  bool operator==(const field&) const = default;
};

enum class tracking_strength : int { none = 0, uuid = 1, display_id = 2, tracking_number = 3 };

struct shipment {
  std::optional<std::string> uuid;       // instance_uuid, else id
  std::optional<std::string> display_id; // display_id, else display_id_order
  std::optional<std::string> tracking;   // tracking_number, else tracking
  std::optional<std::string> reference;  // external_order_id, else external_id: the shop's "reference"
  std::optional<int> status;             // 0 to 9999; anything else is no status
  field<instant> alerted_at;
  field<std::string> alert_reason;
  field<std::string> abort_reason;
  std::optional<instant> created_at; // created_at, else ordered_at
  // JSON object text for additionalMetaData.maystro: list rows only, empty otherwise; without names, phones,
  // addresses or anything that changes by itself. Keys sorted.
  std::string metadata;

  // What goes into the shop's "trackingNumber", and how strong it is. Empty with strength none if nothing is
  // known.
  [[nodiscard]] std::pair<std::string, tracking_strength> best_tracking() const;
  [[nodiscard]] bool has_identity() const { return uuid || display_id || tracking || reference; }

  bool operator==(const shipment&) const = default;
};

// A row of `stores/orders/`, or the answer of `stores/orders/{uuid}/`. Never fails: what cannot be read is
// absent.
[[nodiscard]] shipment read_row(const boost::json::object& row);

} // namespace suivi::maystro
