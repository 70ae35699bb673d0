// The label `account` is empty where a kind belongs to none.
#include "common/shop/problem_metrics.hpp"

#include "common/verdict/problem_gauges.hpp"

#include <set>
#include <string>

namespace suivi::shop {

void show_problems(metrics::registry& series, const verdict::facts& f) {
  std::set<std::string> accounts{""};
  for (const verdict::account_facts& a : f.accounts) accounts.insert(a.id);
  series.keep_only("account", accounts);
  for (const verdict::problem_gauge& gauge : verdict::gauges_of(f, verdict::problems_of(f)))
    series
        .make_gauge("suivi_problems",
                    "What needs a person, by kind: how many there are of it, 1 where it has no number; 0: "
                    "nothing.",
                    {{"kind", std::string(to_string(gauge.kind))}, {"account", gauge.account}})
        .set(static_cast<double>(gauge.size));
}

} // namespace suivi::shop
