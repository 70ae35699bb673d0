// Guepex's API. Every request passes the account's gate first (request_gate), for its quotas are what is
// scarce.
#pragma once

#include "common/courier/exchange.hpp"
#include "common/guepex/parcel.hpp"

namespace suivi::courier {

class guepex_api final : public courier_api {
 public:
  static constexpr int page_rows = 1'000;
  static constexpr std::size_t references_max = guepex::ids_per_request_max;

  guepex_api(http::client& client, credentials who, milliseconds request_timeout, std::string account,
             request_gate* gate);

  task<answer<shipment_page>> list(int page_number) override;
  task<answer<shipment_page>> list_changes(std::string since_day, int page_number) override;
  task<answer<shipment_page>> find_by_references(std::vector<std::string> references, bool single) override;
  task<answer<shipment_page>> find_by_trackings(std::vector<std::string> numbers) override;
  task<answer<shipment>> one(std::string_view uuid) override;
  task<answer<bool>> test_key() override;

 private:
  task<exchanged> ask(std::string path, bool single, std::string_view description);

  http::client& client_;
  credentials who_;
  milliseconds request_timeout_;
  std::string account_;
  request_gate* gate_;
};

} // namespace suivi::courier
