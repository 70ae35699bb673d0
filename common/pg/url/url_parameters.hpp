// The parameters in the text that says where the database is, before libpq sees it: which are libpq's, which
// are Prisma's, which are other clients'.
//
// Nothing here ever quotes a value that may hold a password, nor a name that is none by its look: it may be
// the rest of a password that was not escaped.
#pragma once

#include "common/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace suivi::pg {

struct url_parameters {
  std::string text;                  // URI or conninfo, with parameters that libpq knows only
  std::string schema;                // Prisma's; empty where not given
  bool pgbouncer = false;            // Prisma's: the sessions are PgBouncer's, one transaction at a time
  std::vector<std::string> warnings; // one sentence for each parameter that was dropped or read differently
};

[[nodiscard]] bool is_database_uri(std::string_view text); // in any case of the scheme's letters

// Prisma's own parameters are taken out without a word, those of other clients with a warning. Error:
// permanent, "pg:url", naming the parameter that cannot be understood and what is allowed.
[[nodiscard]] result<url_parameters> read_url_parameters(std::string_view text);

} // namespace suivi::pg
