// Everything is in memory; "commit" is the end of a function.
#include "tests/simulation/sim_store.hpp"

#include "reconciler/store/sweep_record.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace suivi::simulation {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds event_lease = 5s;

int number(const std::optional<std::string>& text) {
  int n = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), n);
  return n;
}

// Where a parcel's state is from, for a person who looks at a violation.
std::string describe(const shop::parcel_row& p) {
  return fmt::format("{} {} as of {} to {}", shop::to_string(p.from), static_cast<int>(p.when.kind),
                     format_instant(p.when.from), format_instant(p.when.to));
}

} // namespace

bool sim_store::ingest(receiver::pending_event event, std::int64_t message, const std::string& owner) {
  if (!keys_.emplace(message, next_event_).second) return false;
  event.id = next_event_++;
  event.observation.event_id = event.id;
  auto id = event.id;
  open_.insert(id);
  events[id] = {std::move(event), owner, owner.empty() ? t_.now() : t_.now() + event_lease, std::nullopt};
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
  std::set<std::string> references, uuids, ids;
  for (const auto& o : observations) {
    if (o.shipment.reference) references.insert(*o.shipment.reference);
    if (o.shipment.uuid) uuids.insert(*o.shipment.uuid);
  }
  for (const auto& [id, order] : orders)
    if (references.contains(order.reference)) ids.insert(id);
  for (const auto& p : parcels)
    if (p.uuid && uuids.contains(*p.uuid) && p.order_id) ids.insert(*p.order_id);
  shop::snapshot rows;
  for (const auto& p : parcels)
    if ((p.uuid && uuids.contains(*p.uuid)) || (p.order_id && ids.contains(*p.order_id))) {
      rows.parcels.push_back(p);
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

void sim_store::write(const shop::decision& decided) {
  for (const auto& entry : decided.journal)
    if (orders.at(entry.order_id).account != entry.account)
      throw violation(fmt::format("order {} was written from {}", entry.order_id, entry.account));
  for (const auto& p : decided.new_parcels) {
    parcels.push_back(p);
    parcels.back().id = next_parcel_++;
  }
  for (const auto& p : decided.changed_parcels)
    for (auto& own : parcels)
      if (own.id == p.id) {
        if (own.tracking && (!p.tracking || p.strength < own.strength))
          throw violation(fmt::format("the tracking number of {} was lost", *own.uuid));
        if (strict && !guessed.contains(*own.uuid) &&
            number(p.alert_reason.value) < number(own.alert_reason.value))
          throw violation(fmt::format("{} went back from step {} ({}) to {} ({})", *own.uuid,
                                      *own.alert_reason.value, describe(own), *p.alert_reason.value,
                                      describe(p)));
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

std::optional<std::vector<shop::verdict>>
sim_store::apply(std::span<const shop::observation> observations,
                 const std::function<bool(std::span<const shop::verdict>)>& then) {
  if (!up) return std::nullopt;
  for (const auto& o : observations)
    if (o.decide_by_later_time) guessed.insert(*o.shipment.uuid);
  auto decided = shop::decide(read(observations), observations, {});
  if (!then(decided.verdicts)) {
    ++stale_writes_refused;
    return std::nullopt;
  }
  write(decided);
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
  if (!complete) return true;
  row.watermark = std::max(row.watermark.value_or(started), started);
  if (full) row.full_watermark = std::max(row.full_watermark.value_or(started), started);
  return true;
}

} // namespace suivi::simulation
