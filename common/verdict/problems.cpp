// Decides which problems there are, one function for each group of kinds.
#include "common/verdict/problems.hpp"

#include "common/base/duration.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tuple>

namespace suivi::verdict {
namespace {

using list = std::vector<problem>;

problem& add(list& to, problem_kind kind, std::optional<std::int64_t> count, std::optional<instant> since,
             std::string detail) {
  problem& p = to.emplace_back();
  p.kind = kind;
  p.count = count;
  p.since = since;
  p.detail = std::move(detail);
  return p;
}

problem& add(list& to, problem_kind kind, const account_facts& of, std::optional<std::int64_t> count,
             std::optional<instant> since, std::string detail) {
  problem& p = add(to, kind, count, since, std::move(detail));
  p.account = of.id;
  p.account_name = of.name;
  return p;
}

remedy_call full_sweep(const account_facts& of) {
  return {"POST", "/api/v1/sweeps", of.id, "full"};
}

// Ids may hold anything.
std::string encoded(std::string_view id) {
  static constexpr std::string_view plain = "-._~";
  std::string text;
  for (char c : id) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || plain.find(c) != std::string_view::npos)
      text += c;
    else
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

std::string account_path(const account_facts& of, std::string_view verb) {
  return fmt::format("/api/v1/accounts/{}/{}", encoded(of.id), verb);
}

// The screen's page about that account.
std::string account_view(const account_facts& of) {
  return fmt::format("#/accounts/{}", encoded(of.id));
}

void judge_programs(list& to, const facts& f) {
  if (f.database_away)
    add(to, problem_kind::database_away, f.spooled, f.database_away_since,
        fmt::format("the database is away; {} webhook(s) are kept in the spool, {} % of it is in use",
                    f.spooled, f.spool_percent));
  if (f.spool_unusable)
    add(to, problem_kind::spool_full, f.spooled, f.spool_unusable_since,
        fmt::format("the spool is full or cannot be written: webhooks are refused while the database is "
                    "away; {} are in it",
                    f.spooled));
  if (is_without_reconciler(f))
    add(to, problem_kind::no_reconciler, std::nullopt, f.reconciler_last_alive_at,
        "no suivi-reconciler showed itself for 30 seconds: nothing is swept");
  if (are_clocks_apart(f))
    add(to, problem_kind::clock_skew, std::nullopt, f.clocks_apart_since,
        fmt::format("PostgreSQL's clock is {} {} this machine's",
                    format_duration(std::chrono::abs(f.database_clock_ahead)),
                    f.database_clock_ahead.count() > 0 ? "ahead of" : "behind"));
  if (!f.partitions_missing.empty())
    add(to, problem_kind::partitions, static_cast<std::int64_t>(f.partitions_missing.size()), std::nullopt,
        fmt::format("partitions are not there yet: {}", fmt::join(f.partitions_missing, ", ")));
  else if (!f.partitions_stray.empty())
    add(to, problem_kind::partitions, static_cast<std::int64_t>(f.partitions_stray.size()), std::nullopt,
        fmt::format("rows came when their partition was not there and lie in {}",
                    fmt::join(f.partitions_stray, ", ")));
}

void judge_account(list& to, const facts& f, const account_facts& a) {
  if (!a.has_key || a.key_refused) {
    problem& p =
        add(to, problem_kind::key_refused, a, std::nullopt, a.key_refused_since,
            a.has_key ? "the courier refuses the account's key" : "the account has no key for its courier");
    p.action = remedy_call{"POST", account_path(a, "test"), std::nullopt, std::nullopt};
    p.view = account_view(a);
  }
  if (is_late(a, f.now)) {
    problem& p = add(to, problem_kind::sweep_late, a, std::nullopt, a.full_due_at,
                     fmt::format("a full sweep was due at {} and none has been complete since",
                                 format_instant(*a.full_due_at)));
    p.action = full_sweep(a);
    p.view = fmt::format("#/sweeps?account={}", encoded(a.id));
  }
  if (a.last_full_incomplete) {
    problem& p = add(to, problem_kind::sweep_incomplete, a, std::nullopt, a.last_full_ended_at,
                     fmt::format("the last full sweep was incomplete: {}", a.last_full_reason));
    p.action = full_sweep(a);
    p.view = fmt::format("#/sweeps?verdict=incomplete&account={}", encoded(a.id));
  }
  remedy_call hooks{"POST", account_path(a, "hooks"), std::nullopt, std::nullopt};
  if (!a.hooks_missing.empty()) {
    problem& p = add(to, problem_kind::hooks_missing, a, static_cast<std::int64_t>(a.hooks_missing.size()),
                     a.hooks_checked_at,
                     fmt::format("not registered at the courier: {}", fmt::join(a.hooks_missing, ", ")));
    p.action = hooks;
    p.view = account_view(a);
  }
  if (is_silent(a.last_webhook_at, a.missed_since, f.now)) {
    problem& p = add(to, problem_kind::webhooks_silent, a, a.missed_since, a.last_webhook_at,
                     fmt::format("no webhook came since {}, and sweeps found {} change(s) meanwhile",
                                 format_instant(*a.last_webhook_at), a.missed_since));
    if (a.registers_hooks) p.action = hooks;
    p.view = fmt::format("#/webhooks?account={}", encoded(a.id));
  }
}

void judge_orders(list& to, const facts& f) {
  if (f.untracked.count > 0) {
    problem& p = add(to, problem_kind::untracked, f.untracked.count, f.untracked.since,
                     fmt::format("{} order(s) have no tracking number after 6 hours; the courier does not "
                                 "know {} of them",
                                 f.untracked.count, f.unknown_to_courier));
    p.action = remedy_call{"POST", "/api/v1/sweeps", std::nullopt, "lookups"};
    p.view = "#/orders?view=untracked";
  }
  if (f.orders_without_account.count > 0) {
    problem& p = add(to, problem_kind::orders_without_account, f.orders_without_account.count,
                     f.orders_without_account.since,
                     fmt::format("{} order(s) have no account, and no parcel was matched to them",
                                 f.orders_without_account.count));
    p.view = "#/orders?view=unassigned&unmatched=true";
  }
  if (f.contested.count > 0) {
    problem& p =
        add(to, problem_kind::contested, f.contested.count, f.contested.since,
            fmt::format("{} order(s) without account are claimed by two accounts, and neither writes them",
                        f.contested.count));
    p.view = "#/orders?view=contested";
  }
}

void judge_events(list& to, const facts& f) {
  auto event = [&](problem_kind kind, const counted& of, std::string_view sentence) {
    if (of.count == 0) return;
    problem& p = add(to, kind, of.count, of.since, fmt::format("{} webhook(s) {}", of.count, sentence));
    p.view = fmt::format("#/webhooks?outcome={}", to_string(kind));
  };
  event(problem_kind::quarantined, f.quarantined, "were not understood");
  event(problem_kind::failed, f.failed, "could not be applied");
  event(problem_kind::conflict, f.conflict, "belong to no account, or to another one than their order");
  event(problem_kind::parked, f.parked_long, "wait for more than a day for an order that is not here");
  if (f.parked_long.count > 0) *to.back().view += "&until=24h"; // not those that wait for less
}

} // namespace

bool are_clocks_apart(const facts& f) {
  return std::chrono::abs(f.database_clock_ahead) > clock_skew_max;
}

void note_clocks(facts& f, std::optional<instant>& since) {
  if (!are_clocks_apart(f))
    since.reset();
  else if (!since)
    since = f.now;
  f.clocks_apart_since = since;
}

bool is_silent(const std::optional<instant>& last_webhook_at, std::int64_t missed_since, instant now) {
  return last_webhook_at && missed_since > 0 && now - *last_webhook_at >= silence_min;
}

bool is_late(const account_facts& a, instant now) {
  return a.full_due_at && a.complete_as_of && now - *a.full_due_at > sweep_grace &&
         *a.complete_as_of < *a.full_due_at;
}

bool is_without_reconciler(const facts& f) {
  if (f.reconciler_alive) return false;
  if (!f.asking_since || f.now - *f.asking_since >= sign_of_life) return true;
  return f.reconciler_last_alive_at && *f.reconciler_last_alive_at >= *f.asking_since;
}

std::vector<problem> problems_of(const facts& f) {
  list all;
  judge_programs(all, f);
  for (const account_facts& a : f.accounts) judge_account(all, f, a);
  judge_orders(all, f);
  judge_events(all, f);
  std::sort(all.begin(), all.end(), [](const problem& a, const problem& b) {
    auto place = [](const problem& p) {
      return std::tuple(severity_of(p.kind), p.since.value_or(instant::max()), p.kind, p.account);
    };
    return place(a) < place(b);
  });
  return all;
}

} // namespace suivi::verdict
