// Whether deliveries are up to date, in one word. Pure.
#pragma once

#include "common/verdict/problems.hpp"

#include <span>

namespace suivi::verdict {

enum class verdict_word {
  ok,        // up to date
  attention, // up to date, but something needs a person
  late,      // not up to date any more
  unknown,   // there is no account, or its first complete sweep is still to come
};
[[nodiscard]] std::string_view to_string(verdict_word word);

struct judgment {
  verdict_word word = verdict_word::unknown;
  std::optional<instant> since;      // when the first of the problems that decided began
  std::vector<problem_kind> reasons; // the kinds that decided, each once
};

// `all` is problems_of(f).
[[nodiscard]] judgment verdict_of(const facts& f, std::span<const problem> all);

} // namespace suivi::verdict
