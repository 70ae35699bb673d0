// One test request and the hooks of each account.
#include "reconciler/doctor/collect/courier_facts.hpp"

#include "common/courier_list/apis/make_courier.hpp"
#include "common/courier_list/parts.hpp"
#include "common/log/log.hpp"
#include "common/shop/account_statistics.hpp"
#include "common/shop/courier_pause.hpp"
#include "common/shop/request_quota.hpp"
#include "reconciler/doctor/collect/fact_reader.hpp"
#include "reconciler/hooks/hook_owner.hpp"
#include "reconciler/hooks/hook_registrar.hpp"
#include "reconciler/pace/pace.hpp"

#include <algorithm>
#include <memory>

namespace suivi::reconciler {
namespace {

constexpr int attempts_max = 3;
constexpr milliseconds wait_max{10'000};
constexpr milliseconds request_timeout_max{10'000}; // whoever waits for doctor's answer sits before it
constexpr milliseconds courier_second{1'000};       // its Date has whole seconds

constexpr pg::statement begin{"doctor_note_begin", "begin"};
constexpr pg::statement commit{"doctor_note_commit", "commit"};

milliseconds patience(const services& p) {
  return std::min(p.settings.maystro.request_timeout, request_timeout_max);
}

struct key_answer {
  std::optional<error> problem;
  courier::response_meta how;
  std::vector<std::string> references; // of the list's first page, where that was asked for
};

// What says whether the key is taken: the first page of the list where a request costs nothing, which a sweep
// would ask for, else the courier's own test.
task<key_answer> ask_with_key(courier::courier_api& courier, courier_kind kind) {
  key_answer got;
  courier::capabilities can = courier::capabilities_of(kind);
  if (!can.lists || can.has_quotas) {
    auto tested = co_await courier.test_key();
    if (!tested.content) got.problem = tested.content.error();
    got.how = tested.how;
    co_return got;
  }
  auto listed = co_await courier.list(1);
  got.how = listed.how;
  if (!listed.content) {
    got.problem = listed.content.error();
    co_return got;
  }
  for (const shipment& row : listed.content->rows)
    if (row.reference) got.references.push_back(*row.reference);
  co_return got;
}

task<shop::request_counts> test_key(services& p, const shop::account& who, account_facts& into) {
  shop::request_quota quota(p.database);
  std::unique_ptr<courier::courier_api> courier =
      courier::make_courier(p.client, who.courier, patience(p), who.id, &quota);
  shop::request_counts counts;
  milliseconds pause = co_await shop::courier_pause_now(p.database, who.id);
  if (pause > wait_max) {
    into.key = shop::left_alone(pause);
    co_return counts;
  }
  if (pause.count() > 0) co_await runtime::sleep_for(pause);
  for (int tries = 1;; ++tries) {
    key_answer answer = co_await ask_with_key(*courier, who.courier.courier);
    into.key = answer.problem;
    if (answer.how.requested_at == instant{}) break; // its quota is used up
    ++counts.requests;
    ++(into.key ? counts.bad : counts.good);
    counts.last = answer.how.answered_at;
    if (answer.how.server_date) {
      clock_interval ahead = clock_ahead(answer.how.requested_at, answer.how.answered_at,
                                         *answer.how.server_date, courier_second);
      into.courier_clock = into.courier_clock ? narrowed(*into.courier_clock, ahead) : ahead;
    }
    if (!answer.problem) into.listed_references = std::move(answer.references);
    if (!courier::capabilities_of(who.courier.courier).has_quotas)
      co_await shop::share_courier_pause(p.database, who.id, answer.how);
    judgment next = judge(into.key ? &*into.key : nullptr, answer.how.retry_after, tries, tries, 0.5);
    bool again = next.step == next_step::again || next.step == next_step::again_gated;
    if (!again || tries >= attempts_max || next.wait > wait_max) break;
    co_await runtime::sleep_for(next.wait);
  }
  co_return counts;
}

// Briefly, and only if nobody holds the account's row: it is statistics.
task<result<void>> write_note(pg::connection& db, std::string account, std::optional<std::string> problem,
                              shop::request_counts counts) {
  pg::pipeline opening;
  opening.add(begin);
  add_short_limits(opening);
  auto opened = co_await db.run(std::move(opening));
  if (!opened) co_return opened.error();
  if (counts.requests > 0) {
    auto counted = co_await shop::record_requests(db, account, counts);
    if (!counted) co_return counted.error();
  }
  auto noted = co_await shop::record_account_test(db, account, now(), std::move(problem));
  if (!noted) co_return noted.error();
  auto committed = co_await db.run(commit);
  if (!committed) co_return committed.error();
  co_return result<void>();
}

// A lease that goes back in the middle of a transaction is closed, which ends it.
task<void> note(services& p, std::string account, std::optional<std::string> problem,
                shop::request_counts counts) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return;
  auto written = co_await write_note(**db, account, std::move(problem), counts);
  if (!written)
    log::warn("a test could not be noted", {{"account", account}, {"error", to_string(written.error())}});
}

task<void> collect_hooks(services& p, const shop::account& who, const std::vector<shop::account>& accounts,
                         account_facts& into, std::vector<failed_read>& failed,
                         shop::request_counts& counts) {
  hook_registrar hooks(p.client, p.database, who, patience(p), owner_of_hooks(p.settings, who.id, accounts));
  hook_report found = co_await hooks.inspect();
  counts.requests += hooks.counts().requests;
  counts.good += hooks.counts().good;
  counts.bad += hooks.counts().bad;
  if (hooks.counts().last) counts.last = hooks.counts().last;
  if (found.failed) {
    failed.push_back({"hooks_missing", who.id, *found.failed});
    co_return;
  }
  hook_facts& facts = into.hooks.emplace();
  facts.missing = found.missing;
  facts.nothing_listed = found.wanted.empty();
  facts.at_old_address = found.at_old_addresses.triggers;
  facts.old_address_has_secret = found.at_old_addresses.accepted;
  for (const std::string& name : found.wanted)
    if (std::find(found.missing.begin(), found.missing.end(), name) == found.missing.end())
      facts.registered.push_back(name);
}

} // namespace

task<void> collect_from_courier(services& p, shop::account who, std::vector<shop::account> accounts,
                                account_facts& into, std::vector<failed_read>& failed) {
  shop::request_counts counts;
  std::optional<std::string> problem;
  if (into.has_key) {
    counts = co_await test_key(p, who, into);
    bool registers_hooks = courier::capabilities_of(who.courier.courier).registers_hooks;
    if (registers_hooks && !into.key && !p.settings.receiver.public_url.empty())
      co_await collect_hooks(p, who, accounts, into, failed, counts);
    if (into.key) problem = to_string(*into.key);
  } else {
    problem = "the account has no key";
  }
  into.was_read = true;
  bool left_alone = counts.requests == 0 && into.key && into.key->code == "courier:throttled";
  if (who.from_environment || left_alone) co_return;
  co_await note(p, who.id, std::move(problem), counts);
}

} // namespace suivi::reconciler
