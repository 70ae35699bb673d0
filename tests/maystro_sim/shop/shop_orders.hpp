// The sample shop: its tables' script and its orders, row by row, as COPY's text form. Pure, in constant
// memory.
//
// Most orders the courier knows have neither tracking number nor status, as the shops this is made for; the
// rest are wrong or incomplete in the ways that have been met. Guepex's and Nord West's are as the system
// before left them: `undefined` for a status, or a wrong one; Nord West's have their tracking numbers from
// the start. Of those the courier does not know nearly all are cancelled, not shipped yet, or delivered long
// ago with their numbers.
#pragma once

#include "common/base/time.hpp"
#include "tests/maystro_sim/courier/courier.hpp"
#include "tests/maystro_sim/world/beginning.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace suivi::sim {

extern const std::string_view shop_tables; // tests/data/shop.sql

struct shop_shape {
  beginning first;          // as the simulator's: seed, known orders, accounts, share shipped twice
  std::uint64_t orders = 0; // in the shop; at least first.known
  std::vector<client_account> accounts;
  double mixed_up_share = 0; // of the known orders: shows another order's tracking number
  instant now{};
};

class shop_rows {
 public:
  explicit shop_rows(shop_shape shape) : shape_(std::move(shape)) {}

  static constexpr std::string_view copy_customers =
      R"(COPY customers ("id", "name", "phone", "createdAt", "updatedAt") FROM STDIN)";
  static constexpr std::string_view copy_orders =
      R"(COPY orders ("id", "reference", "ecoManagerId", "source", "status", "customerId", "total", "shippingCost", )"
      R"("storeIdentifier", "trackingNumber", "shippingStatus", "maystroOrderId", "additionalMetaData", )"
      R"("shippingAccountId", "orderDate", "createdAt", "updatedAt") FROM STDIN)";

  [[nodiscard]] std::uint64_t customers() const;
  void append_customer(std::string& out, std::uint64_t i) const;
  void append_order(std::string& out, std::uint64_t i) const; // i < orders

 private:
  shop_shape shape_;
};

} // namespace suivi::sim
