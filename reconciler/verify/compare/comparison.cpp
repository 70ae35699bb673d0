// One row at a time is put before the door's decision, alone with its own parcel.
#include "reconciler/verify/compare/comparison.hpp"

#include "common/decision/current_parcel.hpp"
#include "common/decision/decide.hpp"
#include "common/decision/state_rules.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

namespace suivi::reconciler {
namespace {

using shop::observation;
using shop::order_row;
using shop::parcel_row;
using shop::snapshot;

// Finds, of a slice's snapshot, what one row is about.
class index {
 public:
  explicit index(const snapshot& known) : known_(known) {
    for (const order_row& order : known.orders) {
      by_reference_.emplace(order.reference, &order);
      by_id_.emplace(order.id, &order);
    }
    for (const parcel_row& parcel : known.parcels) {
      for (const auto& id : {parcel.uuid, parcel.display_id, parcel.tracking})
        if (id) by_courier_id_.emplace(*id, &parcel);
      if (parcel.order_id) linked_.emplace(*parcel.order_id + '\n' + parcel.account);
    }
  }

  // The row's own parcel, without the order's other ones, as if nothing were known of its time.
  [[nodiscard]] snapshot about(const observation& row) const {
    std::set<const parcel_row*> parcels;
    std::set<const order_row*> orders;
    snapshot part;
    for (const auto& id : {row.shipment.uuid, row.shipment.display_id, row.shipment.tracking}) {
      if (!id) continue;
      auto [first, last] = by_courier_id_.equal_range(*id);
      for (auto p = first; p != last; ++p) {
        bool another = p->second->account == row.account && p->second->uuid && row.shipment.uuid &&
                       p->second->uuid != row.shipment.uuid;
        if (!another) parcels.insert(p->second);
      }
      auto [link, end] = known_.legacy_links.equal_range(*id);
      for (; link != end; ++link) {
        if (linked_.contains(link->second + '\n' + row.account)) continue; // linked more strongly
        part.legacy_links.insert(*link);
        add(orders, by_id_, link->second);
      }
    }
    if (row.shipment.reference) add(orders, by_reference_, *row.shipment.reference);
    for (const parcel_row* parcel : parcels) {
      if (parcel->order_id) add(orders, by_id_, *parcel->order_id);
      part.parcels.push_back(*parcel);
      part.parcels.back().when = {};
    }
    for (const order_row* order : orders) part.orders.push_back(*order);
    return part;
  }

 private:
  using orders_by = std::unordered_map<std::string, const order_row*>;

  static void add(std::set<const order_row*>& to, const orders_by& from, const std::string& key) {
    auto found = from.find(key);
    if (found != from.end()) to.insert(found->second);
  }

  const snapshot& known_;
  orders_by by_reference_, by_id_;
  std::unordered_multimap<std::string, const parcel_row*> by_courier_id_;
  std::set<std::string> linked_;
};

std::string key_of(const std::optional<std::string>& uuid, const std::optional<std::string>& display_id) {
  return uuid ? *uuid : display_id.value_or("");
}

} // namespace

void comparison::take(const snapshot& known, std::span<const observation> rows) {
  index where(known);
  for (const observation& row : rows)
    if (row.shipment.status) take_one(where.about(row), known, row);
}

void comparison::take_one(const snapshot& about, const snapshot& known, const observation& row) {
  std::span<const observation> alone(&row, 1);
  shop::decision decided = shop::decide(about, alone, options_);
  const shop::verdict& said = decided.verdicts.front();
  bool compared = said.outcome == shop::outcome::applied || said.outcome == shop::outcome::unchanged;
  if (!compared) return;

  entry& of = orders_[said.order_id];
  of.reference = said.reference;
  for (const shop::order_row& order : known.orders)
    if (order.id == said.order_id) of.tracking = order.columns.tracking;
  candidate& mine = place(of, key_of(row.shipment.uuid, row.shipment.display_id));
  mine.account = row.account;
  mine.uuid = row.shipment.uuid;
  if (row.shipment.created_at) mine.created_at = row.shipment.created_at;
  mine.status = *row.shipment.status;
  mine.courier = row.shipment.courier;
  mine.reported = true;
  mine.differences.clear();
  bool metadata_may_lag =
      std::any_of(known.parcels.begin(), known.parcels.end(), [&](const parcel_row& parcel) {
        return parcel.account == row.account && parcel.uuid == row.shipment.uuid &&
               parcel.from != shop::source::sweep;
      });
  for (const shop::change& c : said.changes)
    if (c.field != "status" && (c.field != "additionalMetaData" || !metadata_may_lag))
      mine.differences.push_back({row.account, said.reference, c.field, c.from, c.to});

  for (const parcel_row& parcel : known.parcels) {
    if (parcel.order_id != said.order_id || parcel.account != row.account) continue;
    if (parcel.link == shop::link_strength::reference && parcel.reference != said.reference) continue;
    candidate& one = place(of, key_of(parcel.uuid, parcel.display_id));
    if (!one.created_at) one.created_at = parcel.created_at;
    using shape = shop::as_of::shape;
    bool by_webhook = parcel.when.kind == shape::point || parcel.when.kind == shape::untimed ||
                      parcel.when.kind == shape::stated_event;
    if (by_webhook) one.webhook_at = parcel.when.from;
    if (one.reported) continue;
    one.account = parcel.account;
    one.uuid = parcel.uuid;
    one.status = parcel.status.value_or(parcel_state(0));
    one.courier = parcel.courier;
  }
}

comparison::candidate& comparison::place(entry& of, const std::string& key) {
  for (candidate& one : of.parcels)
    if (one.key == key) return one;
  of.parcels.emplace_back().key = key;
  return of.parcels.back();
}

const comparison::candidate* comparison::current(const entry& of) {
  std::vector<parcel_row> rows(of.parcels.size());
  std::vector<parcel_row*> pointers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].uuid = of.parcels[i].uuid;
    rows[i].created_at = of.parcels[i].created_at;
    rows[i].status = of.parcels[i].status;
    rows[i].courier = of.parcels[i].courier;
    pointers.push_back(&rows[i]);
  }
  shop::order_row order;
  order.columns.tracking = of.tracking;
  const parcel_row* best = shop::current_parcel(pointers, order);
  return best ? &of.parcels[static_cast<std::size_t>(best - rows.data())] : nullptr;
}

std::int64_t comparison::checked() const {
  return std::count_if(orders_.begin(), orders_.end(), [](const auto& one) {
    return std::any_of(one.second.parcels.begin(), one.second.parcels.end(),
                       [](const candidate& c) { return c.reported; });
  });
}

std::vector<difference> comparison::differences() const {
  std::vector<difference> all;
  for (const auto& [id, of] : orders_) {
    const candidate* best = current(of);
    if (best && best->reported) all.insert(all.end(), best->differences.begin(), best->differences.end());
  }
  std::sort(all.begin(), all.end(), [](const difference& a, const difference& b) {
    return std::tie(a.reference, a.field) < std::tie(b.reference, b.field);
  });
  return all;
}

// A parcel that travels back matters only where all do.
std::vector<std::string> comparison::undecided() const {
  std::vector<std::string> references;
  for (const auto& [id, of] : orders_) {
    auto returns = [](const candidate& c) { return shop::is_returning(c.courier, c.status); };
    bool all_return = std::ranges::all_of(of.parcels, returns);
    std::size_t eligible = 0, undated = 0;
    for (const candidate& one : of.parcels) {
      if (shop::is_named_by_the_shop(one.courier) || (returns(one) && !all_return)) continue;
      ++eligible;
      undated += one.created_at ? 0 : 1;
    }
    if (eligible > 1 && undated > 0) references.push_back(of.reference);
  }
  return references;
}

std::vector<comparison::differing> comparison::to_confirm(milliseconds read_lag) const {
  std::vector<differing> found;
  for (const auto& [id, of] : orders_) {
    const candidate* best = current(of);
    if (!best || !best->reported || best->differences.empty()) continue;
    differing& one = found.emplace_back();
    one.order_id = id;
    for (const candidate& parcel : of.parcels) {
      if (parcel.reported) one.parcels.push_back({parcel.account, parcel.uuid, of.reference, instant{}});
      if (parcel.webhook_at)
        one.behind_until = std::max(one.behind_until.value_or(instant{}), *parcel.webhook_at + read_lag);
    }
  }
  return found;
}

void comparison::confirm(const std::string& order_id, const comparison& again) {
  auto first = orders_.find(order_id);
  auto second = again.orders_.find(order_id);
  if (first == orders_.end() || second == again.orders_.end()) return;
  const candidate* before = current(first->second);
  const candidate* now = current(second->second);
  if (!before || !now || !now->reported) return;
  std::vector<difference> kept;
  bool same_parcel = before->key == now->key;
  for (const difference& d : before->differences)
    if (same_parcel && d.field == "additionalMetaData") kept.push_back(d);
  for (const difference& d : now->differences) {
    bool found_before = std::any_of(before->differences.begin(), before->differences.end(),
                                    [&](const difference& b) { return b.field == d.field; });
    if (found_before) kept.push_back(d);
  }
  for (candidate& one : first->second.parcels) one.differences.clear();
  place(first->second, before->key).differences = std::move(kept);
}

} // namespace suivi::reconciler
