// How the courier's API fails when it is told to. Pure.
#pragma once

#include "common/base/time.hpp"
#include "common/http/message/message.hpp"
#include "tests/maystro_sim/courier/settings.hpp"
#include "tests/maystro_sim/world/draw.hpp"

namespace suivi::sim {

enum class fault_kind {
  none,
  html,      // 500 with a page for people
  closed,    // no answer, the connection is closed
  truncated, // 200, but the JSON stops in the middle
  envelope,  // 200, JSON of another shape
  error200,  // 200 with an error inside
};

// `page` is the list page asked for as text, empty for other requests.
[[nodiscard]] fault_kind choose_fault(const settings& s, std::string_view page, draw& chance);
// The answer that comes instead, for the kinds that need no right one.
[[nodiscard]] std::optional<http::response> replaced_by(fault_kind fault);
// Damages a right answer (truncated).
void spoil(http::response& right, fault_kind fault);

[[nodiscard]] std::string http_date(instant t);

} // namespace suivi::sim
