// One function a step; between any two of them the process may die.
#include "tests/simulation/sim_receiver.hpp"

#include "common/shop/courier_pause.hpp"
#include "common/sqlstate/batch_failure.hpp"

#include <algorithm>

namespace suivi::simulation {

using namespace std::chrono_literals;
using receiver::disposition;
using receiver::event_state;
using receiver::pending_event;

bool sim_receiver::take(const message& m) {
  if (!alive() || dies()) return false;
  pending_event event;
  event.received_at = wall();
  event.state_since = wall();
  event.named_account = m.account;
  event.observation.account = m.account;
  event.observation.from = shop::source::webhook;
  bool reports_states = couriers_.of(m.account).part().tells_since_when;
  event.observation.when = reports_states ? shop::event_time(m.published_at, event.received_at)
                                          : shop::webhook_time(m.published_at, event.received_at);
  event.observation.is_signed = reports_states;
  event.observation.shipment = m.shipment;
  stored_event stored{std::move(event), m.references, "", {}, std::nullopt};
  if (!store_.up) {
    spool_.push_back({std::move(stored), m.id});
    return !dies();
  }
  auto before = store_.events.size();
  stored.owner = name();
  bool fresh = store_.ingest(std::move(stored), m.id);
  if (dies()) return false; // stored, not answered: it comes again
  if (fresh && store_.events.size() > before) apply_soon(store_.events.rbegin()->second.event, 3ms);
  return true;
}

bool sim_receiver::keeps(std::int64_t message) const {
  return std::any_of(spool_.begin(), spool_.end(), [&](const kept& k) { return k.message == message; });
}

void sim_receiver::begin() {
  poll_events();
  wake_parked();
  drain();
}

void sim_receiver::forget() {
  ready_.clear();
  gates_.clear();
  applying_soon_ = false;
}

void sim_receiver::drain() {
  while (store_.up && !spool_.empty()) {
    store_.ingest(spool_.front().event, spool_.front().message);
    if (dies()) return; // committed, not yet taken out: the key knows it
    spool_.pop_front();
  }
  later(1s, [this] { drain(); });
}

void sim_receiver::poll_events() {
  if (store_.up)
    for (auto& event : store_.claim(name())) apply_soon(std::move(event), 1ms);
  later(2s, [this] { poll_events(); });
}

void sim_receiver::wake_parked() {
  if (store_.up) store_.wake_parked();
  later(20s, [this] { wake_parked(); });
}

void sim_receiver::apply_soon(pending_event event, milliseconds wait) {
  later(wait, [this, event = std::move(event)] {
    ready_.push_back(event);
    if (std::exchange(applying_soon_, true)) return;
    later(2ms, [this] {
      applying_soon_ = false;
      apply(std::exchange(ready_, {}));
    });
  });
}

void sim_receiver::apply(std::vector<pending_event> events) {
  // What somebody else has taken meanwhile is his.
  std::erase_if(events, [&](const pending_event& e) {
    const auto& row = store_.events.at(e.id);
    return row.outcome || row.owner != name();
  });
  if (events.empty()) return;
  std::vector<shop::observation> observations;
  for (auto& e : events) {
    e.observation.decide_by_later_time = receiver::waited_long_enough(e, wall());
    observations.push_back(e.observation);
  }
  std::vector<disposition> ends;
  auto verdicts = store_.apply(observations, [&](std::span<const shop::verdict> v) {
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (store_.events.at(events[i].id).owner != name()) return false;
      ends.push_back(receiver::after_verdict(events[i], v[i], wall(), t_.chance()));
    }
    for (std::size_t i = 0; i < v.size(); ++i) settle(events[i], ends[i]);
    return true;
  });
  if (dies()) return;
  if (!verdicts) return after_failure(std::move(events), verdicts.error());
  for (std::size_t i = 0; i < events.size(); ++i) carry_out(std::move(events[i]), ends[i]);
}

// Halved down to the event that is to blame.
void sim_receiver::after_failure(std::vector<pending_event> events, const error& why) {
  pg::remedy remedy = pg::after_failure(why, events.size());
  if (pg::is_statement_timeout(why)) remedy = events.size() > 1 ? pg::remedy::split : pg::remedy::isolate;
  if (remedy == pg::remedy::split) {
    auto [front, back] = pg::halve({0, events.size()});
    std::vector<pending_event> rest(events.begin() + static_cast<std::ptrdiff_t>(back.begin), events.end());
    events.resize(front.end);
    apply(std::move(events));
    if (alive()) apply(std::move(rest));
  } else if (remedy == pg::remedy::isolate) {
    shop::door_options links_only;
    links_only.links_only = true;
    auto kept = store_.apply(std::vector{events.front().observation}, [](auto) { return true; }, links_only);
    (void)kept; // the next try tells it again
    if (store_.up) settle(events.front(), receiver::after_failed_apply(events.front(), why, t_.chance()));
  } else {
    for (auto& e : events) apply_soon(std::move(e), 500ms);
  }
}

// In the door's transaction.
void sim_receiver::settle(const pending_event& event, const disposition& next) {
  auto& row = store_.events.at(event.id);
  switch (next.action) {
  case disposition::kind::close:
    store_.close(event.id, next.outcome);
    break;
  case disposition::kind::postpone:
    if (row.event.state != next.state) row.event.state_since = wall();
    row.event.state = next.state;
    row.event.attempts = next.attempts;
    row.event.courier_away = event.courier_away;
    row.owner.clear();
    row.due = t_.now() + next.delay;
    break;
  case disposition::kind::read_first:
    if (row.event.state != next.state) row.event.state_since = wall();
    row.event.state = next.state;
    row.due = t_.now() + 60s;
    break;
  case disposition::kind::try_again:
    break;
  }
}

void sim_receiver::carry_out(pending_event event, const disposition& next) {
  if (next.action == disposition::kind::try_again) {
    ++event.busy_tries;
    apply_soon(std::move(event), next.delay);
  } else if (next.action == disposition::kind::read_first) {
    if (event.state != next.state) event.state_since = wall();
    event.state = next.state;
    event.attempts = next.attempts;
    confirm(std::move(event), *next.wanted);
  }
}

// As receiver/apply/confirm_lane.cpp does: what the courier asks for is every program's.
void sim_receiver::confirm(pending_event event, shop::wanted_read wanted) {
  receiver::read_gate& gate = gates_.try_emplace(wanted.account, receiver::read_gate::limits{}).first->second;
  milliseconds pause = store_.up ? store_.pause_left(wanted.account) : 0ms;
  pause = std::max(pause, gate.closed_for(t_.steady()));
  if (pause.count() > 0) {
    error closed = transient("courier:throttled", "the courier wants to be left alone");
    event.courier_away = true;
    auto next = receiver::after_failed_read(event, closed, pause, t_.chance());
    if (store_.events.at(event.id).owner == name()) settle(event, next);
    return;
  }
  if (gate.opens_at(t_.steady()) > t_.steady())
    return later(20ms, [this, event, wanted] { confirm(event, wanted); });
  gate.started(t_.steady());
  instant requested_at = wall();
  later(t_.about(faults_.latency), [this, event, wanted, requested_at] {
    auto answer = couriers_.of(wanted.account).read(wanted.account, wanted);
    later(t_.about(faults_.latency), [this, event, wanted, answer, requested_at]() mutable {
      receiver::read_gate& of_account = gates_.at(wanted.account);
      of_account.ended(wanted.uuid.value_or(wanted.reference), answer.failure ? &*answer.failure : nullptr,
                       answer.status, answer.retry_after, t_.chance(), t_.steady());
      auto kind = wanted.uuid ? shop::pull_kind::answer : shop::pull_kind::row;
      if (answer.failure) {
        event.courier_away = true;
        milliseconds closed = of_account.closed_for(t_.steady());
        bool throttled = answer.retry_after || answer.failure->code == "courier:throttled";
        if (throttled && store_.up && closed >= shop::recorded_pause_min)
          store_.pause(wanted.account, closed);
        auto next = receiver::after_failed_read(event, *answer.failure, answer.retry_after, t_.chance());
        if (store_.up && store_.events.at(event.id).owner == name()) settle(event, next);
        return;
      }
      std::vector<shop::observation> observations;
      for (auto& row : answer.rows) {
        shop::observation o;
        o.account = event.observation.account;
        o.from = shop::source::confirm;
        o.when = shop::pull_time(row.status_at, kind,
                                 shop::pull_time(requested_at, wall(), answer.server_date, 10s));
        o.read_at = wall();
        o.shipment = std::move(row);
        observations.push_back(std::move(o));
      }
      auto done = store_.apply(observations, [](auto) { return true; });
      if (dies()) return;
      if (!done) {
        event.courier_away = false; // it answered
        auto next = receiver::after_failed_read(event, done.error(), std::nullopt, t_.chance());
        if (store_.up && store_.events.at(event.id).owner == name()) settle(event, next);
        return;
      }
      event.read_at = requested_at;
      event.courier_away = false;
      event.busy_tries = 0;
      apply_soon(std::move(event), 1ms);
    });
  });
}

} // namespace suivi::simulation
