// Collects the facts that the courier and the two programs' own addresses tell. Of the shop's rows it writes
// what a test leaves (lastTestAt, lastTestStatus, lastTestError) and the statistics of its requests.
#pragma once

#include "reconciler/doctor/facts.hpp"
#include "reconciler/services/services.hpp"

#include <string>
#include <vector>

namespace suivi::reconciler {

// Asks the courier with the account's key, and about its hooks where `hooks` says what they shall be.
task<void> collect_from_courier(services& p, shop::account who, std::vector<shop::account> accounts,
                                account_facts& into);

// Asks the receiver (receiver.listen) and the worker (reconciler.listen), where they are on this machine.
task<void> collect_from_programs(services& p, doctor_facts& into);

// `0.0.0.0:8080` → `127.0.0.1:8080`, `[::]:8080` → `[::1]:8080`: where to ask a program that listens so.
// Pure.
[[nodiscard]] std::string address_to_ask(const std::string& listen);

} // namespace suivi::reconciler
