// What a sweep writes, how it ends, and what must hold when it begins and when it calls itself complete.
#include "tests/simulation/sim_sweep.hpp"

#include "common/sqlstate/batch_failure.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "reconciler/plan/sweep_verdict.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::simulation {

using namespace std::chrono_literals;

// As reconciler/sweep/single_reads.cpp reckons it.
void sim_reconciler::note_clock(sweep& s, const api_answer& answer, instant requested_at) {
  if (answer.server_date + 1s > requested_at) return;
  instant read_time = shop::pull_time(requested_at, wall(), answer.server_date, milliseconds(0)).from;
  s.doubts.clock_behind(std::chrono::ceil<milliseconds>(requested_at - read_time) + 1s);
}

// One slice through the door, under the term.
void sim_reconciler::write(std::shared_ptr<sweep> s, std::vector<shop::observation> rows, int tries) {
  if (s->ended) return;
  auto verdicts = store_.apply(rows, [&](auto) { return store_.holds(s->account, s->term); });
  if (dies()) return;
  if (!verdicts && verdicts.error().code == pg::term_passed) {
    s->lost = true;
    return end(s);
  }
  bool by_rows = !verdicts &&
                 (verdicts.error().kind == failure::permanent || pg::is_statement_timeout(verdicts.error()));
  if (by_rows) return write_parts(s, std::move(rows), verdicts.error());
  std::vector<shop::observation> busy;
  for (std::size_t i = 0; verdicts && i < rows.size(); ++i) {
    const auto& v = (*verdicts)[i];
    if (v.wanted && (v.wanted->account.empty() || v.wanted->account == s->account))
      s->doubts.push(*v.wanted, rows[i].from == shop::source::confirm);
    if (v.outcome == shop::outcome::busy)
      busy.push_back(rows[i]);
    else
      s->written.insert(*rows[i].shipment.uuid);
  }
  if (!verdicts) busy = std::move(rows);
  if (busy.empty()) {
    --s->writes;
    return go_on(s);
  }
  if (tries > 60) {
    s->database_away = !verdicts;
    s->locked += busy.size();
    --s->writes;
    return s->database_away ? end(s) : go_on(s);
  }
  later(1s, [this, s, busy, tries] { write(s, busy, tries + 1); });
}

// As reconciler/sweep/row_queue.cpp halves.
void sim_reconciler::write_parts(std::shared_ptr<sweep> s, std::vector<shop::observation> rows,
                                 const error& why) {
  pg::remedy remedy = pg::after_failure(why, rows.size());
  if (pg::is_statement_timeout(why)) remedy = rows.size() > 1 ? pg::remedy::split : pg::remedy::isolate;
  if (remedy == pg::remedy::give_up) {
    s->database_away = true;
    return end(s);
  }
  if (remedy == pg::remedy::isolate) {
    shop::door_options links_only;
    links_only.links_only = true;
    auto kept = store_.apply(rows, [&](auto) { return store_.holds(s->account, s->term); }, links_only);
    (void)kept; // the next sweep tells it again
    s->refused.insert(rows.front().shipment.reference.value_or(*rows.front().shipment.uuid));
    s->written.insert(*rows.front().shipment.uuid);
    ++counts.refused;
    --s->writes;
    return go_on(s);
  }
  auto [front, back] = pg::halve({0, rows.size()});
  std::vector<shop::observation> rest(rows.begin() + static_cast<std::ptrdiff_t>(back.begin), rows.end());
  rows.resize(front.end);
  ++s->writes;
  write(s, std::move(rows), 0);
  if (alive()) write(s, std::move(rest), 0);
}

void sim_reconciler::end(std::shared_ptr<sweep> s) {
  if (std::exchange(s->ended, true)) return;
  std::erase(running_, s);
  s->doubts.close();
  if (s->database_away && store_.up && store_.up_since + 61s < t_.now())
    throw violation(
        fmt::format("a sweep of {} gave up though the database was there all the time", s->account));
  reconciler::sweep_end how;
  how.lease_lost = s->lost;
  if (s->database_away) how.rows_failed = transient("pg:lost", "the database is away");
  how.courier_stopped = s->stopped;
  how.list_done = s->plan.done();
  how.list = s->plan.judge();
  how.orders_refused = static_cast<std::int64_t>(s->refused.size());
  how.rows_locked = s->locked;
  for (const auto& [key, name] : s->doubts.unsettled()) how.unsettled.push_back(name);
  bool complete = reconciler::judge_sweep(how).complete;
  if (s->lost || !store_.end_sweep(s->account, s->term, s->full, complete, s->started)) {
    ++counts.lost;
    return;
  }
  ++(complete ? counts.complete : counts.incomplete);
  store_.wake_parked();
  if (complete && !s->full) check_new_read(*s);
  if (!s->full) return;
  auto& row = store_.accounts[s->account];
  row.unsettled = how.unsettled;
  row.refused.assign(s->refused.begin(), s->refused.end());
  if (complete) check_complete(*s);
}

// What is due is done once, whatever the clocks of those say who do it.
void sim_reconciler::check_begin(const std::string& account, bool full) {
  const auto& row = store_.accounts.at(account);
  auto due = schedule_.last_at(store_.clock());
  bool done = row.full_watermark && due && *row.full_watermark >= *due;
  if (full && done && row.incomplete_fulls == 0)
    throw violation(fmt::format("a full sweep of {} began though the one that was due is complete", account));
  if (!full && row.any && store_.clock() < *row.any + incremental_every && *row.any <= store_.clock())
    throw violation(fmt::format("an incremental sweep of {} began too soon", account));
}

// An incremental sweep that calls itself complete has written every parcel that is new since the last
// complete one and says when it was made.
void sim_reconciler::check_new_read(const sweep& s) {
  if (!s.reaches_back || !store_.knows_truth || !s.courier.part().can.lists) return;
  instant at_start = s.really_started - read_lag;
  for (const auto& p : s.courier.parcels()) {
    bool is_new = p.account == s.account && p.created > *s.reaches_back && p.created < at_start;
    if (is_new && !p.removed && !p.undated && !s.written.contains(p.uuid))
      throw violation(fmt::format("an incremental sweep of {} calls itself complete and has not read {}",
                                  s.account, p.uuid));
  }
}

// A full sweep that calls itself complete has written every parcel that was there all the time, and every
// order whose parcel did not change meanwhile shows it, as it was at the sweep's start or later.
void sim_reconciler::check_complete(const sweep& s) {
  instant at_start = s.really_started - read_lag;
  for (const auto& p : s.courier.parcels()) {
    bool there = p.account == s.account && p.created < at_start && !p.removed && s.courier.part().can.lists;
    if (there && !s.written.contains(p.uuid))
      throw violation(
          fmt::format("a sweep of {} calls itself complete and has not read {}", s.account, p.uuid));
  }
  for (const auto& [id, order] : store_.orders) {
    if (order.account != s.account || store_.order_since.at(id) >= s.really_started) continue;
    const auto* current = s.courier.current_of(s.account, order.reference, at_start);
    if (!current || current != s.courier.current_of(s.account, order.reference, t_.now())) continue;
    if (store_.guessed.contains({s.account, current->uuid}) || !store_.knows_truth) continue;
    int step_min = sim_courier::step_at(*current, at_start);
    int step_now = s.courier.last_step(*current, order.columns.shipping_status, order.columns.alert_reason);
    if (order.columns.tracking != s.courier.tracking_of(*current) || step_now < step_min)
      throw violation(fmt::format(
          "a sweep of {} calls itself complete and {} shows {} step {}, not {} step {}", s.account,
          order.reference, order.columns.tracking.value_or("-"), step_now, current->uuid, step_min));
  }
}

} // namespace suivi::simulation
