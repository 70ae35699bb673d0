// When and how an answer was had, and what its status line means.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::courier {

struct response_meta {
  instant requested_at{};                  // our clock when the request was sent
  instant answered_at{};                   // … when the answer had arrived
  std::optional<instant> server_date;      // the answer's Date
  unsigned status = 0;                     // 0: no HTTP answer
  std::optional<milliseconds> retry_after; // 429 and 503, seconds or date; from 0 to a day
  std::vector<std::string> blamed{};       // of several tracking numbers, those that a refusal names
};

// `Retry-After`: seconds (a fraction is rounded up), or a date relative to `server_now`. Never negative, at
// most a day.
[[nodiscard]] std::optional<milliseconds> read_retry_after(std::string_view text, instant server_now);

// nullopt for 2xx. `description` names the request for people: "the list of orders".
[[nodiscard]] std::optional<error> refusal(unsigned status, std::string_view description);

} // namespace suivi::courier
