// Maystro's API: requests built, answers read and classified, and the registration of webhooks.
#pragma once

#include "common/courier/hooks_api.hpp"
#include "common/maystro/address.hpp"
#include "common/maystro/hook.hpp"

#include <string>
#include <vector>

namespace suivi::courier {

class maystro_api final : public courier_api, public hooks_api {
 public:
  maystro_api(http::client& client, credentials who, milliseconds request_timeout);

  task<answer<shipment_page>> list(int page_number) override;
  task<answer<shipment_page>> list_changes(std::string since_day, int page_number) override;
  task<answer<shipment_page>> find_by_references(std::vector<std::string> references, bool single) override;
  task<answer<shipment_page>> find_by_trackings(std::vector<std::string> numbers) override;
  task<answer<bool>> test_key() override;
  // The list filtered by reference. The courier may ignore the filter: compare `reference` of each row.
  task<answer<shipment_page>> find_by_reference(std::string_view reference);
  task<answer<shipment>> one(std::string_view uuid) override;

  task<answer<std::vector<hook_type>>> hook_types() override;
  task<answer<std::vector<hook>>> hooks() override;
  task<answer<hook>> add_hook(std::string_view endpoint, std::string_view trigger_type_id) override;
  task<answer<bool>> remove_hook(std::string_view id) override;
  task<answer<bool>> test_hooks() override;

 private:
  [[nodiscard]] http::client_request request(std::string_view method, std::string_view path) const;

  http::client& client_;
  credentials who_;
  milliseconds request_timeout_;
};

} // namespace suivi::courier
