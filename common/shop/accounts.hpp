// The courier accounts a shop has: from its own tables, else from the environment's settings.
#pragma once

#include "common/config/settings.hpp"
#include "common/courier/courier_api.hpp"
#include "common/courier_list/parts.hpp"
#include "common/pg/connection.hpp"

#include <vector>

namespace suivi::shop {

struct account {
  std::string id; // shipping_accounts.id; "env", "env-1", … for those of the environment
  std::string name;
  courier::credentials courier; // may be incomplete: then the account cannot be asked, and is reported
  bool from_environment = false;
};

// Where each courier's API is, for accounts that say no address of their own.
using base_urls = config::courier_addresses;

// Those that MAYSTRO_API_KEY and its numbered forms give. Pure.
[[nodiscard]] std::vector<account> environment_accounts(const config::settings& settings);

// An account's credentials out of its row. Pure. `credentials` is JSON, and what a shop keeps there may be a
// text or a list as well: then it holds none.
[[nodiscard]] courier::credentials read_credentials(courier_kind courier, std::string_view credentials,
                                                    std::string_view base_url, const base_urls& defaults);

// Active accounts of the active companies whose couriers Suivi knows, by id; where none of them is the
// default courier's, `fallback` and the others. A shop without these tables has none.
task<result<std::vector<account>>> load_accounts(pg::connection& db, base_urls defaults,
                                                 std::vector<account> fallback);

// Whether a policy of row-level security may hide accounts from this role: then one that is not seen may be
// there all the same.
task<result<bool>> may_hide_accounts(pg::connection& db);

} // namespace suivi::shop
