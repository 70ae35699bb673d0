// One line of the list for each check, and how clocks and ages are put into words.
#include "reconciler/doctor/checks/check_list.hpp"

#include "common/base/duration.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "common/verdict/problems.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::reconciler {

using enum check_result;

std::string_view to_string(check_result r) {
  return r == pass ? "PASS" : r == warn ? "WARN" : "FAIL";
}

void add(checks& to, std::string name, check_result result, std::string detail, std::string remedy) {
  to.push_back({std::move(name), std::nullopt, result, std::move(detail),
                result == pass ? std::string() : std::move(remedy), std::string()});
}

void add(checks& to, std::string name, const account_facts& of, check_result result, std::string detail,
         std::string remedy) {
  add(to, std::move(name), result, std::move(detail), std::move(remedy));
  to.back().account = of.id;
  to.back().courier = of.courier;
}

std::string span(instant of, instant now) {
  auto seconds_old = std::chrono::duration_cast<seconds>(now - of);
  if (seconds_old >= std::chrono::hours(48))
    return fmt::format("{} days", seconds_old / std::chrono::hours(24));
  if (seconds_old >= std::chrono::hours(2))
    return fmt::format("{} hours", seconds_old / std::chrono::hours(1));
  if (seconds_old >= std::chrono::minutes(2))
    return fmt::format("{} minutes", seconds_old / std::chrono::minutes(1));
  return fmt::format("{} seconds", std::max<std::int64_t>(0, seconds_old.count()));
}

std::string age(instant of, instant now) {
  return now - of < std::chrono::minutes(2) ? "just now" : span(of, now) + " ago";
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += c;
    out += c;
  }
  return out + '"';
}

namespace {

// Beyond verdict::clock_skew_max the check warns, and the screen shows it. Beyond this a webhook's time
// counts for nothing (five minutes ahead of receipt: it is taken as untimed).
constexpr milliseconds skew_fails{5 * 60'000};

// To the second, where that is enough.
std::string rough(milliseconds d) {
  return format_duration(d >= seconds(10) ? std::chrono::duration_cast<seconds>(d) : d);
}

} // namespace

std::string_view remedy_of(const error& why) {
  std::string_view state = pg::sqlstate_of(why);
  if (state == "55P03" || state == "57014")
    return "See in pg_locks and pg_stat_activity who holds a lock for so long, or why PostgreSQL is so slow, "
           "and run `suivi-reconciler doctor` again.";
  if (state == "25006")
    return "Mend what the check `writable` names, and run `suivi-reconciler doctor` again.";
  if (state == "42501" || why.code == "shop:rights")
    return "Grant what the check `rights` names, and run `suivi-reconciler doctor` again.";
  if (state.starts_with("42"))
    return "Mend what the checks `rights`, `orders table`, `column types` and `schema` name, and run "
           "`suivi-reconciler doctor` again.";
  if (why.code == "doctor:late" || why.code.starts_with("pg:"))
    return "Mend what the other checks name, see PostgreSQL's own log, and run `suivi-reconciler doctor` "
           "again.";
  return "Run `suivi-reconciler doctor` again; if it stays so, see the logs.";
}

void add_clock(checks& to, const std::string& clock, const clock_interval& ahead, const std::string& remedy) {
  milliseconds skew = certain_skew(ahead);
  milliseconds off = std::chrono::abs(skew);
  if (off <= verdict::clock_skew_max) {
    add(to, "clock_skew", pass, fmt::format("{} agrees with ours", clock));
    return;
  }
  std::string detail =
      fmt::format("{} is at least {} {} ours", clock, rough(off), skew.count() < 0 ? "behind" : "ahead of");
  add(to, "clock_skew", off >= skew_fails ? fail : warn, std::move(detail), remedy);
}

void add_failed(checks& to, const failed_read& failed) {
  add(to, failed.check, fail, fmt::format("could not be looked at: {}", to_string(failed.why)),
      std::string(remedy_of(failed.why)));
  to.back().account = failed.account;
}

} // namespace suivi::reconciler
