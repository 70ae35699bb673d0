// Row-level security of the shop's tables. What a policy hides from this role looks like what is not there,
// so it is looked for in the catalog.
#pragma once

#include "common/pg/connection.hpp"

#include <string>
#include <vector>

namespace suivi::shop {

// The tables of which a policy may hide rows from this role, or keep it from writing some. None where no
// policy applies to it, or where those that do let everything through.
extern const pg::statement guarded_tables_query;
[[nodiscard]] std::vector<std::string> read_guarded_tables(const pg::rows& answer);
// Of webhook_events the same, which `suivi-receiver replay --legacy` alone reads; it is not among those
// above.
[[nodiscard]] bool are_old_events_guarded(const pg::rows& answer);

} // namespace suivi::shop
