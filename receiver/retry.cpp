// SQLSTATE classes: https://www.postgresql.org/docs/15/errcodes-appendix.html
#include "receiver/retry.hpp"

#include <algorithm>
#include <random>
#include <string_view>

namespace suivi::receiver {
namespace {

constexpr std::string_view sqlstate_prefix = "sqlstate:";

std::string_view sqlstate(const error& e) {
  std::string_view code = e.code;
  return code.starts_with(sqlstate_prefix) ? code.substr(sqlstate_prefix.size()) : std::string_view{};
}

} // namespace

milliseconds backoff(int tries, milliseconds first, milliseconds most, double taken) {
  auto delay = first;
  for (int i = 0; i < tries && delay < most; ++i) delay *= 2;
  delay = std::min(delay, most);
  auto cut = static_cast<milliseconds::rep>(static_cast<double>(delay.count()) / 2 * taken);
  return delay - milliseconds(cut);
}

double chance() {
  static std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

std::pair<range, range> halve(range whole) {
  auto middle = whole.begin + (whole.size() + 1) / 2;
  return {{whole.begin, middle}, {middle, whole.end}};
}

remedy after_failure(const error& e, std::size_t rows) {
  if (e.kind != failure::permanent) return remedy::again;
  // 22 data exception, 23 integrity constraint, 54 program limit: what a single row can cause.
  auto state = sqlstate(e).substr(0, 2);
  bool about_rows = state == "22" || state == "23" || state == "54";
  if (!about_rows) return remedy::give_up;
  return rows > 1 ? remedy::split : remedy::isolate;
}

bool schema_is_missing(const error& e) {
  auto state = sqlstate(e);
  return state == "3F000" || state == "42P01" || state == "42883"; // schema, table, function
}

bool lease_is_lost(const error& e) {
  return sqlstate(e) == "SV001";
}

} // namespace suivi::receiver
