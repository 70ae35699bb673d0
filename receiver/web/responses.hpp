// The answers of the receiver, as the courier and operators read them. Pure.
#pragma once

#include "common/http/message/message.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

[[nodiscard]] http::response stored(std::string_view event_id);
[[nodiscard]] http::response duplicate(std::string_view first_event_id);
[[nodiscard]] http::response ignored(std::string_view event_id);
[[nodiscard]] http::response quarantined(std::string_view event_id, std::string_view why);

// Of a courier that sends several events at once and counts 200 alone as received.
struct event_receipt {
  std::optional<std::string> id; // none in the spool
  std::string outcome;
};
[[nodiscard]] http::response event_receipts(const std::vector<event_receipt>& events);
[[nodiscard]] http::response quarantined_whole(const std::optional<std::string>& event_id,
                                               std::string_view why);

// 202: fsynced, not in the database yet.
[[nodiscard]] http::response kept_in_spool();

[[nodiscard]] http::response refused(unsigned status, std::string_view code, std::string_view message);
[[nodiscard]] http::response unauthorized();
[[nodiscard]] http::response forbidden();
// 429, for one that is refused too often.
[[nodiscard]] http::response too_many_refusals(std::chrono::seconds wait);
[[nodiscard]] http::response not_found();
// 400: an escape in the address's query is none.
[[nodiscard]] http::response malformed_query();
// 413: its compression undone, it is larger than a body may be.
[[nodiscard]] http::response body_too_large();
[[nodiscard]] http::response wrong_method(std::string_view allowed);
// 503: nothing was kept, send it again.
[[nodiscard]] http::response cannot_keep(int retry_after_seconds);

// `database`: up, down or behind.
[[nodiscard]] http::response readiness(bool ready, std::string_view database, std::uint64_t spooled);

} // namespace suivi::receiver
