// The course of a sweep, as reconciler/sweep/account_sweep.cpp has it, on virtual time.
#include "tests/simulation/sim_reconciler.hpp"

#include "reconciler/store/sweep_record.hpp"
#include "reconciler/sweep/rotation.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::simulation {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds read_lag = 10s;
constexpr milliseconds incremental_every = 5min;
constexpr int in_flight_max = 10;

} // namespace

struct sim_reconciler::request {
  std::optional<int> page;
  shop::wanted_read wanted; // where it is no page
  bool settles = false;     // a doubt
  int tries = 0;
  reconciler::pace::priority priority = reconciler::pace::priority::page;
  reconciler::pace::budget_charge price = reconciler::pace::budget_charge::first;
  reconciler::pace::ticket ticket = 0;
};

struct sim_reconciler::sweep {
  explicit sweep(reconciler::list_plan of) : plan(std::move(of)) {}

  std::string account;
  bool full = false;
  std::int64_t term = 0;
  instant started{}; // by the process's clock
  instant really_started{};
  reconciler::list_plan plan;
  reconciler::pace pace{{in_flight_max, 0}};
  std::map<reconciler::pace::ticket, std::shared_ptr<request>> line;
  std::vector<shop::wanted_read> doubts;
  std::set<std::string> written; // uuids
  int in_flight = 0, writes = 0;
  int doubts_undone = 0, doubt_rounds = 0;
  bool rotated = false, stopped = false, lost = false, ended = false;
};

void sim_reconciler::begin() {
  look_round();
}
void sim_reconciler::forget() {
  running_.clear();
}

void sim_reconciler::look_round() {
  for (const char* account : {"account-a", "account-b"}) {
    bool mine =
        std::any_of(running_.begin(), running_.end(), [&](const auto& s) { return s->account == account; });
    if (mine || !store_.up) continue;
    auto& row = store_.accounts[account];
    auto due = reconciler::due_at(schedule_, {row.full, row.any}, incremental_every, wall());
    std::int64_t term = 0;
    if (due != reconciler::due::nothing && store_.take_lease(account, name(), term)) {
      if (dies()) return;
      start_sweep(account, due == reconciler::due::full, term);
    }
  }
  later(5s, [this] { look_round(); });
}

void sim_reconciler::start_sweep(const std::string& account, bool full, std::int64_t term) {
  auto horizon = reconciler::incremental_horizon(store_.accounts[account].watermark, wall());
  auto s = std::make_shared<sweep>(full ? reconciler::list_plan(reconciler::page_plan(0))
                                        : reconciler::list_plan(reconciler::incremental_plan(horizon, 0)));
  s->account = account;
  s->full = full;
  s->term = term;
  s->started = wall();
  s->really_started = t_.now();
  s->rotated = full;
  running_.push_back(s);
  keep_lease(s);
  go_on(s);
}

void sim_reconciler::keep_lease(std::shared_ptr<sweep> s) {
  later(reconciler::lease_renewal, [this, s] {
    if (s->ended) return;
    if (store_.up && !store_.keep_lease(s->account, s->term)) s->lost = true;
    if (s->lost)
      end(s);
    else
      keep_lease(s);
  });
}

// Whatever is to be done next; called whenever something has ended.
void sim_reconciler::go_on(std::shared_ptr<sweep> s) {
  if (s->ended) return;
  if (s->stopped || s->lost) return end(s);
  while (!s->plan.done() && s->in_flight < in_flight_max) {
    auto page = s->plan.next();
    if (!page) break;
    auto r = std::make_shared<request>();
    r->page = page;
    ++s->in_flight;
    stand_in_line(s, r);
  }
  if (!s->plan.done() || s->in_flight > 0 || s->writes > 0) return admit(s);
  if (!s->doubts.empty() && s->doubt_rounds < 5) {
    ++s->doubt_rounds;
    for (auto& wanted : std::exchange(s->doubts, {})) {
      auto r = std::make_shared<request>();
      r->wanted = std::move(wanted);
      r->settles = true;
      r->priority = reconciler::pace::priority::single_read;
      ++s->in_flight;
      auto wait = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(r->wanted.not_before - wall()));
      later(wait, [this, s, r] { stand_in_line(s, r); });
    }
    return admit(s);
  }
  if (!s->rotated) {
    s->rotated = true;
    plan_rotation(s);
    return go_on(s);
  }
  s->doubts_undone += static_cast<int>(s->doubts.size());
  end(s);
}

void sim_reconciler::plan_rotation(std::shared_ptr<sweep> s) {
  std::vector<shop::parcel_row*> open;
  for (auto& p : store_.parcels)
    if (p.account == s->account && p.order_id && p.uuid && p.status != 41 && p.status != 52)
      open.push_back(&p);
  std::sort(open.begin(), open.end(), [](auto* a, auto* b) { return a->pulled_at < b->pulled_at; });
  auto limit = reconciler::rotation_budget(static_cast<std::int64_t>(open.size()), incremental_every);
  for (std::size_t i = 0; i < open.size() && i < static_cast<std::size_t>(limit); ++i) {
    bool rested = open[i]->pulled_at && wall() - *open[i]->pulled_at < reconciler::rotation_rest;
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
  auto again = s->pace.look_again(t_.steady());
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
    auto answer = r->page ? courier_.list(s->account, *r->page) : courier_.read(s->account, r->wanted);
    later(t_.about(faults_.latency), [this, s, r, answer = std::move(answer), requested_at] {
      if (!s->ended) take(s, r, answer, requested_at);
    });
  });
}

void sim_reconciler::take(std::shared_ptr<sweep> s, std::shared_ptr<request> r, api_answer answer,
                          instant requested_at) {
  const error* failure = answer.failure ? &*answer.failure : nullptr;
  auto how = reconciler::classify(failure, answer.status, answer.retry_after);
  bool throttled = how == reconciler::answer_kind::throttled;
  if (!throttled) ++r->tries;
  auto next = reconciler::judge(failure, answer.retry_after, r->tries,
                                s->pace.throttled_in_a_row() + (throttled ? 1 : 0), t_.chance());
  s->pace.ended(r->ticket, how, next.wait, t_.chance(), t_.steady());
  if (next.step == reconciler::next_step::stop_account || !s->pace.give_up_reason(t_.steady()).empty())
    s->stopped = true;
  using reconciler::next_step;
  if (s->stopped) return end(s);
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
  std::vector<maystro::shipment> rows;
  shop::as_of when;
  if (good) {
    rows = good->rows;
    when = shop::pull_time(requested_at, wall(), good->server_date, read_lag);
  }
  if (r->page && good) {
    std::vector<reconciler::listed_row> listed;
    for (const auto& row : rows) listed.push_back({reconciler::identity_hash(row), row.created_at});
    rows.resize(s->plan.read(*r->page, {good->count, 0, good->has_next, when.from}, listed));
  } else if (r->page && past_end) {
    s->plan.past_end(*r->page);
  } else if (r->page) {
    s->plan.unreadable(*r->page);
  } else if (!good && !past_end && r->settles) {
    ++s->doubts_undone;
  }
  if (!rows.empty()) {
    ++s->writes;
    write(s, std::move(rows), when, 0);
  }
  go_on(s);
}

// One slice through the door, under the term.
void sim_reconciler::write(std::shared_ptr<sweep> s, std::vector<maystro::shipment> rows, shop::as_of when,
                           int tries) {
  if (s->ended) return;
  std::vector<shop::observation> observations;
  for (auto& row : rows) {
    shop::observation o;
    o.account = s->account;
    o.from = shop::source::sweep;
    o.when = when;
    o.shipment = row;
    observations.push_back(std::move(o));
  }
  auto verdicts = store_.apply(observations, [&](auto) { return store_.holds(s->account, s->term); });
  if (dies()) return;
  if (!verdicts && store_.up) {
    s->lost = true;
    return end(s);
  }
  std::vector<maystro::shipment> busy;
  for (std::size_t i = 0; verdicts && i < rows.size(); ++i) {
    const auto& v = (*verdicts)[i];
    if (v.wanted) s->doubts.push_back(*v.wanted);
    if (v.outcome == shop::outcome::busy)
      busy.push_back(rows[i]);
    else
      s->written.insert(*rows[i].uuid);
  }
  if (!verdicts) busy = std::move(rows);
  if (busy.empty()) {
    --s->writes;
    return go_on(s);
  }
  if (tries > 60) {
    s->stopped = true; // locked for a minute, or the database is away for long
    return end(s);
  }
  later(1s, [this, s, busy, when, tries] { write(s, busy, when, tries + 1); });
}

void sim_reconciler::end(std::shared_ptr<sweep> s) {
  if (std::exchange(s->ended, true)) return;
  std::erase(running_, s);
  bool list = s->plan.done() && s->plan.judge().complete;
  bool complete = list && s->doubts_undone == 0 && !s->stopped && !s->lost;
  if (s->lost || !store_.end_sweep(s->account, s->term, s->full, complete, s->started)) {
    ++counts.lost;
    return;
  }
  ++(complete ? counts.complete : counts.incomplete);
  store_.wake_parked();
  if (complete && s->full) check_complete(*s);
}

// A full sweep that calls itself complete has written every parcel that was there all the time.
void sim_reconciler::check_complete(const sweep& s) {
  for (const auto& p : courier_.parcels()) {
    bool there = p.account == s.account && p.created < s.really_started - read_lag && !p.removed;
    if (there && !s.written.contains(p.uuid))
      throw violation(
          fmt::format("a sweep of {} calls itself complete and has not read {}", s.account, p.uuid));
  }
}

} // namespace suivi::simulation
