// Since when the clocks of this machine and of the database are apart, kept where a restart does not lose it.
#pragma once

#include "common/pg/connection.hpp"
#include "common/verdict/problems.hpp"

#include <optional>

namespace suivi::shop {

// verdict::note_clocks(), and the record of it. Where the database takes no record, `since` is all there is.
task<void> record_clocks(pg::connection& db, suivi::verdict::facts& f, std::optional<instant>& since);

} // namespace suivi::shop
