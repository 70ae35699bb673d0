// The list that checks are added to, and the words that several of them share. Pure.
#pragma once

#include "common/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::reconciler {

enum class check_result { pass, warn, fail };
[[nodiscard]] std::string_view to_string(check_result r);

struct check {
  std::string name;
  std::optional<std::string> account;
  check_result result = check_result::pass;
  std::string detail;
  std::string remedy;
};
using checks = std::vector<check>;

// A remedy is kept only where something is to be done.
void add(checks& to, std::string name, check_result result, std::string detail, std::string remedy = {});
// `clock` names the clock that is compared; `remedy`: for both results but PASS.
void add_clock(checks& to, std::string name, const std::string& clock, milliseconds ahead,
               const std::string& remedy);

// "3 hours ago", to the unit that matters.
[[nodiscard]] std::string age(instant of, instant now);

} // namespace suivi::reconciler
