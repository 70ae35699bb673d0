// When each account's last webhook came, and whether an account that used to send them is silent.
#pragma once

#include "common/pg/connection.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace suivi::reconciler {

struct webhook_activity {
  std::optional<instant> last_webhook_at;
  std::int64_t missed = 0;     // changes that sweeps found since and no webhook reported
  instant as_of{};             // PostgreSQL's clock
  std::int64_t scanned_to = 0; // the newest event that was looked at; the same for all
};

// By account; reads what came since the last keep_webhook_activity(), the newest 20,000 of it. A webhook
// whose address names no account counts for `only_account` (the shop's only one), else for the account whose
// parcel it reports.
task<result<std::map<std::string, webhook_activity>>>
find_webhook_activity(pg::connection& db, std::optional<std::string> only_account);
// Keeps what was found, so that the next search is short. May be repeated.
task<result<void>> keep_webhook_activity(pg::connection& db,
                                         const std::map<std::string, webhook_activity>& found);

// As common/verdict judges: an account that used to send webhooks has stopped. Pure.
[[nodiscard]] bool is_silent(const webhook_activity& of);

} // namespace suivi::reconciler
