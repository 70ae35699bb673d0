// Orders of a status that few have: found without going through all.
#pragma once

#include "common/pg/connection.hpp"

#include <optional>
#include <string>

namespace suivi::receiver {

// A question for the ids of all orders that may have that status, their own or of their shipping, and of some
// that have not; `{0}` in it stands for the status. None where many may have it, or nobody knows.
task<result<std::optional<std::string>>> find_seldom_status(pg::connection& db, std::string status);

} // namespace suivi::receiver
