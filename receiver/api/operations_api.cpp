// Who may, what is meant, and the questions that one look at the database answers. Those that do something
// are in operations_actions.cpp.
#include "receiver/api/operations_api.hpp"

#include "common/crypto/crypto.hpp"
#include "common/json/json_text.hpp"
#include "common/log/log.hpp"
#include "common/pg/sqlstate.hpp"
#include "common/shop/coverage.hpp"
#include "receiver/api/event_json.hpp"
#include "receiver/services/options.hpp"
#include "receiver/web/responses.hpp"
#include "receiver/web/routes.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t own_connections = 2;
constexpr std::size_t waiting_max = 64;
constexpr std::size_t events_at_once =
    100; // whose bytes are in memory, and between which others get their turn
constexpr std::int64_t sweeps_shown = 25;

pg::pool_options pool_options(pg::connect_options connect) {
  pg::pool_options options;
  options.connect = std::move(connect);
  options.connect.application_name += "-operations";
  options.size = own_connections;
  options.max_waiters = waiting_max;
  return options;
}

} // namespace

operations::operations(asio::any_io_executor executor, const config::settings& s, pg::connect_options connect,
                       database_monitor& db, account_registry& accounts, apply_lane& events)
    : settings_(s), db_(db), accounts_(accounts), events_(events),
      connections_(executor, pool_options(std::move(connect))),
      stream_(executor, db, connections_, stream::limits()),
      replay_(connections_, accounts, door_options(s)) {}

task<http::response> operations::answer(http::request request) {
  const auto& wanted = settings_.receiver.admin_token;
  auto where = find_operation(request);
  if (wanted.empty() || where.allowed.empty()) co_return not_found();
  auto token = bearer(request.headers);
  if (!token || !crypto::equal_in_constant_time(*token, wanted.reveal())) co_return wrong_token();
  if (request.method == "OPTIONS") co_return methods_allowed(where.allowed);
  if (where.operation == operation::nowhere) co_return wrong_method(where.allowed);
  if (where.query_is_malformed)
    co_return bad_request(
        permanent("request:bad", "the query must be percent-encoded: name=value&name=value"));
  if (!db_.is_up()) co_return unavailable("the database is away");
  auto said = co_await perform(request, where);
  auto answer = said ? std::move(*said) : failed(said.error());
  answer.headers.emplace_back("Cache-Control", "no-store");
  co_return answer;
}

task<operations::answer_or_error> operations::perform(const http::request& request,
                                                      const operation_route& where) {
  switch (where.operation) {
  case operation::list_events:
    return list_events(where.target);
  case operation::event_stats:
    return event_stats(where.target);
  case operation::retry_event:
    return retry(where.subject);
  case operation::delete_event:
    return remove_event(where.subject);
  case operation::replay:
    return replay_.answer(request.body);
  case operation::coverage:
    return tell_coverage();
  case operation::show_order:
    return show_order(where.subject);
  case operation::list_sweeps:
    return list_sweeps(where.target);
  case operation::show_sweep:
    return show_sweep(where.subject);
  case operation::ask_for_sweep:
    return ask_for_sweep(request.body, false);
  case operation::list_accounts:
    return list_accounts();
  case operation::test_account:
    return test_account(where.subject);
  case operation::scheduler_status:
    return scheduler_status();
  case operation::trigger_shipping:
    return ask_for_sweep(request.body, true);
  case operation::stream:
  case operation::nowhere:
    break;
  }
  return open_stream();
}

// One that the shop has added a moment ago is waited for.
task<bool> operations::look_for_account(std::string id) {
  for (int look = 0; look < 2; ++look) {
    if (look > 0) co_await runtime::sleep_for(1s);
    co_await accounts_.refresh();
    for (const auto& known : accounts_.list())
      if (known.id == id) co_return true;
  }
  co_return false;
}

http::response operations::failed(const error& why) {
  if (pg::schema_is_missing(why)) db_.suspect_schema();
  if (why.kind != failure::permanent || pg::schema_is_missing(why)) {
    log::warn("an operator's question could not be answered", {{"error", to_string(why)}});
    return unavailable("the database cannot be asked now");
  }
  log::error("an operator's question could not be answered", {{"error", to_string(why)}});
  return refused(500, "INTERNAL", "internal error");
}

task<result<pg::pool::lease>> operations::connection() {
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await connections_.acquire(deadline);
  co_return db;
}

task<operations::answer_or_error> operations::list_events(const http::target& query) {
  auto wanted = read_event_query(query, suivi::now());
  if (!wanted) co_return bad_request(wanted.error());
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto page = co_await find_events(**db, *wanted);
  if (!page) co_return page.error();
  json::array events;
  for (std::size_t first = 0; first < page->events.size(); first += events_at_once) {
    auto begin = page->events.begin() + static_cast<std::ptrdiff_t>(first);
    auto count = std::min(events_at_once, page->events.size() - first);
    std::vector<event_name> some(begin, begin + static_cast<std::ptrdiff_t>(count));
    auto read = co_await read_events(**db, std::move(some), true);
    if (!read) co_return read.error();
    for (const auto& e : *read) events.push_back(event_json(e, true));
  }
  json::object data{{"events", std::move(events)}, {"pagination", pagination_json(*wanted, page->total)}};
  co_return answered(std::move(data));
}

task<operations::answer_or_error> operations::event_stats(const http::target& query) {
  auto wanted = read_stats_query(query, suivi::now());
  if (!wanted) co_return bad_request(wanted.error());
  std::vector<event_count> counts;
  if (!wanted->foreign_source) {
    auto db = co_await connection();
    if (!db) co_return db.error();
    auto found = co_await count_events(**db, wanted->since);
    if (!found) co_return found.error();
    counts = std::move(*found);
  }
  co_return answered(stats_json(counts, wanted->period));
}

task<operations::answer_or_error> operations::tell_coverage() {
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto counted = co_await shop::count_coverage(**db);
  if (!counted) co_return counted.error();
  co_return answered(shop::to_json(*counted));
}

task<operations::answer_or_error> operations::show_order(std::string reference) {
  if (!is_storable(reference) || reference.empty()) co_return unknown("order");
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto found = co_await read_order(**db, std::move(reference));
  if (!found) co_return found.error();
  if (!*found) co_return unknown("order");
  auto& record = **found;
  json::object data{{"order", std::move(record.order)},
                    {"parcels", std::move(record.parcels)},
                    {"changes", std::move(record.changes)}};
  co_return answered(std::move(data));
}

task<operations::answer_or_error> operations::list_sweeps(const http::target& query) {
  auto limit = read_limit(query, sweeps_shown);
  if (!limit) co_return bad_request(limit.error());
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto reports = co_await read_sweeps(**db, *limit);
  if (!reports) co_return reports.error();
  json::array sweeps;
  for (auto& r : *reports) sweeps.push_back(std::move(r));
  json::object data{{"sweeps", std::move(sweeps)}};
  co_return answered(std::move(data));
}

task<operations::answer_or_error> operations::show_sweep(std::string subject) {
  auto id = read_id(subject);
  if (!id) co_return unknown("sweep");
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto report = co_await read_sweep(**db, *id);
  if (!report) co_return report.error();
  if (!*report) co_return unknown("sweep");
  co_return answered(std::move(**report));
}

task<operations::answer_or_error> operations::list_accounts() {
  co_await accounts_.refresh();
  if (!accounts_.loaded()) co_return unavailable(accounts_unread);
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto records = co_await read_accounts(**db);
  if (!records) co_return records.error();
  json::array accounts;
  for (const auto& who : accounts_.list()) {
    account_record none;
    auto at =
        std::find_if(records->begin(), records->end(), [&](const auto& r) { return r.first == who.id; });
    accounts.push_back(account_json(who.id, who.name, who.has_key, at == records->end() ? none : at->second));
  }
  json::object data{{"accounts", std::move(accounts)}};
  co_return answered(std::move(data));
}

task<operations::answer_or_error> operations::scheduler_status() {
  auto db = co_await connection();
  if (!db) co_return db.error();
  auto seen = co_await read_scheduler(**db);
  if (!seen) co_return seen.error();
  // The old system answered the status itself, without an envelope: panels made for it find it there still.
  auto status = scheduler_json(*seen);
  json::object body{{"success", true}, {"data", status}};
  for (const auto& [name, value] : status) body[name] = value;
  http::response answer;
  answer.body = maystro::write_json(body);
  co_return answer;
}

task<operations::answer_or_error> operations::open_stream() {
  auto made = co_await stream_.subscribe();
  if (!made && made.error().code == "stream:full") co_return unavailable(made.error().detail);
  if (!made) co_return made.error();
  http::response answer;
  answer.content_type = "text/event-stream";
  answer.headers.emplace_back("X-Accel-Buffering", "no");
  answer.headers.emplace_back("Connection", "close"); // after it there is nothing to be asked here
  answer.stream = std::make_shared<http::body_stream>(std::move(*made));
  co_return answer;
}

} // namespace suivi::receiver
