// Counts what happened since the last line and says when the next one is due.
#include "receiver/services/state/recurring_line.hpp"

#include <utility>

namespace suivi::receiver {
namespace {

constexpr milliseconds every{60'000};

} // namespace

std::optional<std::uint64_t> recurring_line::note(steady_time now) {
  ++unreported_;
  return due(now);
}

std::optional<std::uint64_t> recurring_line::due(steady_time now) {
  if (unreported_ == 0 || (reported_at_ && now - *reported_at_ < every)) return std::nullopt;
  reported_at_ = now;
  return std::exchange(unreported_, 0);
}

} // namespace suivi::receiver
