// The metric suivi_problems: one series for each kind, and for each kind and account where a kind belongs to
// one. Pure.
#pragma once

#include "common/verdict/problems.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace suivi::verdict {

// A shop with more accounts has series only of those in trouble, at most so many; what the others have is
// added up under no account.
inline constexpr std::size_t gauge_accounts_max = 500;

struct problem_gauge {
  problem_kind kind = problem_kind::database_away;
  std::string account;   // its id; empty: the kind belongs to none
  std::int64_t size = 0; // how many it counts, 1 where it counts nothing; 0: there is no such problem
};

// All of them, those without problem too, so that an alert sees it go. `all` is problems_of(f).
[[nodiscard]] std::vector<problem_gauge> gauges_of(const facts& f, std::span<const problem> all);

} // namespace suivi::verdict
