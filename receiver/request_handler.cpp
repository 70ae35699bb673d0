// Checks address, route and right, then calls the endpoint.
#include "receiver/request_handler.hpp"

#include "common/crypto/crypto.hpp"
#include "common/log/log.hpp"
#include "common/program/health.hpp"
#include "receiver/screen/screen.hpp"
#include "receiver/web/responses.hpp"

namespace suivi::receiver {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t unwanted_body_bytes_max = 1024; // where nobody reads one

task<http::response> ready(http::response answer) {
  co_return answer;
}

} // namespace

request_handler::request_handler(const config::settings& s, webhook_endpoint& webhooks,
                                 signed_endpoint& signed_webhooks, operations& questions,
                                 status_endpoints& status, receiver_metrics& counts)
    : settings_(s), webhooks_(webhooks), signed_webhooks_(signed_webhooks), operations_(questions),
      status_(status), counts_(counts), trusted_proxies_(parse_networks(s.receiver.trusted_proxies)),
      allow_from_(parse_networks(s.receiver.allow_from)) {}

http::head_verdict request_handler::judge(const http::request& head) {
  auto client = client_address(head.remote, head.headers, trusted_proxies_);
  http::head_verdict judged;
  judged.body_bytes_max = unwanted_body_bytes_max;
  if (is_screen_address(head.target)) return judged;
  route where = find_route(head);
  if (where.where == place::nowhere) {
    judged.refusal = not_found();
  } else if (where.where == place::operations) {
    judged = operations_.judge(head, where);
    if (judged.refusal) counts_.api_response(judged.refusal->status);
  } else {
    if (!where.method_fits)
      judged.refusal = wrong_method(where.allowed);
    else if (where.query_is_malformed)
      judged.refusal = malformed_query();
    else if (where.where == place::webhook || where.where == place::signed_webhook)
      judged = judge_webhook(where, client);
  }
  if (judged.refusal && (judged.refusal->status == 401 || judged.refusal->status == 403))
    judged.refusal = refuse(client.value_or(head.remote), std::move(*judged.refusal));
  if (!judged.refusal) judged.found = std::move(where);
  return judged;
}

http::head_verdict request_handler::judge_webhook(const route& where,
                                                  const std::optional<ip_address>& client) {
  const auto& mine = settings_.receiver;
  if (!allow_from_.empty() && !(client && is_within(*client, allow_from_))) {
    counts_.webhook("forbidden");
    return {forbidden()};
  }
  if (!mine.allow_open && !secret_fits(where.secrets, mine.webhook_secrets)) {
    counts_.webhook("unauthorized");
    return {unauthorized()};
  }
  return {std::nullopt, true};
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
  auto* found = std::any_cast<route>(&request.found);
  route where = found != nullptr ? std::move(*found) : find_route(request);
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
  case place::signed_webhook:
    if (allow_from_.empty() || (client && is_within(*client, allow_from_)))
      return take_signed_webhook(std::move(request), std::move(where));
    counts_.webhook("forbidden");
    return ready(forbidden());
  case place::metrics:
    return may_read_metrics(request, client) ? status_.show_metrics() : ready(unauthorized());
  case place::readiness:
    return ready(status_.readiness());
  case place::health:
    return ready(program::health_response());
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
    log::warn("requests are refused; the first one is logged, once a minute",
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

task<http::response> request_handler::take_signed_webhook(http::request request, route where) {
  if (!knows_secret(where)) {
    counts_.webhook("unauthorized");
    co_return unauthorized();
  }
  auto response = co_await signed_webhooks_.answer(std::move(request), std::move(where));
  co_return response;
}

task<http::response> request_handler::take_webhook(http::request request, route where) {
  if (!knows_secret(where)) {
    counts_.webhook("unauthorized");
    co_return unauthorized();
  }
  auto response = co_await webhooks_.answer(std::move(request), std::move(where));
  co_return response;
}

} // namespace suivi::receiver
