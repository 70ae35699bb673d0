// The kinds of problems that need a person. The API, the metric suivi_problems, the alerts, the runbook and
// doctor's checks use these words and no others. Pure.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace suivi::verdict {

enum class severity { late, attention }; // late: what the shop shows is not up to date, or soon will not be

enum class problem_kind {
  database_away,
  spool_full,
  no_reconciler,
  key_refused,
  sweep_late,
  sweep_incomplete,
  hooks_missing,
  webhooks_silent,
  untracked,
  orders_without_account,
  contested,
  quarantined,
  failed,
  conflict,
  parked,
  clock_skew,
  partitions,
};

struct problem_kind_row {
  problem_kind kind;
  std::string_view name;
  severity how_severe;
  bool of_account; // a problem of this kind belongs to one account
};

// In the order of the enumeration, which is the order in which a person would look.
inline constexpr std::array<problem_kind_row, 17> problem_kinds{{
    {problem_kind::database_away, "database_away", severity::late, false},
    {problem_kind::spool_full, "spool_full", severity::late, false},
    {problem_kind::no_reconciler, "no_reconciler", severity::late, false},
    {problem_kind::key_refused, "key_refused", severity::late, true},
    {problem_kind::sweep_late, "sweep_late", severity::late, true},
    {problem_kind::sweep_incomplete, "sweep_incomplete", severity::attention, true},
    {problem_kind::hooks_missing, "hooks_missing", severity::attention, true},
    {problem_kind::webhooks_silent, "webhooks_silent", severity::attention, true},
    {problem_kind::untracked, "untracked", severity::attention, false},
    {problem_kind::orders_without_account, "orders_without_account", severity::attention, false},
    {problem_kind::contested, "contested", severity::attention, false},
    {problem_kind::quarantined, "quarantined", severity::attention, false},
    {problem_kind::failed, "failed", severity::attention, false},
    {problem_kind::conflict, "conflict", severity::attention, false},
    {problem_kind::parked, "parked", severity::attention, false},
    {problem_kind::clock_skew, "clock_skew", severity::attention, false},
    {problem_kind::partitions, "partitions", severity::attention, false},
}};

[[nodiscard]] std::string_view to_string(problem_kind kind);
[[nodiscard]] std::string_view to_string(severity how);
[[nodiscard]] severity severity_of(problem_kind kind);
[[nodiscard]] std::optional<problem_kind> problem_kind_from(std::string_view name);

} // namespace suivi::verdict
