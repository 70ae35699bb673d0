// Collects the facts that the database tells, in two parts: before the courier is asked, and after. Reads
// only.
#pragma once

#include "common/pg/connection.hpp"
#include "reconciler/doctor/checks/facts.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace suivi::reconciler {

// The session, tables, rights, orders, and what Suivi keeps. The accounts are filled in where they have an
// entry already. `schema`: the one that database.url means; none: it has a search_path of its own.
task<void> collect_from_database(pg::connection& db, std::optional<std::string> schema, doctor_facts& into);

// The schema that a database.url means: `public` where it names none. nullopt: its options name a
// search_path. Pure.
[[nodiscard]] std::optional<std::string> schema_meant(const std::string& database_url);

// Whose orders the rows of the courier's first pages are.
task<void> compare_listed(pg::connection& db, doctor_facts& into);

// All looks of one connection together end by then.
[[nodiscard]] steady_time collection_deadline();

[[nodiscard]] account_facts* find_account(doctor_facts& f, std::string_view id);

} // namespace suivi::reconciler
