// The statistics that the shop keeps of an account in shipping_accounts: requests counted, tests recorded.
// Nothing is written for accounts of the environment: they have no row. What needs nobody's figures never
// waits for them: a call gives up after two seconds, one second where the shop holds the row. A counter that
// is full stays full.
#pragma once

#include "common/pg/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace suivi::shop {

struct request_counts {
  std::int64_t requests = 0, good = 0, bad = 0;
  std::optional<instant> last; // of our clock
};

// Adds to "requestCount", "successCount" and "errorCount", and sets "lastUsed".
task<result<void>> record_requests(pg::connection& db, std::string account, request_counts counts);

// Writes the columns "lastTestAt", "lastTestStatus" ('success' or 'error') and "lastTestError".
// Returns the company's name; nullopt where the shop has no such account.
task<result<std::optional<std::string>>> record_account_test(pg::connection& db, std::string account,
                                                             instant at, std::optional<std::string> problem);

} // namespace suivi::shop
