// Facts in, problems and the verdict out: literal tables.
#include "common/verdict/problems.hpp"

#include "common/verdict/problem_gauges.hpp"
#include "common/verdict/verdict.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace suivi;
using namespace suivi::verdict;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_instant("2026-03-01T12:00:00Z");

account_facts sound_account() {
  account_facts a;
  a.id = "a-1";
  a.name = "Main";
  a.full_due_at = noon - 1h;
  a.complete_as_of = noon - 1h;
  a.last_webhook_at = noon - 1min;
  return a;
}

facts sound_shop() {
  facts f;
  f.now = noon;
  f.accounts.push_back(sound_account());
  return f;
}

judgment judged(const facts& f) {
  std::vector<problem> all = problems_of(f);
  return verdict_of(f, all);
}

struct cause {
  problem_kind kind;
  void (*spoil)(facts&);
};
const std::vector<cause> causes{
    {problem_kind::database_away, [](facts& f) { f.database_away = true; }},
    {problem_kind::spool_full, [](facts& f) { f.spool_unusable = true; }},
    {problem_kind::no_reconciler, [](facts& f) { f.reconciler_alive = false; }},
    {problem_kind::key_refused, [](facts& f) { f.accounts[0].key_refused = true; }},
    {problem_kind::sweep_late,
     [](facts& f) {
       f.accounts[0].full_due_at = noon - 3h;
       f.accounts[0].complete_as_of = noon - 9h;
     }},
    {problem_kind::sweep_incomplete, [](facts& f) { f.accounts[0].last_full_incomplete = true; }},
    {problem_kind::hooks_missing, [](facts& f) { f.accounts[0].hooks_missing = {"OrderDelivered"}; }},
    {problem_kind::webhooks_silent,
     [](facts& f) {
       f.accounts[0].last_webhook_at = noon - 6h;
       f.accounts[0].missed_since = 1;
     }},
    {problem_kind::untracked, [](facts& f) { f.untracked.count = 1; }},
    {problem_kind::orders_without_account, [](facts& f) { f.orders_without_account.count = 1; }},
    {problem_kind::contested, [](facts& f) { f.contested.count = 1; }},
    {problem_kind::quarantined, [](facts& f) { f.quarantined.count = 1; }},
    {problem_kind::failed, [](facts& f) { f.failed.count = 1; }},
    {problem_kind::conflict, [](facts& f) { f.conflict.count = 1; }},
    {problem_kind::parked, [](facts& f) { f.parked_long.count = 1; }},
    {problem_kind::clock_skew, [](facts& f) { f.database_clock_ahead = -6s; }},
    {problem_kind::partitions, [](facts& f) { f.partitions_missing = {"inbox_20260302"}; }},
};

} // namespace

TEST_CASE("a shop whose sweeps are complete and whose webhooks come has no problem and is ok") {
  facts f = sound_shop();
  CHECK(problems_of(f).empty());
  CHECK(judged(f).word == verdict_word::ok);
  CHECK_FALSE(judged(f).since.has_value());
}

TEST_CASE("each cause gives its one kind and severity, and without the cause the kind is gone") {
  REQUIRE(causes.size() == problem_kinds.size());
  for (const cause& r : causes) {
    CAPTURE(to_string(r.kind));
    facts f = sound_shop();
    r.spoil(f);
    std::vector<problem> all = problems_of(f);
    REQUIRE(all.size() == 1);
    CHECK(all[0].kind == r.kind);
    CHECK_FALSE(all[0].detail.empty());
    CHECK(all[0].account.has_value() == problem_kinds[static_cast<std::size_t>(r.kind)].of_account);
    judgment v = verdict_of(f, all);
    CHECK(to_string(v.word) == to_string(severity_of(r.kind)));
    CHECK(v.reasons == std::vector<problem_kind>{r.kind});
  }
}

TEST_CASE("the most severe problem comes first, then the oldest, and one of unknown age last") {
  facts f = sound_shop();
  f.quarantined = {2, noon - 1h};
  f.failed = {1, noon - 3h};
  f.untracked = {1, std::nullopt};
  f.accounts[0].key_refused = true;
  f.accounts[0].key_refused_since = noon - 1min;
  std::vector<problem> all = problems_of(f);
  REQUIRE(all.size() == 4);
  CHECK(all[0].kind == problem_kind::key_refused);
  CHECK(all[1].kind == problem_kind::failed);
  CHECK(all[2].kind == problem_kind::quarantined);
  CHECK(all[3].kind == problem_kind::untracked);
}

TEST_CASE("late is decided by the late kinds alone, and since when by the first of them") {
  facts f = sound_shop();
  f.quarantined = {1, noon - 48h};
  f.database_away = true;
  f.database_away_since = noon - 10min;
  f.reconciler_alive = false;
  f.reconciler_last_alive_at = noon - 1h;
  judgment v = judged(f);
  CHECK(v.word == verdict_word::late);
  CHECK(v.reasons == std::vector<problem_kind>{problem_kind::no_reconciler, problem_kind::database_away});
  CHECK(v.since == noon - 1h);
}

TEST_CASE("without account the verdict is unknown whatever the problems, and before the first complete sweep "
          "unless something is late") {
  facts f = sound_shop();
  f.accounts.clear();
  f.reconciler_alive = false;
  CHECK(judged(f).word == verdict_word::unknown);
  CHECK(judged(f).reasons.empty());

  facts first = sound_shop();
  first.accounts[0].complete_as_of.reset();
  first.untracked.count = 3;
  CHECK(judged(first).word == verdict_word::unknown);
  first.accounts[0].key_refused = true;
  CHECK(judged(first).word == verdict_word::late);
}

TEST_CASE("an account is late only after the grace, and never before its first complete sweep") {
  account_facts a = sound_account();
  a.complete_as_of = noon - 7h;
  a.full_due_at = noon - 2h;
  CHECK_FALSE(is_late(a, noon));
  a.full_due_at = noon - 2h - 1s;
  CHECK(is_late(a, noon));
  a.complete_as_of = a.full_due_at;
  CHECK_FALSE(is_late(a, noon));
  a.complete_as_of.reset();
  CHECK_FALSE(is_late(a, noon));
}

TEST_CASE("an action is one call with its body, and an account's id is percent-encoded in its path") {
  facts f = sound_shop();
  f.accounts[0].id = "a/é 1";
  f.accounts[0].key_refused = true;
  f.accounts[0].last_full_incomplete = true;
  f.untracked.count = 1;
  std::vector<problem> all = problems_of(f);
  REQUIRE(all.size() == 3);
  CHECK(all[0].action->path == "/api/v1/accounts/a%2F%C3%A9%201/test");
  CHECK(all[1].action->account == "a/é 1");
  CHECK(all[1].action->kind == "full");
  CHECK(all[2].action->kind == "lookups");
  CHECK(all[2].view == "#/orders?view=untracked");
}

TEST_CASE(
    "a problem's address names its account, percent-encoded, and lists no more than the problem counts") {
  facts f = sound_shop();
  f.accounts[0].id = "a&b/c";
  for (const cause& one : causes) one.spoil(f);
  f.parked_long.count = 2;
  for (const problem& p : problems_of(f)) {
    CAPTURE(to_string(p.kind));
    if (p.account) CHECK(p.view.value_or("").find("a%26b%2Fc") != std::string::npos);
    if (p.kind == problem_kind::parked) CHECK(p.view == "#/webhooks?outcome=parked&until=24h");
  }
}

TEST_CASE("a program that has just started does not miss a reconciler that may be starting with it") {
  facts f = sound_shop();
  f.reconciler_alive = false;
  f.reconciler_last_alive_at = noon - 8h; // both were off over night
  f.asking_since = noon - 29s;
  CHECK(problems_of(f).empty());
  CHECK(judged(f).word == verdict_word::ok);
  f.reconciler_last_alive_at.reset(); // there never was one
  CHECK(problems_of(f).empty());
  f.asking_since = noon - 30s;
  CHECK(problems_of(f).size() == 1);
  f.asking_since = noon - 5s;
  f.reconciler_last_alive_at = noon - 3s; // it came and went
  CHECK(problems_of(f).size() == 1);
}

TEST_CASE("clocks are apart from 250 ms on, in whole words") {
  facts f = sound_shop();
  f.database_clock_ahead = 250ms;
  CHECK(problems_of(f).empty());
  f.database_clock_ahead = -251ms;
  REQUIRE(problems_of(f).size() == 1);
  CHECK(problems_of(f)[0].detail == "PostgreSQL's clock is 251ms behind this machine's");
}

TEST_CASE("since when clocks are apart is when it was first seen, until they agree again") {
  std::optional<instant> since;
  facts f = sound_shop();
  note_clocks(f, since);
  CHECK_FALSE(f.clocks_apart_since);
  f.database_clock_ahead = 2s;
  note_clocks(f, since);
  f.now += 1h;
  note_clocks(f, since);
  REQUIRE(problems_of(f).size() == 1);
  CHECK(problems_of(f)[0].since == noon);
  f.database_clock_ahead = 0s;
  note_clocks(f, since);
  CHECK_FALSE(since);
}

TEST_CASE("every kind has a series, with an account where it belongs to one, and is 0 without the problem") {
  facts f = sound_shop();
  account_facts second = sound_account();
  second.id = "a-2";
  second.last_full_incomplete = true;
  f.accounts.push_back(second);
  f.quarantined.count = 12;
  std::size_t above = 0;
  std::set<problem_kind> kinds;
  for (const problem_gauge& gauge : gauges_of(f, problems_of(f))) {
    kinds.insert(gauge.kind);
    CHECK(gauge.account.empty() != problem_kinds[static_cast<std::size_t>(gauge.kind)].of_account);
    if (gauge.size == 0) continue;
    ++above;
    if (gauge.kind == problem_kind::quarantined) CHECK(gauge.size == 12);
    if (gauge.kind == problem_kind::sweep_incomplete) CHECK((gauge.size == 1 && gauge.account == "a-2"));
  }
  CHECK(kinds.size() == problem_kinds.size());
  CHECK(above == 2);
  f.accounts.clear();
  for (const problem_gauge& gauge : gauges_of(f, problems_of(f))) CHECK(gauge.account.empty());
}

TEST_CASE(
    "of very many accounts only so many that are in trouble have series and none of their problems is lost") {
  facts f = sound_shop();
  f.accounts.clear();
  constexpr std::int64_t in_trouble = 2 * static_cast<std::int64_t>(gauge_accounts_max);
  for (std::int64_t n = 0; n < 20'000; ++n) {
    account_facts a = sound_account();
    a.id = "a-" + std::to_string(n);
    a.last_full_incomplete = n % (20'000 / in_trouble) == 0;
    f.accounts.push_back(std::move(a));
  }
  std::set<std::string> accounts;
  std::int64_t reported = 0;
  for (const problem_gauge& gauge : gauges_of(f, problems_of(f))) {
    accounts.insert(gauge.account);
    if (gauge.kind == problem_kind::sweep_incomplete) reported += gauge.size;
  }
  CHECK(reported == in_trouble);
  CHECK(accounts.size() == gauge_accounts_max + 1);
}

TEST_CASE("every kind has a name of its own that leads back to it") {
  std::set<std::string_view> names;
  for (const problem_kind_row& row : problem_kinds) {
    names.insert(row.name);
    CHECK(problem_kind_from(row.name) == row.kind);
  }
  CHECK(names.size() == problem_kinds.size());
  CHECK_FALSE(problem_kind_from("nothing").has_value());
}
