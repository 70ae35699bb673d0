// Checks who asks, finds the operation and runs it.
#include "receiver/api/operations_api.hpp"

#include "common/crypto/crypto.hpp"
#include "common/log/log.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "receiver/api/accounts/account_endpoints.hpp"
#include "receiver/api/accounts/account_queries.hpp"
#include "receiver/api/call/answers.hpp"
#include "receiver/api/call/parameters.hpp"
#include "receiver/api/events/event_endpoints.hpp"
#include "receiver/api/openapi.hpp"
#include "receiver/api/orders/ask_endpoint.hpp"
#include "receiver/api/orders/order_endpoints.hpp"
#include "receiver/api/overview/overview_endpoints.hpp"
#include "receiver/api/session_json.hpp"
#include "receiver/api/sweeps/sweep_endpoints.hpp"
#include "receiver/services/options.hpp"
#include "receiver/session/request_origin.hpp"
#include "receiver/session/session_cookie.hpp"
#include "receiver/web/responses.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t own_connections = 2;
constexpr std::size_t waiting_max = 64;
constexpr milliseconds keys_tried_every = 15s;
constexpr milliseconds accounts_patience = 2s;
constexpr std::string_view untranslatable = "22P05";
constexpr std::size_t strangers_body_bytes_max = 8 * 1024; // a token to sign in with

void add_own_headers(http::response& answer) {
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

pg::pool_options pool_options(pg::connect_options connect) {
  pg::pool_options options;
  options.connect = std::move(connect);
  options.connect.application_name += "-operations";
  options.size = own_connections;
  options.max_waiters = waiting_max;
  return options;
}

bool only_reads(const http::request& request) {
  return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char byte) { return byte < 0x80; });
}

// A database of a narrow encoding holds nothing that is called as the request says.
std::optional<http::response> refuse_untranslatable_texts(const api_call& call) {
  if (!is_ascii(call.where.subject)) return refused(404, "NOT_FOUND", "there is nothing of that name");
  std::string_view named;
  for (const auto& [name, value] : call.where.target.query)
    if (!is_ascii(value)) named = name;
  const std::string& body = call.request.body;
  if (named.empty() && (!is_ascii(body) || body.find("\\u") != std::string::npos)) named = "body";
  if (named.empty()) return std::nullopt;
  return refused(400, "BAD_REQUEST",
                 std::string(named) + " has characters that the database's encoding does not have");
}

task<answer_or_error> open_stream(api_context& api, api_call call) {
  auto wish = read_stream_wish(call.where.target);
  if (!wish) co_return bad_request(wish.error());
  auto made = co_await api.live.subscribe(std::move(*wish), call.session_until);
  if (!made && made.error().code == "stream:full") co_return unavailable(made.error().detail);
  if (!made) co_return made.error();
  http::response answer;
  answer.content_type = "text/event-stream";
  answer.headers.emplace_back("X-Accel-Buffering", "no");
  answer.headers.emplace_back("Connection", "close"); // after it there is nothing to be asked here
  answer.stream = std::make_shared<http::body_stream>(std::move(*made));
  co_return answer;
}

} // namespace

operations::operations(asio::any_io_executor executor, const config::settings& s, pg::connect_options connect,
                       database_monitor& db, account_registry& accounts, apply_lane& events,
                       const spool& instead)
    : settings_(s), db_(db), connections_(executor, pool_options(std::move(connect))),
      board_(s, db, accounts, connections_, instead),
      stream_(executor, db, accounts, connections_, board_, stream::limits()),
      replay_(connections_, accounts, door_options(s)),
      context_{s, db, accounts, events, connections_, stream_, replay_, board_},
      trusted_proxies_(parse_networks(s.receiver.trusted_proxies)) {}

task<http::response> operations::answer(http::request request, route where, ip_address client) {
  if (settings_.receiver.admin_token.empty() || where.allowed.empty()) co_return not_found();
  auto who = who_calls(request);
  auto answer = co_await answer_to(request, where, who, std::move(client));
  add_own_headers(answer);
  co_return answer;
}

// The endpoints look again.
http::head_verdict operations::judge(const http::request& head, const route& where) const {
  http::head_verdict judged;
  if (settings_.receiver.admin_token.empty() || where.allowed.empty()) {
    judged.refusal = not_found();
    return judged;
  }
  caller who = who_calls(head);
  judged.is_known = who.by_token || who.session_until;
  if (!judged.is_known) judged.body_bytes_max = strangers_body_bytes_max;
  judged.refusal = refuse(head, where, who);
  if (judged.refusal) add_own_headers(*judged.refusal);
  return judged;
}

operations::caller operations::who_calls(const http::request& request) const {
  caller who;
  bool own_tls = !settings_.receiver.tls_certificate.empty();
  who.encrypted = is_encrypted(own_tls, request.remote, request.headers, trusted_proxies_);
  auto token = bearer(request.headers);
  who.by_token = token && crypto::equal_in_constant_time(*token, settings_.receiver.admin_token.reveal());
  auto cookie = session_of(request.headers, who.encrypted);
  if (cookie && !ended_.contains(*cookie)) {
    who.session = *cookie;
    who.session_until = session_cookies(settings_.receiver.admin_token).verify(*cookie, suivi::now());
  }
  return who;
}

std::optional<http::response> operations::refuse(const http::request& request, const route& where,
                                                 const caller& who) const {
  bool open = where.who == right::anybody && where.method_fits;
  if (!open && !who.by_token && !who.session_until) return wrong_token();
  if (request.method == "OPTIONS") return methods_allowed(where.allowed);
  if (!where.method_fits) return wrong_method(where.allowed);
  if (!who.by_token && who.session_until && !only_reads(request) &&
      !is_of_own_page(request.headers, who.encrypted))
    return foreign_origin();
  if (where.query_is_malformed)
    return bad_request(permanent("request:bad", "the query must be percent-encoded: name=value&name=value"));
  if (auto twice = refuse_repeated(where.target)) return bad_request(*twice);
  return std::nullopt;
}

task<http::response> operations::answer_to(const http::request& request, const route& where,
                                           const caller& who, ip_address client) {
  if (auto refusal = refuse(request, where, who)) co_return std::move(*refusal);
  if (where.operation == operation::sign_in) co_return sign_in(request, who, client);
  if (where.operation == operation::show_session) co_return session_shown(who.session_until, who.encrypted);
  if (where.operation == operation::sign_out) co_return sign_out(who);
  if (where.operation == operation::describe_api) co_return api_described();
  bool needs_database = where.operation != operation::overview && where.operation != operation::problems;
  if (needs_database && !db_.is_up()) co_return unavailable("the database is away");
  co_await wait_for_accounts();
  api_call call{request, where, who.by_token ? std::nullopt : who.session_until};
  auto said = co_await perform(call);
  co_return said ? std::move(*said) : failed(said.error(), call);
}

// The shop's accounts are read a moment after the database was met.
task<verdict::facts> operations::problem_facts(bool read_now) {
  if (read_now) {
    auto overview = co_await board_.latest();
    if (overview) co_return std::move(overview->facts);
  }
  co_return board_.last().facts;
}

task<void> operations::wait_for_accounts() {
  auto give_up = steady_clock::now() + accounts_patience;
  while (!context_.accounts.loaded() && db_.is_up() && steady_clock::now() < give_up)
    co_await runtime::sleep_for(20ms);
}

// A page of another origin is refused before anything is compared, or it could use up an operator's tries.
http::response operations::sign_in(const http::request& request, const caller& who,
                                   const ip_address& client) {
  if (!is_not_foreign(request.headers, who.encrypted)) return foreign_origin();
  auto token = read_token(request.body);
  if (!token) return bad_request(token.error());
  auto now = steady_clock::now();
  if (auto wait = tries_.locked_out(client, now)) return too_many_tries(*wait);
  if (!crypto::equal_in_constant_time(*token, settings_.receiver.admin_token.reveal())) {
    int left = tries_.wrong(client, now);
    log::warn("a wrong token was tried at the sign-in", {{"from", client.to_string()}, {"triesLeft", left}});
    return wrong_sign_in(left);
  }
  session_cookies cookies(settings_.receiver.admin_token);
  return signed_in(cookies.make(suivi::now()), who.encrypted);
}

// Streams that the session opened end with it. All do: whose word is still good comes again by himself.
http::response operations::sign_out(const caller& who) {
  if (who.session_until) {
    ended_.add(who.session, *who.session_until, suivi::now());
    end_streams();
  }
  return signed_out(who.encrypted);
}

task<answer_or_error> operations::perform(api_call call) {
  switch (call.where.operation) {
  case operation::list_events:
    return list_events(context_, call);
  case operation::event_stats:
    return event_stats(context_, call);
  case operation::retry_event:
    return retry_event(context_, call);
  case operation::delete_event:
    return remove_event(context_, call);
  case operation::replay:
    return replay_.answer(call.request.body);
  case operation::coverage:
    return tell_coverage(context_, call);
  case operation::show_order:
    return show_order(context_, call);
  case operation::list_sweeps:
    return list_sweeps(context_, call);
  case operation::show_sweep:
    return show_sweep(context_, call);
  case operation::ask_for_sweep:
    return ask_for_sweep(context_, call);
  case operation::list_accounts:
    return list_accounts(context_, call);
  case operation::test_account:
    return test_account(context_, call);
  case operation::scheduler_status:
    return scheduler_status(context_, call);
  case operation::trigger_shipping:
    return trigger_shipping(context_, call);
  case operation::show_event:
    return show_event(context_, call);
  case operation::delete_events:
    return remove_events(context_, call);
  case operation::list_orders:
    return list_orders(context_, call);
  case operation::ask_for_order:
    return ask_courier(context_, call);
  case operation::list_changes:
    return list_changes(context_, call);
  case operation::register_hooks:
    return register_hooks(context_, call);
  case operation::overview:
    return show_overview(context_, call);
  case operation::problems:
    return list_problems(context_, call);
  case operation::series:
    return show_series(context_, call);
  case operation::sign_in:
  case operation::show_session:
  case operation::sign_out:
  case operation::describe_api:
  case operation::stream:
  case operation::nowhere:
    break;
  }
  return open_stream(context_, call);
}

// A key is refused until the courier accepts it again, be it a new one or not.
task<void> operations::watch_keys() {
  for (;;) {
    co_await runtime::sleep_for(keys_tried_every);
    if (!db_.is_up()) continue;
    std::vector<std::string> ids;
    {
      auto db = co_await api_connection(context_);
      if (!db) continue;
      auto found = co_await refused_keys(**db);
      if (!found) continue;
      ids = std::move(*found);
    }
    if (!ids.empty()) co_await context_.accounts.refresh();
    for (const std::string& id : ids) {
      auto courier = context_.accounts.courier(id);
      if (!courier) continue;
      auto answer = co_await courier->test_key();
      if (!answer.content) continue;
      auto db = co_await api_connection(context_);
      if (!db) continue;
      auto noted = co_await note_key(**db, id, false, std::nullopt);
      if (!noted) log::warn("a key that is accepted again was not noted", {{"account", id}});
    }
  }
}

http::response operations::failed(const error& why, const api_call& call) {
  if (pg::sqlstate_of(why) == untranslatable)
    if (auto refusal = refuse_untranslatable_texts(call)) return std::move(*refusal);
  if (pg::schema_is_missing(why)) db_.suspect_schema();
  if (why.kind != failure::permanent || pg::schema_is_missing(why)) {
    log::warn("an operator's question could not be answered", {{"error", to_string(why)}});
    return unavailable("the database cannot be asked now");
  }
  log::error("an operator's question could not be answered", {{"error", to_string(why)}});
  if (why.code == "shop:rights" || pg::sqlstate_of(why) == "42501")
    return unavailable("the database role lacks a right (" + why.detail +
                       "); `suivi-reconciler doctor` prints what to grant");
  return refused(500, "INTERNAL", "internal error");
}

} // namespace suivi::receiver
