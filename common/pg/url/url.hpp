// Where the database is, from the one text people configure: a libpq URI, a conninfo, or a URI written for
// Prisma. Pure: no look-ups, no environment beyond what libpq's own parser consults.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace suivi::pg {

struct host {
  std::string
      name; // DNS name, address, or a socket's folder (begins with `/` or `@`); empty: libpq's default
  std::string address; // `hostaddr`, where given: no look-up then
  std::string port;    // empty: libpq's default
};

struct target {
  std::vector<host> hosts;   // at least one, in the order to try
  std::string session_attrs; // target_session_attrs; empty where not given
  std::string schema;        // Prisma's `schema`; empty where not given
  std::string options;       // the text's own `options`
  bool pgbouncer = false;    // PgBouncer in transaction mode stands before the server
  std::vector<std::pair<std::string, std::string>> others; // every other libpq parameter given
  std::vector<std::string> warnings; // parameters that were dropped or read differently, one sentence each
};

// Blanks and line breaks at the ends are dropped, and so are Prisma's own parameters (`schema` is kept aside)
// and connect_timeout, which libpq ignores on asynchronous connections: Suivi's own limit holds. Parameters
// that libpq does not know are dropped with a warning. Error: permanent, "pg:url"; its detail names the
// parameter and never quotes the text, which holds a password.
[[nodiscard]] result<target> parse_url(std::string_view text);

// The start-up packet's `options`: what the text asks for, then what Suivi relies on: among it that commits
// are synchronous, and that the shop's tables are those of `schema`, else of `public`, unless the text's own
// `options` say otherwise.
struct session_settings {
  milliseconds statement_timeout;
  milliseconds idle_in_transaction_timeout;
};
[[nodiscard]] std::string startup_options(const target& where, const session_settings& settings);

// The same as one statement, for the transaction that it stands in: PgBouncer in transaction mode takes no
// `options`, and gives each transaction to another of its sessions.
[[nodiscard]] std::string transaction_settings(const target& where, const session_settings& settings);

} // namespace suivi::pg
