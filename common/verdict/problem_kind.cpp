// Finds a kind of problem in the table by its name.
#include "common/verdict/problem_kind.hpp"

namespace suivi::verdict {
namespace {

const problem_kind_row& row_of(problem_kind kind) {
  return problem_kinds[static_cast<std::size_t>(kind)];
}

constexpr bool in_order() {
  for (std::size_t i = 0; i < problem_kinds.size(); ++i)
    if (static_cast<std::size_t>(problem_kinds[i].kind) != i) return false;
  return true;
}
static_assert(in_order());

} // namespace

std::string_view to_string(problem_kind kind) {
  return row_of(kind).name;
}

std::string_view to_string(severity how) {
  return how == severity::late ? "late" : "attention";
}

severity severity_of(problem_kind kind) {
  return row_of(kind).how_severe;
}

std::optional<problem_kind> problem_kind_from(std::string_view name) {
  for (const problem_kind_row& row : problem_kinds)
    if (row.name == name) return row.kind;
  return std::nullopt;
}

} // namespace suivi::verdict
