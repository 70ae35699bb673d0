// Collects the reasons in the order in which an operator would look for them.
#include "reconciler/plan/sweep_verdict.hpp"

#include "common/sqlstate/sqlstate.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

namespace suivi::reconciler {

namespace {

constexpr std::size_t named_max = 5;
// So many rows and none that can be read: the courier writes them in another way now. Fewer are single ones,
// which spoil nothing.
constexpr std::int64_t in_vain_min = 20;

std::string first_of(const std::vector<std::string>& names) {
  std::size_t listed = std::min(names.size(), named_max);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(listed), ", "));
  return names.size() > listed ? text + ", …" : text;
}

} // namespace

sweep_verdict judge_sweep(const sweep_end& end) {
  bool term_lost = end.rows_failed && end.rows_failed->code == pg::term_passed;
  std::vector<std::string> why;
  if (end.no_key) why.push_back("the account has no key");
  if (end.not_begun) why.push_back(fmt::format("not begun: {}", to_string(*end.not_begun)));
  if (!end.guarded.empty())
    why.push_back(fmt::format("row-level security may hide rows of {}: see `suivi-reconciler doctor`",
                              fmt::join(end.guarded, ", ")));
  if (!end.stopped.empty()) why.push_back(end.stopped);
  if (end.lease_unkept)
    why.push_back("the lease could not be kept: the database did not answer");
  else if (end.lease_lost || term_lost)
    why.push_back("another reconciler took the account over");
  else if (end.rows_failed)
    why.push_back(fmt::format("the database refused rows: {}", to_string(*end.rows_failed)));
  if (!end.courier_stopped.empty())
    why.push_back(end.courier_stopped);
  else if (end.list_done && !end.list.complete)
    why.push_back(end.first_failure.empty() ? end.list.reason
                                            : fmt::format("{} ({})", end.list.reason, end.first_failure));
  else if (end.rows_in_vain >= in_vain_min)
    why.push_back(fmt::format("none of the courier's {} rows could be read", end.rows_in_vain));
  if (end.orders_refused > 0)
    why.push_back(fmt::format("the database refused {} order(s): {}", end.orders_refused,
                              fmt::join(end.refused, ", ")));
  if (end.rows_locked > 0)
    why.push_back(
        fmt::format("{} row(s) stayed locked by the shop: {}", end.rows_locked, fmt::join(end.locked, ", ")));
  if (!end.unsettled.empty())
    why.push_back(
        fmt::format("{} order(s) stay in doubt: {}", end.unsettled.size(), first_of(end.unsettled)));

  sweep_verdict v;
  v.complete = why.empty() && end.list_done && end.list.complete;
  v.truncated = v.complete && end.list.truncated;
  v.abandoned = !end.stopped.empty() || end.lease_lost || term_lost;
  if (!why.empty())
    v.reason = fmt::format("{}", fmt::join(why, "; "));
  else if (!end.list.reason.empty())
    v.reason = end.list.reason;
  return v;
}

} // namespace suivi::reconciler
