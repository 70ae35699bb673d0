// What Guepex says of one parcel in a row of its list.
//
// Reading is tolerant: ids may be numbers or texts, dates that cannot be read are absent, unknown members are
// ignored. Customers' names, phones and addresses, labels and pins are never read.
#pragma once

#include "common/base/time.hpp"
#include "common/guepex/status.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>

namespace suivi::guepex {

// Of references or tracking numbers.
inline constexpr std::size_t ids_per_request_max = 50;

struct parcel {
  std::string tracking;                 // `yal-…`: the parcel's identity
  std::optional<std::string> reference; // order_id: the shop's "reference"
  std::optional<shop_status> status;    // of last_status
  std::optional<std::string> reason;    // of a failed try or a hold, where one was told
  std::optional<instant> status_at;     // date_last_status
  std::optional<instant> created_at;    // date_creation
  // JSON object text for additionalMetaData.guepex: without customers, label and pin. Keys sorted.
  std::string metadata;
};

// nullopt for a row without tracking number.
[[nodiscard]] std::optional<parcel> read_parcel(const boost::json::object& row);

} // namespace suivi::guepex
