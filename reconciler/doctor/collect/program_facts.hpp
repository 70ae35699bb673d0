// Collects what the two programs answer at their own addresses, where they are on this machine.
#pragma once

#include "reconciler/doctor/checks/facts.hpp"
#include "reconciler/services/services.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace suivi::reconciler {

// Asks the receiver (receiver.listen) and the worker (reconciler.listen). Any certificate will do: they are
// asked by address, and nothing secret is said.
task<void> collect_from_programs(services& p, doctor_facts& into);

// `0.0.0.0:8080` → `127.0.0.1:8080`, `[::]:8080` → `[::1]:8080`: where to ask a program that listens so.
// Pure.
[[nodiscard]] std::string address_to_ask(const std::string& listen);

// What /readyz says of whose it is. Pure.
[[nodiscard]] std::optional<receiver_facts> read_receiver(std::string_view readyz);
[[nodiscard]] bool is_worker(std::string_view readyz);
// Of the receiver's /metrics. Pure.
void read_spool(std::string_view metrics, receiver_facts& into);

} // namespace suivi::reconciler
