// What is noted of an account beside its sweeps: requests counted and tests recorded in the shop's
// shipping_accounts, the state of its hooks and when its last webhook came in suivi.account. Every call may
// be repeated.
#pragma once

#include "common/pg/connection.hpp"
#include "reconciler/store/sweep_record.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

// Adds to the shop's statistics columns. Nothing for accounts of the environment: they have no row.
task<result<void>> note_requests(pg::connection& db, std::string account, request_counts counts);

// The columns "lastTestAt", "lastTestStatus" ('success' or 'error') and "lastTestError".
task<result<void>> note_test(pg::connection& db, std::string account, instant at,
                             std::optional<std::string> problem);

// Only one process at a time changes an account's hooks, lest two register the same. False: another one does.
// Lapses by itself after two minutes.
task<result<bool>> claim_hooks(pg::connection& db, std::string account, std::string name);

// Frees the claim and notes what was seen; `problem` empty: nothing is wrong.
struct hook_state {
  std::vector<std::string> registered; // names of triggers
  std::optional<std::string> problem;
};
task<result<void>> note_hooks(pg::connection& db, std::string account, hook_state seen);
task<result<void>> free_hooks(pg::connection& db, std::string account);

// True for one caller where the daily look is due: the next one is put off by `next`.
task<result<bool>> hook_look_is_due(pg::connection& db, std::string account, std::string name,
                                    milliseconds next);

task<result<void>> put_off_hook_look(pg::connection& db, std::string account, milliseconds by);

struct heard {
  std::optional<instant> at; // the last webhook
  std::int64_t missed = 0;   // changes that sweeps found since and no webhook told
  instant asked_at{};        // PostgreSQL's clock
};
// By account; looks only at what came since the last note_heard(). A webhook whose address names no account
// counts for `only_account` (the shop's only one), else for the account that showed its parcel.
task<result<std::map<std::string, heard>>> heard_from(pg::connection& db,
                                                      std::optional<std::string> only_account);
// Keeps what heard_from() found, so that the next look is short.
task<result<void>> note_heard(pg::connection& db, const std::map<std::string, heard>& found);

// An account that used to send webhooks has fallen silent: changes were found in a quarter of a day without
// one. Pure.
[[nodiscard]] bool fell_silent(const heard& of);

} // namespace suivi::reconciler
