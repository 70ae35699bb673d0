// The course of a sweep, as reconciler/sweep/account_sweep.cpp has it, on virtual time.
#include "tests/simulation/sim_reconciler.hpp"

#include "common/decision/state_rules.hpp"
#include "common/shipment/courier_time.hpp"
#include "common/shop/courier_pause.hpp"
#include "reconciler/store/lease.hpp"
#include "reconciler/sweep/rotation.hpp"
#include "tests/simulation/sim_sweep.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::simulation {

using namespace std::chrono_literals;

void sim_reconciler::begin() {
  poll_round();
}
void sim_reconciler::forget() {
  running_.clear();
}

void sim_reconciler::poll_round() {
  for (const auto& [account, courier] : couriers_.by_account()) {
    bool mine =
        std::any_of(running_.begin(), running_.end(), [&](const auto& s) { return s->account == account; });
    if (mine || !store_.up) continue;
    if (store_.accounts[account].until > t_.now()) continue; // another holds it
    auto due = due_now(account);
    std::int64_t term = 0;
    if (due != reconciler::due::nothing && store_.take_lease(account, name(), term)) {
      if (dies()) return;
      if (!std::exchange(store_.accounts[account].requested, false))
        check_begin(account, due == reconciler::due::full);
      start_sweep(account, due == reconciler::due::full, term);
    }
  }
  later(5s, [this] { poll_round(); });
}

// All of it by the database's clock.
reconciler::due sim_reconciler::due_now(const std::string& account) {
  const account_row& row = store_.accounts[account];
  if (store_.pause_left(account).count() > 0) return reconciler::due::nothing;
  if (row.requested) return reconciler::due::full;
  reconciler::last_sweep_starts last{row.full, row.any, row.incomplete_fulls, row.full_ended};
  return reconciler::due_at(schedule_, last, incremental_every, store_.clock());
}

void sim_reconciler::start_sweep(const std::string& account, bool full, std::int64_t term) {
  auto s = std::make_shared<sweep>(account, couriers_.of(account), full, term);
  s->started = store_.clock();
  s->really_started = t_.now();
  if (const auto& watermark = store_.accounts[account].watermark; watermark && !full)
    s->reaches_back = *watermark - store_.clock_off;
  plan(*s);
  running_.push_back(s);
  keep_lease(s);
  go_on(s);
}

// Which plan, by what the courier can do.
void sim_reconciler::plan(sweep& s) {
  const courier::capabilities& can = s.courier.part().can;
  bool finds_every_change = !can.lists || can.lists_changes;
  s.rotated = s.full || finds_every_change;
  std::optional<milliseconds> age;
  if (const auto& watermark = store_.accounts[s.account].watermark)
    age = std::chrono::ceil<milliseconds>(store_.clock() - *watermark);
  if (!can.lists) return plan_numbers(s);
  s.plan = reconciler::page_plan(0, can.has_quotas);
  if (s.full) return;
  if (can.lists_changes) {
    s.since_day = algiers_day(wall() - age.value_or(reconciler::incremental_first_reach) - 24h);
  } else {
    s.plan = reconciler::incremental_plan(reconciler::incremental_horizon(age, wall()), 0);
  }
}

// As reconciler/store/tracking_numbers.cpp chooses them.
void sim_reconciler::plan_numbers(sweep& s) {
  std::vector<std::string> numbers;
  for (const auto& [id, order] : store_.orders) {
    if (order.account != s.account || !order.columns.tracking) continue;
    auto followed = std::ranges::find_if(store_.parcels, [&](const shop::parcel_row& p) {
      return p.account == s.account && p.uuid == order.columns.tracking && p.order_id == id;
    });
    bool ended = followed != store_.parcels.end() && followed->status &&
                 shop::is_final(followed->courier, *followed->status);
    if (ended) continue;
    numbers.push_back(*order.columns.tracking);
    s.unread.emplace(*order.columns.tracking, order.reference);
  }
  for (std::size_t i = 0; i < numbers.size(); i += s.courier.part().page_rows) {
    auto end = std::min(numbers.size(), i + s.courier.part().page_rows);
    s.batches.emplace_back(numbers.begin() + static_cast<std::ptrdiff_t>(i),
                           numbers.begin() + static_cast<std::ptrdiff_t>(end));
  }
  s.plan =
      reconciler::batch_plan(static_cast<int>(s.batches.size()), static_cast<std::int64_t>(numbers.size()));
}

api_answer sim_reconciler::ask(const sweep& s, const request& r) {
  if (!r.page) return s.courier.read(s.account, r.wanted);
  if (!s.batches.empty()) return s.courier.find(s.account, s.batches[static_cast<std::size_t>(*r.page) - 1]);
  return s.since_day.empty() ? s.courier.list(s.account, *r.page)
                             : s.courier.list_changes(s.account, s.since_day, *r.page);
}

shop::observation sim_reconciler::observe(sweep& s, const request& r, suivi::shipment row,
                                          const shop::as_of& by_request) {
  bool whole = !r.page ? r.wanted.uuid.has_value() : !s.courier.part().can.lists;
  shop::observation o;
  o.account = s.account;
  o.from = r.settles ? shop::source::confirm : shop::source::sweep;
  o.when = shop::pull_time(row.status_at, whole ? shop::pull_kind::answer : shop::pull_kind::row, by_request);
  o.read_at = by_request.to;
  if (auto numbered = s.unread.find(*row.uuid); r.page && numbered != s.unread.end())
    row.reference = numbered->second;
  o.shipment = std::move(row);
  return o;
}

void sim_reconciler::keep_lease(std::shared_ptr<sweep> s) {
  later(reconciler::lease_renewal, [this, s] {
    if (s->ended) return;
    if (store_.up && !store_.keep_lease(s->account, s->term)) s->lost = true;
    milliseconds pause = s->pace.closed_for(t_.steady());
    if (store_.up && !s->lost && pause >= shop::recorded_pause_min) store_.pause(s->account, pause);
    if (s->lost)
      end(s);
    else
      keep_lease(s);
  });
}

// Whatever is to be done next; called whenever something has ended.
void sim_reconciler::go_on(std::shared_ptr<sweep> s) {
  if (s->ended) return;
  if (!s->stopped.empty() || s->lost) return end(s);
  start_doubts(s);
  while (!s->plan.done() && s->in_flight < in_flight_max) {
    auto page = s->plan.next();
    if (!page) break;
    auto r = std::make_shared<request>();
    r->page = page;
    ++s->in_flight;
    stand_in_line(s, r);
  }
  if (!s->plan.done() || s->in_flight > 0 || s->writes > 0) return admit(s);
  if (!s->doubts.empty()) {
    if (std::exchange(s->waits, true)) return;
    auto wait = std::max(s->doubts.due_in(wall(), 1s), milliseconds(5));
    later(wait, [this, s] {
      s->waits = false;
      go_on(s);
    });
    return;
  }
  if (!s->rotated) {
    s->rotated = true;
    plan_rotation(s);
    return go_on(s);
  }
  end(s);
}

void sim_reconciler::start_doubts(std::shared_ptr<sweep> s) {
  auto free = static_cast<std::size_t>(2 * in_flight_max - std::min(2 * in_flight_max, s->in_flight));
  for (auto& wanted : s->doubts.take_due(wall(), free)) {
    auto r = std::make_shared<request>();
    r->wanted = std::move(wanted);
    r->settles = true;
    r->priority = reconciler::pace::priority::single_read;
    ++s->in_flight;
    ++counts.settled;
    stand_in_line(s, r);
  }
}

void sim_reconciler::plan_rotation(std::shared_ptr<sweep> s) {
  std::vector<shop::parcel_row*> open;
  for (auto& p : store_.parcels) {
    bool ended = p.status && shop::is_final(p.courier, *p.status);
    if (p.account == s->account && p.order_id && p.uuid && !ended) open.push_back(&p);
  }
  std::sort(open.begin(), open.end(), [](auto* a, auto* b) { return a->pulled_at < b->pulled_at; });
  auto limit = reconciler::rotation_budget(static_cast<std::int64_t>(open.size()), incremental_every);
  for (std::size_t i = 0; i < open.size() && i < static_cast<std::size_t>(limit); ++i) {
    bool rested = open[i]->pulled_at && store_.clock() - *open[i]->pulled_at < reconciler::rotation_rest;
    if (i >= static_cast<std::size_t>(reconciler::rotation_min) && rested) break;
    auto r = std::make_shared<request>();
    r->wanted = {s->account, open[i]->uuid, "", {}};
    r->priority = reconciler::pace::priority::single_read;
    ++s->in_flight;
    stand_in_line(s, r);
  }
}

void sim_reconciler::stand_in_line(std::shared_ptr<sweep> s, std::shared_ptr<request> r) {
  if (s->ended) return;
  r->ticket = s->pace.stand_in_line(r->priority, r->price);
  s->line[r->ticket] = r;
  admit(s);
}

void sim_reconciler::admit(std::shared_ptr<sweep> s) {
  while (auto next = s->pace.admit(t_.steady())) {
    auto r = s->line.at(*next);
    s->line.erase(*next);
    launch(s, r);
  }
  if (s->line.empty()) return;
  auto again = s->pace.recheck_at(t_.steady());
  if (again == steady_time::max()) return;
  auto wait = std::chrono::ceil<milliseconds>(again - t_.steady());
  later(std::clamp<milliseconds>(wait, 1ms, 60s), [this, s] {
    if (!s->ended) admit(s);
  });
}

void sim_reconciler::launch(std::shared_ptr<sweep> s, std::shared_ptr<request> r) {
  instant requested_at = wall();
  later(t_.about(faults_.latency), [this, s, r, requested_at] {
    if (s->ended) return;
    ++counts.requests;
    auto answer = ask(*s, *r);
    later(t_.about(faults_.latency), [this, s, r, answer = std::move(answer), requested_at] {
      if (!s->ended) take(s, r, answer, requested_at);
    });
  });
}

void sim_reconciler::take(std::shared_ptr<sweep> s, std::shared_ptr<request> r, api_answer answer,
                          instant requested_at) {
  const error* failure = answer.failure ? &*answer.failure : nullptr;
  error forbidden;
  if (failure && failure->code == "courier:unauthorized") {
    bool first = !std::exchange(r->refused, true);
    bool of_key = s->refusals.is_of_key(answer.status, first);
    if (of_key && s->answered_well) throw violation("a page's 403 was taken for the key's");
    if (!of_key) forbidden = transient("courier:forbidden", failure->detail);
    if (!of_key) failure = &forbidden;
  }
  auto how = reconciler::classify(failure, answer.status, answer.retry_after);
  if (how == reconciler::answer_kind::good) {
    s->refusals.accepted();
    s->answered_well = true;
  }
  bool throttled = how == reconciler::answer_kind::throttled;
  if (!throttled) ++r->tries;
  auto next = reconciler::judge(failure, answer.retry_after, r->tries,
                                s->pace.throttled_in_a_row() + (throttled ? 1 : 0), t_.chance());
  s->pace.ended(r->ticket, how, next.wait, t_.chance(), t_.steady());
  s->stopped = s->pace.give_up_reason(t_.steady());
  using reconciler::next_step;
  if (next.step == next_step::stop_account) s->stopped = "the courier wants to be left alone";
  if (!s->stopped.empty()) {
    if (store_.up && store_.holds(s->account, s->term))
      store_.pause(s->account, s->pace.closed_for(t_.steady()));
    return end(s);
  }
  if (next.step == next_step::again || next.step == next_step::again_gated) {
    r->price = throttled ? reconciler::pace::budget_charge::none : reconciler::pace::budget_charge::repeated;
    if (!throttled && r->page) r->priority = reconciler::pace::priority::repetition;
    later(next.step == next_step::again ? next.wait : 0ms, [this, s, r] { stand_in_line(s, r); });
    return admit(s);
  }
  concluded(s, r, next.step == next_step::take ? &answer : nullptr, next.step == next_step::past_end,
            requested_at);
}

void sim_reconciler::concluded(std::shared_ptr<sweep> s, std::shared_ptr<request> r, const api_answer* good,
                               bool past_end, instant requested_at) {
  --s->in_flight;
  std::vector<suivi::shipment> rows;
  shop::as_of when;
  if (good) {
    rows = good->rows;
    when = shop::pull_time(requested_at, wall(), good->server_date, read_lag);
    note_clock(*s, *good, requested_at);
  }
  if (r->page && good) {
    std::vector<reconciler::listed_row> page_rows;
    for (const auto& row : rows) page_rows.push_back({reconciler::identity_hash(row), row.created_at});
    if (s->courier.part().can.lists) s->dates.date_by_neighbors(*r->page, rows);
    rows.resize(s->plan.read(*r->page, {good->count, 0, good->has_next, when.from}, page_rows));
    for (const auto& row : rows) s->listed.insert(*row.uuid);
  } else if (r->page && past_end) {
    s->plan.past_end(*r->page);
  } else if (r->page) {
    s->plan.unreadable(*r->page);
  } else if (!good && r->settles) {
    bool was_listed = !r->wanted.uuid || s->listed.contains(*r->wanted.uuid);
    if (!past_end || was_listed) s->doubts.read_failed(r->wanted);
  }
  if (!rows.empty()) {
    std::vector<shop::observation> observations;
    for (auto& row : rows) observations.push_back(observe(*s, *r, std::move(row), when));
    ++s->writes;
    write(s, std::move(observations), 0);
  }
  go_on(s);
}

} // namespace suivi::simulation
