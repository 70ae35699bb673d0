// The list that checks are added to, and the words that several of them share. Pure.
#pragma once

#include "common/base/time.hpp"
#include "reconciler/doctor/checks/clock.hpp"
#include "reconciler/doctor/checks/facts.hpp"

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
  std::string courier; // of the account, where it is one that is served
};
using checks = std::vector<check>;

// A remedy is kept only where something is to be done.
void add(checks& to, std::string name, check_result result, std::string detail, std::string remedy = {});
void add(checks& to, std::string name, const account_facts& of, check_result result, std::string detail,
         std::string remedy = {});
// `clock` names the clock that is compared; `remedy`: for both results but PASS.
void add_clock(checks& to, const std::string& clock, const clock_interval& ahead, const std::string& remedy);
// What could not be looked at: FAIL, whatever it would have shown.
void add_failed(checks& to, const failed_read& failed);

// "3 hours ago", to the unit that matters.
[[nodiscard]] std::string age(instant of, instant now);
// The same without "ago".
[[nodiscard]] std::string span(instant of, instant now);
// "name" as an SQL identifier.
[[nodiscard]] std::string quoted(std::string_view name);

// Where what is to be looked at needs the database, and it refused.
[[nodiscard]] std::string_view remedy_of(const error& why);

} // namespace suivi::reconciler
