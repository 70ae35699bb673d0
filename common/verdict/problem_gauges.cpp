// The metrics of problems, in the order of the kinds.
#include "common/verdict/problem_gauges.hpp"

#include <algorithm>

namespace suivi::verdict {
namespace {

std::int64_t size_of(const problem& p) {
  return std::max<std::int64_t>(p.count.value_or(1), 1);
}

} // namespace

std::vector<problem_gauge> gauges_of(const facts& f, std::span<const problem> all) {
  std::vector<problem_gauge> gauges;
  for (const problem_kind_row& row : problem_kinds) {
    if (row.of_account)
      for (const account_facts& a : f.accounts) gauges.push_back({row.kind, a.id, 0});
    else
      gauges.push_back({row.kind, "", 0});
  }
  for (const problem& p : all)
    for (problem_gauge& gauge : gauges)
      if (gauge.kind == p.kind && gauge.account == p.account.value_or("")) gauge.size += size_of(p);
  return gauges;
}

} // namespace suivi::verdict
