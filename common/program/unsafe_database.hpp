// Whether the way to the database is safe: for `--check-config`.
#pragma once

#include "common/config/settings.hpp"
#include "common/pg/url/url.hpp"

#include <optional>
#include <string>

namespace suivi::program {

// A sentence where a database on another machine is spoken to without looking who answers. libpq takes
// `sslmode` from the address, else from PGSSLMODE in `env`, else it encrypts where the server offers it and
// verifies nothing; a host that the address does not name from PGHOSTADDR or PGHOST.
[[nodiscard]] std::optional<std::string> unsafe_database(const pg::target& where,
                                                         const config::environment& env);

} // namespace suivi::program
