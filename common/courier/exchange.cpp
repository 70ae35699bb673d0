// Sends one request to a courier and classifies its answer. All requests go through here.
#include "common/courier/exchange.hpp"

#include "common/compression/inflate.hpp"

#include <fmt/format.h>

namespace suivi::courier {
namespace {

constexpr std::size_t unpacked_bytes_max = 32 * 1024 * 1024;

// Nobody asks for a packed answer; what stands between may pack it all the same.
result<std::string> unpacked(std::string body, const http::header_list& headers,
                             std::string_view description) {
  auto encoding = http::find_header(headers, "Content-Encoding");
  if (!encoding || encoding->empty() || *encoding == "identity") return body;
  if (!looks_compressed(body)) return body; // it says so and is not
  result<std::string> plain = inflated(body, unpacked_bytes_max);
  if (plain) return plain;
  return transient("courier:malformed",
                   fmt::format("{}: the answer is packed and cannot be unpacked", description));
}

} // namespace

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
  auto refused = refusal(how.status, description);
  result<std::string> body = unpacked(std::move(response->body), headers, description);
  if (refused) {
    std::string refused_with = body ? std::move(*body) : std::string();
    co_return exchanged{std::move(*refused), how, std::move(headers), std::move(refused_with)};
  }
  co_return exchanged{std::move(body), how, std::move(headers)};
}

} // namespace suivi::courier
