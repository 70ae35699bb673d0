// Holds webhooks back from a database that takes none, and lets one try now and then.
#include "receiver/services/state/store_breaker.hpp"

namespace suivi::receiver {
namespace {

constexpr milliseconds good_time{2'000};
constexpr milliseconds try_every{1'000};
constexpr milliseconds forgotten_after{60'000};

} // namespace

bool store_breaker::note_failed(steady_time now) {
  bool was_closed = !open_;
  failed_at_ = now;
  open_ = true;
  return was_closed;
}

bool store_breaker::note_stored(milliseconds took) {
  if (!open_ || took >= good_time) return false;
  open_ = false;
  return true;
}

bool store_breaker::expire(steady_time now) {
  if (!open_ || now < failed_at_ + forgotten_after) return false;
  open_ = false;
  return true;
}

bool store_breaker::may_try(steady_time now) {
  if (now < tried_at_ + try_every) return false;
  tried_at_ = now;
  return true;
}

} // namespace suivi::receiver
