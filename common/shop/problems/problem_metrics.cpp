// The label `account` is empty where a kind belongs to none.
#include "common/shop/problems/problem_metrics.hpp"

#include "common/verdict/problem_gauges.hpp"

#include <set>
#include <string>
#include <utility>

namespace suivi::shop {

void show_problems(metrics::registry& series, const verdict::facts& f) {
  constexpr const char* name = "suivi_problems";
  std::set<std::string> accounts{""};
  for (const verdict::account_facts& a : f.accounts) accounts.insert(a.id);
  series.keep_only("account", accounts);
  std::set<metrics::labels> listed;
  for (const verdict::problem_gauge& gauge : verdict::gauges_of(f, verdict::problems_of(f))) {
    metrics::labels with{{"kind", std::string(to_string(gauge.kind))}, {"account", gauge.account}};
    series
        .make_gauge(name,
                    "What needs a person, by kind: how many there are of it, 1 where it has no number; 0: "
                    "nothing.",
                    with)
        .set(static_cast<double>(gauge.size));
    listed.insert(std::move(with));
  }
  series.keep_only_these(name, listed);
}

} // namespace suivi::shop
