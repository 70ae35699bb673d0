// What operators have done: an event run again or deleted, a sweep asked for, an account tested.
#include "receiver/api/event_json.hpp"
#include "receiver/api/operations_api.hpp"
#include "receiver/web/responses.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// How long a retry waits for what becomes of its event: an order may be locked, the courier may have to be
// asked.
constexpr milliseconds patience = 10s;
constexpr milliseconds first_look = 5ms;
constexpr milliseconds longest_pause = 250ms;

std::string sentence(const event_progress& p) {
  if (p.outcome == "applied") return "the order was updated";
  if (p.outcome == "unchanged") return "the order already says so";
  if (p.outcome == "stale") return "an older truth: the order stays as it is";
  if (p.outcome == "parked") return "its order is not known here yet";
  if (p.outcome == "confirming") return "it waits for the courier's answer";
  if (p.outcome == "pending") return "its order is locked, it is tried again";
  return p.error ? *p.error : "it could not be applied";
}

} // namespace

task<operations::answer_or_error> operations::retry(std::string subject) {
  auto id = read_id(subject);
  if (!id) co_return unknown("webhook event");
  {
    auto db = co_await connection();
    if (!db) co_return db.error();
    auto event = co_await read_event(**db, *id);
    if (!event) co_return event.error();
    if (!*event) co_return unknown("webhook event");
    webhook a;
    a.event = maystro::decode((*event)->raw);
    if (a.event.kind != maystro::event_kind::order) {
      bool ignored = a.event.kind == maystro::event_kind::ignored;
      json::object data{{"outcome", ignored ? "ignored" : "quarantined"}};
      co_return not_done(std::move(data), ignored ? "it concerns no order" : a.event.why);
    }
    auto owner = events_.owner();
    auto taken = co_await take_event(**db, *id, std::move(owner));
    if (!taken) co_return taken.error();
    if (*taken) {
      const auto& from = **taken;
      a.received_at = from.again_at ? *from.again_at : (*event)->received_at;
      a.account = (*event)->account;
      auto again = to_work(a, *id);
      again.state = from.state;
      again.state_since = from.state_since;
      again.attempts = from.attempts;
      std::vector<work> one;
      one.push_back(std::move(again));
      events_.take(std::move(one));
    }
  }
  auto answer = co_await await_outcome(*id);
  co_return answer;
}

// Asks the database, for the event may be in another receiver's hands.
task<operations::answer_or_error> operations::await_outcome(std::int64_t id) {
  auto deadline = steady_clock::now() + patience;
  auto pause = first_look;
  std::optional<event_progress> seen;
  for (;;) {
    auto until = std::min(steady_clock::now() + pause, deadline);
    co_await runtime::sleep_until(until);
    auto db = co_await connection();
    if (!db) co_return db.error();
    auto found = co_await follow_event(**db, id);
    if (!found) co_return found.error();
    if (!*found) co_return unknown("webhook event");
    seen = std::move(*found);
    if (seen->settled || steady_clock::now() >= deadline) break;
    pause = std::min(pause * 2, longest_pause);
  }
  bool good = seen->settled &&
              (seen->outcome == "applied" || seen->outcome == "unchanged" || seen->outcome == "stale");
  json::object data{{"outcome", seen->outcome}};
  if (seen->order_id) data["orderId"] = *seen->order_id;
  co_return good ? answered(std::move(data), sentence(*seen)) : not_done(std::move(data), sentence(*seen));
}

task<operations::answer_or_error> operations::remove_event(std::string subject) {
  auto id = read_id(subject);
  if (!id) co_return unknown("webhook event");
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto removed = co_await delete_event(**db, *id);
  if (!removed) co_return removed.error();
  if (!removed->found) co_return unknown("webhook event");
  if (!removed->done)
    co_return refused(409, "CONFLICT",
                      fmt::format("the event is {}: it cannot be deleted yet", removed->outcome));
  json::object data{{"id", subject}};
  co_return answered(std::move(data), "the webhook event was deleted");
}

task<operations::answer_or_error> operations::ask_for_sweep(std::string body, bool old_shape) {
  auto wish = read_sweep_wish(body);
  if (!wish) co_return bad_request(wish.error());
  std::vector<std::string> accounts;
  if (wish->account) {
    auto id = *wish->account;
    bool known = co_await look_for_account(id);
    if (known) accounts.push_back(std::move(id));
  } else {
    co_await accounts_.refresh();
    for (const auto& known : accounts_.list()) accounts.push_back(known.id);
  }
  if (!accounts_.loaded()) co_return unavailable(accounts_unread);
  if (accounts.empty()) co_return unknown("account");
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto asked = co_await ask_for_sweeps(**db, std::move(accounts), wish->kind);
  if (!asked) co_return asked.error();
  co_return old_shape ? shipping_triggered(*asked) : sweeps_asked(*asked);
}

task<operations::answer_or_error> operations::test_account(std::string id) {
  bool is_known = co_await look_for_account(id);
  if (!accounts_.loaded()) co_return unavailable(accounts_unread);
  if (!is_known) co_return unknown("account");
  auto known = accounts_.list();
  auto who = std::find_if(known.begin(), known.end(), [&](const auto& a) { return a.id == id; });
  auto courier = accounts_.courier(id);
  std::optional<std::string> problem;
  auto begun = steady_clock::now();
  auto at = suivi::now();
  if (courier) {
    auto answer = co_await courier->list(1);
    if (!answer.content) problem = to_string(answer.content.error());
  } else {
    problem = "it has no key";
  }
  auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto company = co_await note_account_test(**db, id, at, problem);
  if (!company) co_return company.error();
  json::object data;
  data["accountId"] = id;
  data["accountName"] = who->name;
  data["companyName"] = company->value_or("Maystro");
  data["isConnected"] = !problem;
  data["responseTime"] = took.count();
  data["testedAt"] = format_instant(at);
  if (!problem) co_return answered(std::move(data), "the courier accepts the account's key");
  co_return not_done(std::move(data), *problem);
}

} // namespace suivi::receiver
