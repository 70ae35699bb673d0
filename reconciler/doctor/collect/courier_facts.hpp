// Collects the facts that the courier tells. Of the shop's rows it writes what a test leaves (lastTestAt,
// lastTestStatus, lastTestError) and the statistics of its requests; what holds these up is not waited for.
#pragma once

#include "reconciler/doctor/checks/facts.hpp"
#include "reconciler/services/services.hpp"

#include <vector>

namespace suivi::reconciler {

// Asks the courier with the account's key, and about its hooks where `hooks` says what they shall be.
// `failed`: looks that could not be had.
task<void> collect_from_courier(services& p, shop::account who, std::vector<shop::account> accounts,
                                account_facts& into, std::vector<failed_read>& failed);

} // namespace suivi::reconciler
