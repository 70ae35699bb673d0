// Finds what the fast path has left open. Uses hashes, for it runs for every webhook and every row.
#include "common/decision/fast_path.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace suivi::shop {
namespace {

using references = std::unordered_set<std::string_view>;

references usable_orders(const snapshot& rows, bool adopt_unassigned) {
  references usable;
  for (const order_row& order : rows.orders)
    if (order.locked && (order.account || adopt_unassigned)) usable.insert(order.reference);
  return usable;
}

bool is_plain(const observation& observed, const references& usable) {
  const suivi::shipment& shipment = observed.shipment;
  return !observed.account.empty() && shipment.reference && shipment.uuid &&
         usable.contains(*shipment.reference);
}

} // namespace

std::vector<std::string> uuids_not_met(const snapshot& rows, std::span<const observation> observations,
                                       bool adopt_unassigned) {
  references usable = usable_orders(rows, adopt_unassigned);
  std::unordered_multimap<std::string_view, std::string_view> account_of;
  for (const parcel_row& parcel : rows.parcels)
    if (parcel.locked && parcel.uuid) account_of.emplace(*parcel.uuid, parcel.account);

  std::vector<std::string> unmet;
  std::unordered_set<std::string_view> requested;
  for (const observation& observed : observations) {
    if (!is_plain(observed, usable)) continue;
    auto [first, last] = account_of.equal_range(*observed.shipment.uuid);
    bool matched = std::any_of(first, last, [&](const auto& one) { return one.second == observed.account; });
    if (!matched && requested.insert(*observed.shipment.uuid).second)
      unmet.push_back(*observed.shipment.uuid);
  }
  return unmet;
}

std::vector<observation> not_settled(const snapshot& rows, std::span<const observation> observations,
                                     bool adopt_unassigned) {
  references usable = usable_orders(rows, adopt_unassigned);
  // Its order is another's now, or gone, or nobody has looked for it.
  std::unordered_set<std::string_view> astray;
  for (const parcel_row& parcel : rows.parcels)
    if (!parcel.locked && parcel.uuid) astray.insert(*parcel.uuid);

  std::vector<observation> open;
  for (const observation& observed : observations) {
    bool settled = is_plain(observed, usable) && !astray.contains(*observed.shipment.uuid);
    if (!settled) open.push_back(observed);
  }
  return open;
}

void add_rows(snapshot& rows, snapshot later) {
  std::unordered_map<std::string, std::size_t> order_at;
  for (std::size_t i = 0; i < rows.orders.size(); ++i) order_at.emplace(rows.orders[i].id, i);
  for (order_row& order : later.orders) {
    auto known = order_at.find(order.id);
    if (known == order_at.end())
      rows.orders.push_back(std::move(order));
    else
      rows.orders[known->second] = std::move(order);
  }
  std::unordered_map<std::int64_t, std::size_t> parcel_at;
  for (std::size_t i = 0; i < rows.parcels.size(); ++i) parcel_at.emplace(rows.parcels[i].id, i);
  for (parcel_row& parcel : later.parcels) {
    auto known = parcel_at.find(parcel.id);
    if (known == parcel_at.end())
      rows.parcels.push_back(std::move(parcel));
    else
      rows.parcels[known->second] = std::move(parcel);
  }
  rows.legacy_links.merge(later.legacy_links);
}

} // namespace suivi::shop
