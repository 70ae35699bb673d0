// Everything is in memory; "commit" is the end of a function.
#include "tests/simulation/sim_store.hpp"

#include "common/decision/moved_links.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "reconciler/store/sweep_record.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <unordered_set>

namespace suivi::simulation {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds event_lease = 5s;

// Where a parcel's state is from, for a person who looks at a violation.
std::string describe(const shop::parcel_row& p) {
  return fmt::format("{} {} as of {} to {}", shop::to_string(p.from), static_cast<int>(p.when.kind),
                     format_instant(p.when.from), format_instant(p.when.to));
}

} // namespace

bool sim_store::ingest(stored_event stored, std::int64_t message) {
  if (!keys_.emplace(message, next_event_).second) return false;
  std::int64_t id = next_event_++;
  stored.event.id = id;
  stored.event.observation.event_id = id;
  stored.due = stored.owner.empty() ? t_.now() : t_.now() + event_lease;
  open_.insert(id);
  events[id] = std::move(stored);
  return true;
}

std::vector<receiver::pending_event> sim_store::claim(const std::string& who) {
  std::vector<receiver::pending_event> taken;
  for (auto id : open_) {
    auto& e = events.at(id);
    if (e.due > t_.now() || taken.size() >= 50) continue;
    e.owner = who;
    e.due = t_.now() + event_lease;
    taken.push_back(e.event);
  }
  return taken;
}

void sim_store::close(std::int64_t event, std::string outcome) {
  events.at(event).outcome = std::move(outcome);
  open_.erase(event);
}

void sim_store::wake_parked() {
  for (auto id : open_) {
    auto& e = events.at(id);
    if (e.event.state != receiver::event_state::parked || !e.owner.empty()) continue;
    for (const auto& [order_id, order] : orders)
      if (order.reference == e.event.observation.shipment.reference) e.due = t_.now();
  }
}

shop::snapshot sim_store::read(std::span<const shop::observation> observations) const {
  std::unordered_set<std::string_view> references, uuids, numbers;
  std::set<std::string> ids;
  for (const auto& o : observations) {
    if (o.shipment.display_id) numbers.insert(*o.shipment.display_id);
    if (o.shipment.tracking) numbers.insert(*o.shipment.tracking);
    if (o.shipment.reference) references.insert(*o.shipment.reference);
    if (o.shipment.uuid) uuids.insert(*o.shipment.uuid);
  }
  auto was_reported = [&](const shop::parcel_row& p) {
    return (p.uuid && uuids.contains(*p.uuid)) || (p.display_id && numbers.contains(*p.display_id)) ||
           (p.tracking && numbers.contains(*p.tracking));
  };
  shop::snapshot rows;
  for (const auto& [id, order] : orders) {
    if (references.contains(order.reference)) ids.insert(id);
    for (const auto* own : {&order.columns.tracking, &order.columns.maystro_order_id}) {
      if (!*own || !(uuids.contains(**own) || numbers.contains(**own))) continue;
      rows.legacy_links.emplace(**own, id);
      ids.insert(id);
    }
  }
  std::vector<bool> reported(parcels.size());
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    reported[i] = was_reported(parcels[i]);
    if (reported[i] && parcels[i].order_id) ids.insert(*parcels[i].order_id);
  }
  for (std::size_t i = 0; i < parcels.size(); ++i)
    if (reported[i] || (parcels[i].order_id && ids.contains(*parcels[i].order_id))) {
      rows.parcels.push_back(parcels[i]);
      rows.parcels.back().locked = true;
    }
  for (const auto& id : ids) {
    auto at = orders.find(id);
    if (at == orders.end()) continue;
    rows.orders.push_back(at->second);
    rows.orders.back().locked = !locked.contains(id);
  }
  return rows;
}

// A number that only one of the known parcels bears: nothing tells that another one bears it as well.
bool sim_store::looks_unique(const shop::observation& reported) const {
  if (reported.shipment.uuid || reported.shipment.reference) return false;
  return 1 == std::ranges::count_if(parcels, [&](const shop::parcel_row& p) {
           return p.account == reported.account && p.display_id == reported.shipment.display_id;
         });
}

void sim_store::note_guesses(const shop::observation& reported) {
  if (reported.decide_by_later_time && reported.shipment.uuid)
    guessed.insert({reported.account, *reported.shipment.uuid});
  if (reported.shipment.display_id != placeholder || !looks_unique(reported)) return;
  for (const auto& p : parcels)
    if (p.account == reported.account && p.display_id == placeholder && p.uuid)
      guessed.insert({p.account, *p.uuid});
}

// However far clocks are apart: a webhook is older only than what is as new at least.
void sim_store::check_laid_aside(std::span<const shop::observation> observations,
                                 std::span<const shop::verdict> verdicts) const {
  for (std::size_t i = 0; i < observations.size() && knows_truth; ++i) {
    const shop::observation& o = observations[i];
    if (verdicts[i].outcome != shop::outcome::stale || !o.event_id || o.from != shop::source::webhook)
      continue;
    for (const shop::parcel_row& own : parcels) {
      if (own.account != o.account || !own.uuid || own.uuid != o.shipment.uuid || !own.status) continue;
      bool timed = own.when.kind != shop::as_of::shape::untimed && o.when.kind != shop::as_of::shape::untimed;
      if (was_guessed(own) || !timed) continue;
      shop::parcel_row reported = own;
      reported.status = o.shipment.status;
      reported.alert_reason = o.shipment.alert_reason;
      if (steps_of(reported).first > steps_of(own).second)
        throw violation(fmt::format("step {} of {} was laid aside as older than step {} ({})",
                                    steps_of(reported).first, *own.uuid, steps_of(own).second,
                                    describe(own)));
    }
  }
}

void sim_store::write(const shop::decision& decided) {
  for (const auto& entry : decided.journal) {
    const shop::order_row& order = orders.at(entry.order_id);
    if (order.account != entry.account)
      throw violation(fmt::format("order {} was written from {}", entry.order_id, entry.account));
    if (!entry.event_id) continue;
    const stored_event& by = events.at(*entry.event_id);
    const auto& meant = by.references;
    if (std::ranges::find(meant, order.reference) == meant.end() && !looks_unique(by.event.observation))
      throw violation(
          fmt::format("a message about {}'s parcel was written to {}", meant.front(), order.reference));
  }
  for (const auto& p : decided.new_parcels) {
    parcels.push_back(p);
    parcels.back().id = next_parcel_++;
  }
  for (const auto& p : decided.changed_parcels)
    for (auto& own : parcels)
      if (own.id == p.id) {
        if (own.tracking && (!p.tracking || p.strength < own.strength))
          throw violation(fmt::format("the tracking number of {} was lost", *own.uuid));
        if (own.order_id && own.order_id != p.order_id && !was_guessed(own) && !may_move(own, p))
          throw violation(fmt::format("{} of {} went back from {} ({}) to {} ({})", *own.uuid, own.account,
                                      *own.order_id, describe(own), p.order_id.value_or("none"),
                                      describe(p)));
        if (strict && own.uuid && own.status && !was_guessed(own)) {
          int before = steps_of(own).first, now = steps_of(p).second;
          if (now < before)
            throw violation(fmt::format("{} of {} went back from step {} ({}) to {} ({})", *own.uuid,
                                        own.account, before, describe(own), now, describe(p)));
        }
        own = p;
      }
  for (const auto& w : decided.orders) {
    auto& order = orders.at(w.order_id);
    if (locked.contains(w.order_id)) throw violation("a locked row was written");
    order.columns = w.columns;
    if (w.delivers) order.columns.status = "DELIVERED";
    ++applied;
  }
}

result<std::vector<shop::verdict>>
sim_store::apply(std::span<const shop::observation> observations,
                 const std::function<bool(std::span<const shop::verdict>)>& then,
                 const shop::door_options& options) {
  if (!up) return transient("pg:lost", "the database is away");
  for (const auto& o : observations) note_guesses(o);
  shop::snapshot rows = read(observations);
  auto decided = shop::decide(rows, observations, options);
  if (options.links_only) decided = shop::only_moved_links(std::move(decided), rows.parcels);
  int slow_ones = 0;
  for (const auto& w : decided.orders) {
    if (refused.contains(w.order_id)) return permanent("sqlstate:23514", "a row was refused");
    slow_ones += slow.contains(w.order_id) ? 1 : 0;
  }
  if (slow_ones > slow_max) return transient("sqlstate:57014", "statement timeout");
  if (!then(decided.verdicts)) {
    ++stale_writes_refused;
    return permanent(pg::term_passed, "the term has passed");
  }
  write(decided);
  check_laid_aside(observations, decided.verdicts);
  return std::move(decided.verdicts);
}

bool sim_store::take_lease(const std::string& account, const std::string& who, std::int64_t& term) {
  auto& row = accounts[account];
  if (!up || row.until > t_.now()) return false;
  row.holder = who;
  row.until = t_.now() + reconciler::lease_time;
  term = ++row.term;
  return true;
}

bool sim_store::keep_lease(const std::string& account, std::int64_t term) {
  if (!up || !holds(account, term)) return false;
  accounts[account].until = t_.now() + reconciler::lease_time;
  return true;
}

bool sim_store::end_sweep(const std::string& account, std::int64_t term, bool full, bool complete,
                          instant started) {
  if (!up || !holds(account, term)) return false;
  auto& row = accounts[account];
  row.until = t_.now();
  row.any = std::max(row.any.value_or(started), started);
  if (full) row.full = std::max(row.full.value_or(started), started);
  if (full) row.full_ended = clock();
  if (full) row.incomplete_fulls = complete ? 0 : row.incomplete_fulls + 1;
  if (!complete) return true;
  row.watermark = std::max(row.watermark.value_or(started), started);
  if (full) row.full_watermark = std::max(row.full_watermark.value_or(started), started);
  return true;
}

void sim_store::pause(const std::string& account, milliseconds time) {
  auto& row = accounts[account];
  row.paused_until = std::max(row.paused_until.value_or(instant{}), clock() + time);
}

milliseconds sim_store::pause_left(const std::string& account) const {
  const auto& until = accounts.at(account).paused_until;
  if (!until || *until <= clock()) return milliseconds(0);
  return std::chrono::ceil<milliseconds>(*until - clock());
}

} // namespace suivi::simulation
