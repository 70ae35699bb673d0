// Decides after each probe whether the database is up.
#include "receiver/services/state/outage_state.hpp"

#include "common/base/backoff.hpp"

#include <utility>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds poll_every = 1s;
constexpr std::size_t reasons_max = 10;

} // namespace

std::string_view to_string(database_state s) {
  switch (s) {
  case database_state::down:
    return "down";
  case database_state::behind:
    return "behind";
  case database_state::up:
    return "up";
  }
  return "down";
}

outage_state::step outage_state::answered() {
  step next;
  next.came_up = state_ != database_state::up;
  next.pause = poll_every;
  state_ = database_state::up;
  failures_ = 0;
  reported_.clear();
  return next;
}

outage_state::step outage_state::failed(const error& e, bool reachable, double jitter) {
  step next;
  next.went = was_up_;
  next.drop_connection = reachable && e.kind == failure::transient && e.code != commits_hang;
  next.pause = backoff(failures_++, 100ms, 2s, jitter);
  state_ = reachable ? database_state::behind : database_state::down;
  if (is_news(to_string(e)))
    next.say = e.code == commits_hang ? complaint::commits : reachable ? complaint::schema : complaint::away;
  return next;
}

bool outage_state::is_news(const std::string& reason) {
  return reported_.size() < reasons_max && reported_.insert(reason).second;
}

} // namespace suivi::receiver
