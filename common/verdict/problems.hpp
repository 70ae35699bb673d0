// Which problems there are: from facts, all collected before, to the list a person works off. Pure; `now` is
// one of the facts.
//
// A problem is there as long as its cause is: nothing here remembers anything. Whoever shows problems
// (screen, doctor, metrics) fills in the facts it can know and leaves the others at their defaults, which
// mean "nothing is wrong".
#pragma once

#include "common/base/time.hpp"
#include "common/verdict/problem_kind.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace suivi::verdict {

// So long after a scheduled full sweep was due none has been complete, and the account counts as late.
inline constexpr std::chrono::hours sweep_grace{2};
// So long without a webhook while sweeps find changes, and an account counts as silent.
inline constexpr std::chrono::hours silence_min{6};
// So long may an order of an account be without tracking number, and a webhook without its order.
inline constexpr std::chrono::hours untracked_age{6};
inline constexpr std::chrono::hours parked_age{24};
// So far may two clocks be apart, for the screen and for doctor: what is told counts only where it is beyond
// doubt (both measure between a question and its answer), and clocks that NTP sets differ by far less.
inline constexpr milliseconds clock_skew_max{250};
// So long a reconciler may be without a sign of life, and so long may it take to give the first one where
// both programs were started together.
inline constexpr std::chrono::seconds sign_of_life{30};

struct counted {
  std::int64_t count = 0;
  std::optional<instant> since; // of the oldest of them
};

struct account_facts {
  std::string id, name;
  std::string courier; // its slug
  bool has_key = true;
  bool key_refused = false;
  std::optional<instant> key_refused_since;
  std::optional<instant> full_due_at;       // the last scheduled full sweep whose time has passed
  std::optional<instant> complete_as_of;    // start of the last complete full sweep
  std::optional<instant> incremental_as_of; // … of the last complete incremental one
  bool last_full_incomplete = false;        // the last one that ended, or was killed
  std::optional<instant> last_full_ended_at;
  std::string last_full_reason;
  bool registers_hooks = true;            // by the API; else by hand, and no call helps
  std::vector<std::string> hooks_missing; // names of triggers that should have a hook of ours
  std::optional<instant> hooks_checked_at;
  std::optional<instant> last_webhook_at;
  std::int64_t missed_since = 0; // changes that sweeps found since and no webhook reported
};

struct facts {
  instant now{};
  bool database_away = false;
  std::optional<instant> database_away_since;
  std::int64_t spooled = 0; // webhooks kept until the database is back
  int spool_percent = 0;    // of receiver.spool_max
  bool spool_unusable = false;
  std::optional<instant> spool_unusable_since;
  bool reconciler_alive = true; // one showed itself within sign_of_life
  std::optional<instant> reconciler_last_alive_at;
  // Since when the program that asks has been running; none: long enough.
  std::optional<instant> asking_since;
  std::vector<account_facts> accounts;
  bool accounts_known = true;          // false: the shop's accounts could not be read yet
  counted untracked;                   // older than untracked_age; see contract of the API
  std::int64_t unknown_to_courier = 0; // of these
  counted orders_without_account;      // that no account has matched either
  counted contested;
  counted quarantined, failed, conflict;
  counted parked_long; // for more than parked_age
  milliseconds database_clock_ahead{0};
  std::optional<instant> clocks_apart_since;   // as whoever looks again and again has seen it
  std::vector<std::string> partitions_missing; // of today, tomorrow and the next month
  std::vector<std::string> partitions_stray;   // default partitions that hold rows
};

// A call of the API that helps.
struct remedy_call {
  std::string method, path;
  std::optional<std::string> account, kind; // of the body
};

struct problem {
  problem_kind kind = problem_kind::database_away;
  std::optional<std::string> account, account_name;
  std::optional<std::int64_t> count;
  std::optional<instant> since;
  std::string detail; // one sentence, without customer data or secrets
  std::optional<remedy_call> action;
  std::optional<std::string> view; // an address of the screen
};

[[nodiscard]] bool are_clocks_apart(const facts& f);
// Since when they are, for whoever looks again and again: `since` is kept from look to look.
void note_clocks(facts& f, std::optional<instant>& since);

// Most severe first, then oldest, those of unknown age last.
[[nodiscard]] std::vector<problem> problems_of(const facts& f);

// An account that used to send webhooks has stopped: sweeps found changes, and for `silence_min` none came.
[[nodiscard]] bool is_silent(const std::optional<instant>& last_webhook_at, std::int64_t missed_since,
                             instant now);
// A scheduled full sweep was due `sweep_grace` ago and none has been complete since.
[[nodiscard]] bool is_late(const account_facts& a, instant now);
// No reconciler is there. A program that has just been started does not say so of one that it may have been
// started with, unless it saw that one go.
[[nodiscard]] bool is_without_reconciler(const facts& f);

} // namespace suivi::verdict
