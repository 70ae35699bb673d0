// A count and a time.
#include "receiver/services/state/recurring_line.hpp"

#include <utility>

namespace suivi::receiver {
namespace {

constexpr milliseconds every{60'000};

} // namespace

std::optional<std::uint64_t> recurring_line::note(steady_time now) {
  ++untold_;
  return due(now);
}

std::optional<std::uint64_t> recurring_line::due(steady_time now) {
  if (untold_ == 0 || (told_at_ && now - *told_at_ < every)) return std::nullopt;
  told_at_ = now;
  return std::exchange(untold_, 0);
}

} // namespace suivi::receiver
