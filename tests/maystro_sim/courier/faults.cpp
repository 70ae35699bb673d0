// Chooses a fault for a request and makes the wrong answer.
#include "tests/maystro_sim/courier/faults.hpp"

#include "common/http/message/response_head.hpp"

#include <algorithm>

namespace suivi::sim {
namespace {

fault_kind kind_of(std::string_view word) {
  if (word == "html") return fault_kind::html;
  if (word == "cut") return fault_kind::closed;
  if (word == "truncated") return fault_kind::truncated;
  if (word == "envelope") return fault_kind::envelope;
  return fault_kind::error200;
}

} // namespace

fault_kind choose_fault(const settings& s, std::string_view page, draw& chance) {
  const auto named = [&](std::int64_t n) { return std::to_string(n) == page; };
  const bool always = !page.empty() && std::any_of(s.fail_pages.begin(), s.fail_pages.end(), named);
  const bool by_chance = chance.chance(s.fail);
  if ((!always && !by_chance) || s.fail_kinds.empty()) return fault_kind::none;
  return kind_of(s.fail_kinds[static_cast<std::size_t>(chance.below(s.fail_kinds.size()))]);
}

std::optional<http::response> replaced_by(fault_kind fault) {
  http::response r;
  switch (fault) {
  case fault_kind::none:
  case fault_kind::truncated:
    return std::nullopt;
  case fault_kind::html:
    r.status = 500;
    r.content_type = "text/html";
    r.body = "<!doctype html><html><body><h1>Server Error (500)</h1></body></html>";
    return r;
  case fault_kind::closed:
    r.status = 0;
    return r;
  case fault_kind::envelope:
    r.body = R"({"page":{"items":{"first":1}}})";
    return r;
  case fault_kind::error200:
    r.body = R"({"error":{"message":"Something went wrong"},"success":false})";
    return r;
  }
  return std::nullopt;
}

void spoil(http::response& right, fault_kind fault) {
  if (fault == fault_kind::truncated) right.body.resize(right.body.size() * 2 / 3);
}

std::string http_date(instant t) {
  return http::format_http_date(t);
}

} // namespace suivi::sim
