// What the checks of doctor.cpp and doctor_account.cpp share.
#pragma once

#include "reconciler/doctor/checks.hpp"

namespace suivi::reconciler {

using checks = std::vector<check>;

// A remedy is kept only where something is to be done.
void add(checks& to, std::string name, check_result result, std::string detail, std::string remedy = {});
// `what`: whose clock is off; `remedy`: for both results but PASS.
void add_clock(checks& to, std::string name, const std::string& what, milliseconds ahead,
               const std::string& remedy);

// "3 hours ago", to the unit that matters.
[[nodiscard]] std::string age(instant of, instant now);

// Every check of one account. `schema`: Suivi's own tables can be asked; `orders`: the shop's can.
void check_account(checks& to, const doctor_facts& f, const account_facts& a, bool schema, bool orders);

} // namespace suivi::reconciler
