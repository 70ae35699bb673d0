// Chooses the verdict: the first word that fits the problems.
#include "common/verdict/verdict.hpp"

#include <algorithm>

namespace suivi::verdict {
namespace {

judgment because_of(verdict_word word, std::span<const problem> all, severity minimum) {
  judgment v;
  v.word = word;
  for (const problem& p : all) {
    if (minimum == severity::late && severity_of(p.kind) != severity::late) continue;
    if (std::find(v.reasons.begin(), v.reasons.end(), p.kind) == v.reasons.end()) v.reasons.push_back(p.kind);
    if (p.since) v.since = std::min(v.since.value_or(*p.since), *p.since);
  }
  return v;
}

} // namespace

std::string_view to_string(verdict_word word) {
  switch (word) {
  case verdict_word::ok:
    return "ok";
  case verdict_word::attention:
    return "attention";
  case verdict_word::late:
    return "late";
  case verdict_word::unknown:
    break;
  }
  return "unknown";
}

judgment verdict_of(const facts& f, std::span<const problem> all) {
  if (f.accounts_known && f.accounts.empty()) return {};
  bool late = std::any_of(all.begin(), all.end(),
                          [](const problem& p) { return severity_of(p.kind) == severity::late; });
  if (late) return because_of(verdict_word::late, all, severity::late);
  bool first_is_to_come = std::any_of(f.accounts.begin(), f.accounts.end(),
                                      [](const account_facts& a) { return !a.complete_as_of; });
  if (first_is_to_come || !f.accounts_known) return {};
  if (!all.empty()) return because_of(verdict_word::attention, all, severity::attention);
  return {verdict_word::ok, std::nullopt, {}};
}

} // namespace suivi::verdict
