// Takes a webhook: decodes it, has it stored, answers.
#include "receiver/webhook_endpoint.hpp"

#include "receiver/web/responses.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace suivi::receiver {
namespace {

using std::chrono::steady_clock;

constexpr int retry_after_seconds = 5;

} // namespace

task<http::response> webhook_endpoint::answer(http::request request, route where) {
  auto begun = steady_clock::now();
  std::optional<std::string> named = accounts_.name_at(where.courier, std::move(where.account));
  auto row =
      to_webhook(std::move(request.body), std::move(named), suivi::now(), settings_.receiver.max_body_bytes);
  // Nobody has checked who sent it, so it is nobody's, whatever account it names.
  if (row.event.shipment.courier != where.courier)
    row = to_unread_webhook(std::move(row.raw), std::nullopt, "the address is another courier's",
                            row.received_at);
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
  if (kept->repeated) {
    counts_.webhook("duplicate");
    co_return duplicate(id);
  }
  if (!kept->poison.empty() || kind == event_kind::not_understood) {
    counts_.webhook("quarantined");
    co_return quarantined(id, kept->poison.empty() ? why : kept->poison);
  }
  if (kind == event_kind::ignored) {
    counts_.webhook("ignored");
    co_return ignored(id);
  }
  counts_.webhook("stored");
  ++events_stored_;
  co_return stored(id);
}

} // namespace suivi::receiver
