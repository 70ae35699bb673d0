// The registration of webhooks, of couriers that have it in their API. Errors, tries and lifetimes are those
// of courier_api.hpp.
#pragma once

#include "common/courier/courier_api.hpp"
#include "common/shipment/hook.hpp"

#include <string_view>
#include <vector>

namespace suivi::courier {

class hooks_api {
 public:
  virtual ~hooks_api() = default;

  virtual task<answer<std::vector<hook_type>>> hook_types() = 0;
  virtual task<answer<std::vector<hook>>> hooks() = 0;
  virtual task<answer<hook>> add_hook(std::string_view endpoint, std::string_view trigger_type_id) = 0;
  // True; whatever is not a success is an error ("courier:not_found": there is no such hook any more).
  virtual task<answer<bool>> remove_hook(std::string_view id) = 0;
  // Asks the courier to send a test message to every hook.
  virtual task<answer<bool>> test_hooks() = 0;
};

} // namespace suivi::courier
