// What becomes of an event is asked of the database, for it may be in another receiver's hands.
#include "receiver/api/events/event_endpoints.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"
#include "receiver/api/call/answers.hpp"
#include "receiver/api/events/event_detail.hpp"
#include "receiver/api/events/event_json.hpp"
#include "receiver/event/decode_event.hpp"
#include "receiver/web/responses.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t events_at_once = 25; // whose bytes are in memory
constexpr std::size_t shown_at_a_stretch_bytes = 128 * 1024;

// How long a retry waits for what becomes of its event: an order may be locked, the courier may have to be
// asked.
constexpr milliseconds patience = 10s;
constexpr milliseconds initial_pause = 5ms;
constexpr milliseconds pause_max = 250ms;

std::string sentence(const event_progress& p) {
  if (p.outcome == "applied") return "the order was updated";
  if (p.outcome == "unchanged") return "the order already says so";
  if (p.outcome == "stale") return "an older truth: the order stays as it is";
  if (p.outcome == "parked") return "its order is not known here yet";
  if (p.outcome == "confirming") return "it waits for the courier's answer";
  if (p.outcome == "pending") return "its order is locked, it is tried again";
  return p.error ? *p.error : "it could not be applied";
}

// Asks the database, for the event may be in another receiver's hands.
task<answer_or_error> await_outcome(api_context& api, std::int64_t id) {
  auto deadline = steady_clock::now() + patience;
  auto pause = initial_pause;
  std::optional<event_progress> progress;
  for (;;) {
    auto until = std::min(steady_clock::now() + pause, deadline);
    co_await runtime::sleep_until(until);
    auto db = co_await api_connection(api);
    if (!db) co_return db.error();
    auto found = co_await follow_event(**db, id);
    if (!found) co_return found.error();
    if (!*found) co_return unknown("webhook event");
    progress = std::move(*found);
    if (progress->settled || steady_clock::now() >= deadline) break;
    pause = std::min(pause * 2, pause_max);
  }
  bool good = progress->settled && (progress->outcome == "applied" || progress->outcome == "unchanged" ||
                                    progress->outcome == "stale");
  json::object data{{"outcome", progress->outcome}};
  if (progress->order_id) data["orderId"] = *progress->order_id;
  co_return good ? answered(std::move(data), sentence(*progress))
                 : not_done(std::move(data), sentence(*progress));
}

} // namespace

task<answer_or_error> list_events(api_context& api, api_call call) {
  auto wanted = read_event_query(call.where.target, suivi::now());
  if (!wanted) co_return bad_request(wanted.error());
  co_await api.accounts.refresh();
  const event_origins origins = origins_of(api.accounts);
  wanted->filter.origins = origins;
  if (wanted->filter.account)
    wanted->filter.and_unnamed = api.accounts.only_account() == *wanted->filter.account;
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto page = co_await find_events(**db, *wanted);
  if (!page) co_return page.error();
  if (page->events.empty()) {
    give_back(*db);
    std::string account = wanted->filter.account.value_or("");
    auto refusal = co_await refuse_unknown_account(api, std::move(account));
    if (refusal) co_return std::move(*refusal);
  }
  // As text at once: a thousand long events as values would take several times their size.
  std::string events;
  std::size_t shown_at_a_stretch = 0;
  for (std::size_t first = 0; first < page->events.size(); first += events_at_once) {
    auto begin = page->events.begin() + static_cast<std::ptrdiff_t>(first);
    auto count = std::min(events_at_once, page->events.size() - first);
    std::vector<event_name> some(begin, begin + static_cast<std::ptrdiff_t>(count));
    auto read = co_await read_events(**db, std::move(some), wanted->with_payload);
    if (!read) co_return read.error();
    for (const auto& e : *read) {
      if (!events.empty()) events += ',';
      auto listed = event_json(e, wanted->with_payload, origins);
      if (wanted->with_settled) listed["settledAt"] = or_null(e.settled_at);
      events += write_json(listed);
      shown_at_a_stretch += e.raw.size();
      if (shown_at_a_stretch < shown_at_a_stretch_bytes) continue;
      shown_at_a_stretch = 0;
      co_await runtime::sleep_for(0ms); // others are served between
    }
  }
  http::response list;
  list.body = fmt::format(R"({{"success":true,"data":{{"events":[{}],"pagination":{}}}}})", events,
                          write_json(pagination_json(*wanted, *page)));
  co_return list;
}

task<answer_or_error> show_event(api_context& api, api_call call) {
  auto id = read_id(call.where.subject);
  if (!id) co_return unknown("webhook event");
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto event = co_await read_event_in_full(**db, *id, origins_of(api.accounts));
  if (!event) co_return event.error();
  if (!*event) co_return unknown("webhook event");
  co_return answered(std::move(**event));
}

task<answer_or_error> event_stats(api_context& api, api_call call) {
  auto wanted = read_stats_query(call.where.target, suivi::now());
  if (!wanted) co_return bad_request(wanted.error());
  std::vector<event_count> counts;
  std::vector<std::optional<std::string>> counted_accounts; // nullopt: all accounts
  bool of_first = wanted->source == event_source(couriers.front());
  if (!wanted->source || of_first) counted_accounts.emplace_back(std::nullopt);
  co_await api.accounts.refresh();
  const event_origins origins = origins_of(api.accounts);
  for (const event_sender& one : origins.senders)
    if (!wanted->source || of_first || wanted->source == one.source)
      counted_accounts.insert(counted_accounts.end(), one.accounts.begin(), one.accounts.end());
  if (!counted_accounts.empty()) {
    auto db = co_await api_connection(api);
    if (!db) co_return db.error();
    for (const std::optional<std::string>& account : counted_accounts) {
      auto found = co_await count_events(**db, wanted->since, account);
      if (!found) co_return found.error();
      // What is nobody else's is the first courier's.
      bool is_whole = !counted_accounts.front();
      for (const event_count& one : *found) {
        if (!account) counts.push_back(one);
        if (account && is_whole) counts.push_back({one.name, one.outcome, -one.count});
        if (account && !of_first) counts.push_back({one.name, one.outcome, one.count, true});
      }
    }
  }
  co_return answered(stats_json(counts, wanted->period));
}

task<answer_or_error> retry_event(api_context& api, api_call call) {
  auto id = read_id(call.where.subject);
  if (!id) co_return unknown("webhook event");
  {
    auto db = co_await api_connection(api);
    if (!db) co_return db.error();
    auto event = co_await read_event(**db, *id);
    if (!event) co_return event.error();
    if (!*event) co_return unknown("webhook event");
    webhook a;
    a.event = decode_event((*event)->raw);
    if (a.event.kind != event_kind::order) {
      bool ignored = a.event.kind == event_kind::ignored;
      json::object data{{"outcome", ignored ? "ignored" : "quarantined"}};
      co_return not_done(std::move(data), ignored ? "it concerns no order" : a.event.why);
    }
    auto owner = api.events.owner();
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
      std::vector<pending_event> one;
      one.push_back(std::move(again));
      api.events.enqueue(std::move(one));
    }
  }
  auto answer = co_await await_outcome(api, *id);
  co_return answer;
}

task<answer_or_error> remove_event(api_context& api, api_call call) {
  auto id = read_id(call.where.subject);
  if (!id) co_return unknown("webhook event");
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto removed = co_await delete_event(**db, *id);
  if (!removed) co_return removed.error();
  if (!removed->found) co_return unknown("webhook event");
  if (!removed->done)
    co_return refused(409, "CONFLICT",
                      fmt::format("the event is {}: it cannot be deleted yet", removed->outcome));
  json::object data{{"id", call.where.subject}};
  co_return answered(std::move(data), "the webhook event was deleted");
}

task<answer_or_error> remove_events(api_context& api, api_call call) {
  auto ids = read_deletion(call.request.body);
  if (!ids) co_return bad_request(ids.error());
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto done = co_await delete_events(**db, std::move(*ids));
  if (!done) co_return done.error();
  json::array refusals;
  for (const auto& one : done->refused)
    refusals.push_back({{"id", std::to_string(one.id)}, {"outcome", one.outcome}});
  json::object data{{"deleted", done->deleted}, {"refused", std::move(refusals)}};
  co_return answered(std::move(data));
}

} // namespace suivi::receiver
