// Sends one request to a courier and classifies its answer. All requests go through here.
#include "common/courier/exchange.hpp"

namespace suivi::courier {

task<exchanged> exchange(http::client& client, http::client_request request, milliseconds timeout,
                         std::string_view description) {
  response_meta how;
  how.requested_at = now();
  steady_time deadline = steady_now() + timeout;
  result<http::client_response> response = co_await client.send(std::move(request), deadline);
  how.answered_at = now();
  if (!response) co_return exchanged{response.error(), how, {}};

  how.status = response->status;
  if (auto date = http::find_header(response->headers, "Date")) how.server_date = parse_http_date(*date);
  auto wait = http::find_header(response->headers, "Retry-After");
  if (wait && (how.status == 429 || how.status == 503))
    how.retry_after = read_retry_after(*wait, how.server_date.value_or(how.answered_at));
  http::header_list headers = std::move(response->headers);
  if (auto refused = refusal(how.status, description))
    co_return exchanged{std::move(*refused), how, std::move(headers)};
  co_return exchanged{std::move(response->body), how, std::move(headers)};
}

} // namespace suivi::courier
