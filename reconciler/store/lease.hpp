// The lease of an account: only its holder sweeps the account. A lease holds for `lease_time` by PostgreSQL's
// clock, and acquiring one raises the account's term, so that a holder that lost it can write no more.
//
// Every call may be repeated.
#pragma once

#include "common/pg/connection.hpp"

#include <optional>
#include <string>

namespace suivi::reconciler {

inline constexpr milliseconds lease_time{6'000};    // a dead holder's account is another's within ten seconds
inline constexpr milliseconds lease_renewal{1'000}; // the report shows how far the sweep has come as often

struct lease {
  std::string account;
  std::int64_t term = 0;
};

// nullopt: somebody holds it, or has swept the account since `unless_since`. `owner` names this process, for
// people.
task<result<std::optional<lease>>> acquire_lease(pg::connection& db, std::string account, std::string name,
                                                 std::string owner,
                                                 std::optional<instant> unless_since = std::nullopt);
task<result<void>> release_lease(pg::connection& db, lease held);

// A step that fails with pg::term_passed, and its transaction with it, unless the term still holds.
void add_term_check(pg::pipeline& steps, const lease& held);

// A step whose result has no row where the lease is lost. Returns its place in the pipeline.
std::size_t add_lease_renewal(pg::pipeline& steps, const lease& held);

} // namespace suivi::reconciler
