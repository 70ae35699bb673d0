// How many of the shop's orders with an account have a tracking number, as the old system's diagnostic
// queries gave it.
#pragma once

#include "common/pg/connection.hpp"
#include "common/shipment/courier.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace suivi::shop {

struct covered {
  std::string account_id; // empty in the sum
  std::string account_name;
  std::optional<courier_kind> courier; // none: of a company that Suivi does not know
  std::int64_t total = 0;              // orders whose shippingAccountId is set
  std::int64_t with_tracking = 0;      // of these, trackingNumber neither null nor empty

  // 0 to 100 with two decimals; 100 of none.
  [[nodiscard]] double percentage() const;
};

struct coverage {
  covered sum;
  std::vector<covered> by_account; // by id
};

// Of all orders as they are now, in one scan.
task<result<coverage>> count_coverage(pg::connection& db);
// Of a large shop as the newest sample counted them; of a small one, or without a sample of the last hour,
// the same.
task<result<coverage>> recent_coverage(pg::connection& db);

// {total, withTracking, withoutTracking, coveragePercentage, byAccount: [{accountId, accountName, and the
// same four}]}
[[nodiscard]] boost::json::object to_json(const coverage& c);

} // namespace suivi::shop
