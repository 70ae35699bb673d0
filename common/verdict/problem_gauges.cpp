// The metrics of problems, in the order of the kinds.
#include "common/verdict/problem_gauges.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace suivi::verdict {
namespace {

std::int64_t size_of(const problem& p) {
  return std::max<std::int64_t>(p.count.value_or(1), 1);
}

} // namespace

std::vector<problem_gauge> gauges_of(const facts& f, std::span<const problem> all) {
  bool all_accounts = f.accounts.size() <= gauge_accounts_max;
  std::vector<problem_gauge> gauges;
  std::map<std::pair<problem_kind, std::string>, std::size_t> places;
  auto gauge_of = [&](problem_kind kind, const std::string& account) -> problem_gauge& {
    auto [at, is_new] = places.try_emplace({kind, account}, gauges.size());
    if (is_new) gauges.push_back({kind, account, 0});
    return gauges[at->second];
  };
  for (const problem_kind_row& row : problem_kinds) {
    if (row.of_account && all_accounts)
      for (const account_facts& a : f.accounts) gauge_of(row.kind, a.id);
    else
      gauge_of(row.kind, "");
  }
  std::set<std::string> named;
  for (const problem& p : all) {
    std::string account = p.account.value_or("");
    bool has_its_own = all_accounts || named.contains(account) || named.size() < gauge_accounts_max;
    if (!has_its_own) account.clear();
    if (!account.empty()) named.insert(account);
    gauge_of(p.kind, account).size += size_of(p);
  }
  return gauges;
}

} // namespace suivi::verdict
