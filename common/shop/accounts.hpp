// The courier accounts a shop has: from its own tables, else from the environment's settings.
#pragma once

#include "common/config/settings.hpp"
#include "common/courier/api.hpp"
#include "common/pg/connection.hpp"

#include <vector>

namespace suivi::shop {

struct account {
  std::string id; // shipping_accounts.id; "env", "env-1", … for those of the environment
  std::string name;
  maystro::credentials courier; // api_key may be empty: then the account cannot be asked, and is reported
  bool from_environment = false;
};

// Those that MAYSTRO_API_KEY and its numbered forms give. Pure.
[[nodiscard]] std::vector<account> environment_accounts(const config::settings& settings);

// Active accounts of the active company with slug `maystro`, by id; where there are none, `fallback`.
// `default_base_url` serves accounts without baseUrl. A shop without these tables has none.
task<result<std::vector<account>>> load_accounts(pg::connection& db, std::string default_base_url,
                                                 std::vector<account> fallback);

} // namespace suivi::shop
