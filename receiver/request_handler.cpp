// From request to arrival, from receipt to answer.
#include "receiver/request_handler.hpp"

#include "common/crypto/crypto.hpp"
#include "common/log/log.hpp"
#include "common/program/health.hpp"
#include "common/shop/problem_metrics.hpp"
#include "common/shop/unknown_states.hpp"
#include "receiver/screen/screen.hpp"
#include "receiver/web/responses.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int retry_after_seconds = 5;

task<http::response> ready(http::response answer) {
  co_return answer;
}

} // namespace

request_handler::request_handler(const config::settings& s, database_monitor& db, spool& instead, intake& in,
                                 guepex_endpoint& guepex, operations& questions, receiver_metrics& counts,
                                 metrics::registry& series)
    : settings_(s), db_(db), spool_(instead), in_(in), guepex_(guepex), operations_(questions),
      counts_(counts), series_(series), trusted_proxies_(parse_networks(s.receiver.trusted_proxies)),
      allow_from_(parse_networks(s.receiver.allow_from)) {}

http::head_verdict request_handler::judge(const http::request& head) {
  auto client = client_address(head.remote, head.headers, trusted_proxies_);
  http::head_verdict judged;
  if (is_screen_address(head.target)) return {};
  route where = find_route(head);
  if (where.where == place::nowhere) {
    judged.refusal = not_found();
  } else if (where.where == place::operations) {
    judged = judge_operation(head);
  } else {
    if (!where.method_fits)
      judged.refusal = wrong_method(where.allowed);
    else if (where.query_is_malformed)
      judged.refusal = malformed_query();
    else if (where.where == place::webhook || where.where == place::guepex_webhook)
      judged = judge_webhook(where, client);
  }
  if (judged.refusal && (judged.refusal->status == 401 || judged.refusal->status == 403))
    judged.refusal = refuse(client.value_or(head.remote), std::move(*judged.refusal));
  return judged;
}

http::head_verdict request_handler::judge_webhook(const route& where,
                                                  const std::optional<ip_address>& client) {
  const auto& mine = settings_.receiver;
  if (!allow_from_.empty() && !(client && is_within(*client, allow_from_))) {
    counts_.webhook("forbidden");
    return {forbidden(), false};
  }
  if (!mine.allow_open && !secret_fits(where.secrets, mine.webhook_secrets)) {
    counts_.webhook("unauthorized");
    return {unauthorized(), false};
  }
  return {std::nullopt, true};
}

// Only what is certain without the body and without the database; the endpoints look again.
http::head_verdict request_handler::judge_operation(const http::request& head) const {
  const auto& wanted = settings_.receiver.admin_token;
  auto token = bearer(head.headers);
  bool fits = token && !wanted.empty() && crypto::equal_in_constant_time(*token, wanted.reveal());
  return {std::nullopt, fits};
}

task<http::response> request_handler::answer(http::request request) {
  auto peer = request.remote;
  auto client = client_address(peer, request.headers, trusted_proxies_);
  auto said = co_await answer_to(std::move(request), client);
  if (said.status == 401 || said.status == 403) co_return refuse(client.value_or(peer), std::move(said));
  co_return said;
}

task<http::response> request_handler::answer_health(http::request request) {
  place wanted = find_route(request).where;
  bool served = wanted == place::health || wanted == place::readiness || wanted == place::metrics;
  return served ? answer(std::move(request)) : ready(not_found());
}

task<http::response> request_handler::answer_to(http::request request, std::optional<ip_address> client) {
  // Without a token for what it shows, the screen is not there either.
  if (is_screen_address(request.target) && !settings_.receiver.admin_token.empty())
    return ready(screen_response(request).value_or(not_found()));
  auto where = find_route(request);
  if (where.where == place::operations) {
    auto from = client.value_or(request.remote);
    return answer_operation(std::move(request), std::move(where), std::move(from));
  }
  if (where.where == place::nowhere) return ready(not_found());
  if (!where.method_fits) return ready(wrong_method(where.allowed));
  if (where.query_is_malformed) return ready(malformed_query());
  switch (where.where) {
  case place::webhook:
    if (allow_from_.empty() || (client && is_within(*client, allow_from_)))
      return take_webhook(std::move(request), std::move(where));
    counts_.webhook("forbidden");
    return ready(forbidden());
  case place::guepex_webhook:
    if (allow_from_.empty() || (client && is_within(*client, allow_from_)))
      return take_guepex_webhook(std::move(request), std::move(where));
    counts_.webhook("forbidden");
    return ready(forbidden());
  case place::metrics:
    return may_read_metrics(request, client) ? tell_metrics() : ready(unauthorized());
  case place::readiness:
    return ready(tell_readiness());
  case place::health: {
    http::response alive;
    alive.body = program::alive_body;
    return ready(std::move(alive));
  }
  case place::operations:
  case place::nowhere:
    break;
  }
  return ready(not_found());
}

task<http::response> request_handler::answer_operation(http::request request, route where, ip_address from) {
  auto response = co_await operations_.answer(std::move(request), std::move(where), std::move(from));
  counts_.api_response(static_cast<unsigned>(response.status));
  co_return response;
}

http::response request_handler::refuse(const ip_address& from, http::response answer) {
  auto counted = refusals_.note(from, steady_clock::now());
  if (counted.first)
    log::warn("requests are refused; this is said once a minute, of the first of them",
              {{"status", answer.status}, {"from", from.to_string()}});
  return counted.retry_after ? too_many_refusals(*counted.retry_after) : std::move(answer);
}

bool request_handler::may_read_metrics(const http::request& request,
                                       const std::optional<ip_address>& client) const {
  bool known = !is_forwarded_by_stranger(request.remote, request.headers, trusted_proxies_);
  if (known && client && is_private(*client)) return true;
  auto token = bearer(request.headers);
  const auto& wanted = settings_.receiver.admin_token;
  return token && !wanted.empty() && crypto::equal_in_constant_time(*token, wanted.reveal());
}

bool request_handler::knows_secret(const route& where) const {
  const auto& mine = settings_.receiver;
  return mine.allow_open || secret_fits(where.secrets, mine.webhook_secrets);
}

task<http::response> request_handler::take_guepex_webhook(http::request request, route where) {
  if (!knows_secret(where)) {
    counts_.webhook("unauthorized");
    co_return unauthorized();
  }
  auto response = co_await guepex_.answer(std::move(request), std::move(where));
  co_return response;
}

task<http::response> request_handler::take_webhook(http::request request, route where) {
  if (!knows_secret(where)) {
    counts_.webhook("unauthorized");
    co_return unauthorized();
  }
  auto begun = steady_clock::now();
  auto row = to_webhook(std::move(request.body), std::move(where.account), suivi::now(),
                        settings_.receiver.max_body_bytes);
  if (row.event.too_large_unpacked) {
    counts_.webhook("too_large");
    co_return body_too_large();
  }
  auto kind = row.event.kind;
  auto why = row.event.why;
  auto kept = co_await in_.store(std::move(row));
  if (!kept) {
    counts_.webhook("unavailable");
    co_return cannot_keep(retry_after_seconds);
  }
  std::chrono::duration<double> took = steady_clock::now() - begun;
  counts_.ack_seconds.observe(took.count());
  if (kept->spooled) {
    counts_.webhook("spooled");
    co_return kept_in_spool();
  }
  auto id = std::to_string(kept->id);
  if (kept->seen_before) {
    counts_.webhook("duplicate");
    co_return duplicate(id);
  }
  if (!kept->poison.empty() || kind == maystro::event_kind::not_understood) {
    counts_.webhook("quarantined");
    co_return quarantined(id, kept->poison.empty() ? why : kept->poison);
  }
  if (kind == maystro::event_kind::ignored) {
    counts_.webhook("ignored");
    co_return ignored(id);
  }
  counts_.webhook("stored");
  ++stored_since_;
  co_return stored(id);
}

task<http::response> request_handler::tell_metrics() {
  counts_.database_up.set(db_.takes_webhooks() ? 1 : 0);
  // The spool first: what goes from there into the database meanwhile is counted twice rather than not at
  // all.
  auto spooled = static_cast<std::int64_t>(spool_.now().depth.rows);
  bool counted = co_await count_events();
  counts_.events_pending.set(static_cast<double>(spooled + last_pending_ + (counted ? 0 : stored_since_)));
  measure_spool();
  verdict::facts known = co_await operations_.problem_facts(counted);
  shop::show_problems(series_, known);
  counts_.log_lines_lost.set(static_cast<double>(log::lines_lost()));
  if (refresh_) refresh_();
  http::response text;
  text.content_type = "text/plain; version=0.0.4; charset=utf-8";
  text.body = series_.text();
  co_return text;
}

// False where the database cannot be asked: then what it said last, and all that was stored since, must do.
task<bool> request_handler::count_events() {
  if (!db_.is_up()) co_return false;
  auto deadline = steady_clock::now() + 2s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return false;
  auto& connection = **db;
  auto stored_before = stored_since_;
  auto usual_limit = connection.answer_within(2s); // a database that hangs must not make this answer hang
  auto lengths = co_await count_pending(connection);
  auto unknown = co_await shop::count_unknown_states(connection);
  connection.answer_within(usual_limit);
  if (unknown)
    for (const auto& [courier, times] : *unknown)
      counts_.unknown_states.at(courier).set(static_cast<double>(times));
  if (!lengths) co_return false;
  stored_since_ -= stored_before;
  last_pending_ = lengths->pending;
  counts_.events_parked.set(static_cast<double>(lengths->parked));
  counts_.events_confirming.set(static_cast<double>(lengths->confirming));
  counts_.events_failed.set(static_cast<double>(lengths->failed));
  co_return true;
}

void request_handler::measure_spool() {
  const auto& there = spool_.now();
  counts_.spool_events.set(static_cast<double>(there.depth.rows));
  counts_.spool_bytes.set(static_cast<double>(there.depth.bytes));
  counts_.spool_usable.set(spool_.accepts() ? 1 : 0);
  std::chrono::duration<double> age{0};
  if (there.depth.oldest) age = suivi::now() - *there.depth.oldest;
  counts_.spool_oldest_seconds.set(std::max(age.count(), 0.0));
}

http::response request_handler::tell_readiness() const {
  auto rows = spool_.now().depth.rows;
  auto state = db_.now();
  if (state == database_monitor::state::up && (rows > 0 || in_.full() || !db_.takes_webhooks()))
    state = database_monitor::state::behind;
  bool ready = !draining_ && (db_.is_up() || (db_.is_known() && spool_.accepts()));
  return readiness(ready, to_string(state), rows);
}

} // namespace suivi::receiver
