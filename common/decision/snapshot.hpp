// What the door has read, under its locks, for one call: the shop's rows and Suivi's own, as plain values.
#pragma once

#include "common/decision/observation.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace suivi::shop {

// The columns of orders that Suivi reads or writes; times are cut to milliseconds as the column is.
struct order_columns {
  std::optional<std::string> tracking;
  std::optional<std::string> shipping_status;
  std::optional<std::string> maystro_order_id;
  std::optional<instant> alerted_at;
  std::optional<std::string> alert_reason;
  std::optional<std::string> abort_reason;
  // additionalMetaData under each courier's slug, as JSON text, in the order of suivi::couriers.
  std::array<std::optional<std::string>, couriers.size()> metadata;
  std::string status; // the shop's own: PENDING, DELIVERED, …

  bool operator==(const order_columns&) const = default;
};

struct order_row {
  std::string id;
  std::string reference;
  std::optional<std::string> account; // shippingAccountId
  order_columns columns;
  bool metadata_mergeable = true; // additionalMetaData is an object or null
  bool locked = false;            // by us
  std::optional<std::string> adopted_by;
  std::optional<std::string> contested_by;
};

enum class link_strength : int { none = 0, legacy_links = 1, reference = 3 };

struct parcel_row {
  std::int64_t id = 0; // 0: not stored yet
  courier_kind courier = default_courier;
  std::string account;
  std::optional<std::string> uuid;
  std::optional<std::string> display_id;
  std::optional<std::string> reference;
  std::optional<std::string> order_id;
  link_strength link = link_strength::none;
  std::optional<std::string> tracking;
  tracking_strength strength = tracking_strength::none;
  std::optional<parcel_state> status; // none before the first one that tells a state
  field<instant> alerted_at;
  field<std::string> alert_reason;
  field<std::string> abort_reason;
  std::optional<instant> created_at;
  as_of when;
  source from = source::webhook;
  std::optional<instant> pulled_at; // by the clock of whoever asked
  bool pulled = false;              // the courier's API showed it in this call
  std::set<int> past_statuses;      // numbers only
  bool locked = false;              // by us

  bool operator==(const parcel_row&) const = default;
};

struct snapshot {
  std::vector<order_row> orders;
  std::vector<parcel_row> parcels;
  std::multimap<std::string, std::string> legacy_links; // courier id → order id
};

} // namespace suivi::shop
