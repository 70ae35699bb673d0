// Nord West's API: parcels by tracking number, and nothing else.
#pragma once

#include "common/courier/exchange.hpp"
#include "common/nord_west/tracking_answer.hpp"

namespace suivi::courier {

class nord_west_api final : public courier_api {
 public:
  nord_west_api(http::client& client, credentials who, milliseconds request_timeout);

  task<answer<shipment_page>> list(int page_number) override;
  task<answer<shipment_page>> list_changes(std::string since_day, int page_number) override;
  task<answer<shipment_page>> find_by_references(std::vector<std::string> references, bool single) override;
  task<answer<shipment_page>> find_by_trackings(std::vector<std::string> numbers) override;
  task<answer<shipment>> one(std::string_view uuid) override;
  // By a number that cannot exist: an answer without it says that the key is right.
  task<answer<bool>> test_key() override;

 private:
  task<exchanged> ask(std::vector<std::string> numbers);

  http::client& client_;
  credentials who_;
  milliseconds request_timeout_;
};

} // namespace suivi::courier
