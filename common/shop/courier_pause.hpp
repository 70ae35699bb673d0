// How long an account's courier wants to be left alone (Retry-After, or our own growing pause after a 429):
// kept with the account, so that it holds in every program, for the next sweep and after a restart.
//
// Lengths, not times, go in and out: they are added to and taken from PostgreSQL's clock, never ours. Every
// call may be repeated.
#pragma once

#include "common/courier/response_meta.hpp"
#include "common/pg/connection.hpp"
#include "common/pg/pool.hpp"

#include <optional>
#include <string>

namespace suivi::shop {

// Shorter pauses are waited out where they arose.
inline constexpr milliseconds recorded_pause_min{1'000};

// What is left of it; zero where the account may be asked.
task<result<milliseconds>> courier_pause_left(pg::connection& db, std::string account);
// From now on; never shortens one that is recorded, and does not lengthen it by less than a second.
task<result<void>> record_courier_pause(pg::connection& db, std::string account, milliseconds left);

// For whoever asks now and then. What is left of the pause; zero where the account may be asked, or where the
// database cannot tell.
task<milliseconds> courier_pause_now(pg::pool& database, std::string account);
// … as the error of a request that is not made.
task<std::optional<error>> refusal_of_pause(pg::pool& database, std::string account);
// After an answer that asks for a pause; without Retry-After, after a 429, it is our own shortest.
task<void> share_courier_pause(pg::pool& database, std::string account, const courier::response_meta& how);
[[nodiscard]] error left_alone(milliseconds pause);
// How long nobody may ask, of a request that was not sent because a quota is used up; nullopt: it was sent,
// or failed for another reason.
[[nodiscard]] std::optional<milliseconds> held_back(const error& why, const courier::response_meta& how);

} // namespace suivi::shop
