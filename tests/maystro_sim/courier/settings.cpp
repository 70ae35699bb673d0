// Reads and checks the simulator's settings.
#include "tests/maystro_sim/courier/settings.hpp"

#include "tests/maystro_sim/courier/envelope_style.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <cmath>
#include <string_view>

namespace suivi::sim {
namespace {

namespace json = boost::json;

json::value to_json(bool v) {
  return v;
}
json::value to_json(double v) {
  return v;
}
json::value to_json(std::int64_t v) {
  return v;
}
json::value to_json(const std::string& v) {
  return json::string(v);
}
template <class T>
json::value to_json(const std::vector<T>& v) {
  json::array all;
  for (const auto& one : v) all.push_back(to_json(one));
  return all;
}

bool read(const json::value& from, bool& to) {
  if (!from.is_bool()) return false;
  to = from.get_bool();
  return true;
}
bool read(const json::value& from, double& to) {
  if (!from.is_number()) return false;
  to = from.to_number<double>();
  return std::isfinite(to) && to >= 0;
}
bool read(const json::value& from, std::int64_t& to) {
  if (!from.is_int64()) return false;
  to = from.get_int64();
  return true;
}
bool read(const json::value& from, std::string& to) {
  if (!from.is_string()) return false;
  to = from.get_string();
  return true;
}
template <class T>
bool read(const json::value& from, std::vector<T>& to) {
  if (!from.is_array()) return false;
  to.clear();
  for (const auto& one : from.get_array()) {
    T value{};
    if (!read(one, value)) return false;
    to.push_back(std::move(value));
  }
  return true;
}

bool among(std::string_view word, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), word) != allowed.end();
}

} // namespace

json::object to_json(const settings& s) {
  json::object all;
  visit(s, [&](const char* name, const auto& value) { all[name] = to_json(value); });
  return all;
}

std::optional<std::string> wrong(const settings& s) {
  if (!among(s.list_envelope, {"list.results", "results", "list", "bare"}))
    return "list_envelope: list.results, results, list or bare";
  if (!among(s.hooks_envelope, {"results", "bare"})) return "hooks_envelope: results or bare";
  for (const auto& kind : s.fail_kinds)
    if (!among(kind, {"html", "cut", "truncated", "envelope", "error200"}))
      return "fail_kinds: html, cut, truncated, envelope, error200";
  if (!parse_style_mix(s.webhook_styles)) return "webhook_styles: style:weight, one weight above 0 at least";
  if (s.page_size < 1) return "page_size: 1 or more";
  if (s.webhook_concurrency < 1) return "webhook_concurrency: 1 or more";
  if (s.webhook_retry_first_ms < 1) return "webhook_retry_first_ms: 1 or more";
  if (s.latency_ms < 0 || s.jitter_ms < 0 || s.lag_ms < 0 || s.webhook_delay_ms < 0 ||
      s.requests_per_second < 0)
    return "times and limits: 0 or more";
  return std::nullopt;
}

std::optional<std::string> apply(settings& s, const json::object& changes) {
  settings next = s;
  std::size_t used = 0;
  std::optional<std::string> bad;
  visit(next, [&](const char* name, auto& value) {
    const auto* field = changes.if_contains(name);
    if (field == nullptr) return;
    ++used;
    if (!read(*field, value)) bad = std::string(name) + ": not a value of its type";
  });
  if (bad) return bad;
  if (used != changes.size()) return "there is a setting that is not known";
  if (auto why = wrong(next)) return why;
  s = std::move(next);
  return std::nullopt;
}

} // namespace suivi::sim
