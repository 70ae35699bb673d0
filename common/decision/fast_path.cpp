// By hash, for this is done for every webhook and every row of a sweep.
#include "common/decision/fast_path.hpp"

#include <unordered_map>
#include <unordered_set>

namespace suivi::shop {

std::vector<observation> not_settled(const snapshot& rows, std::span<const observation> observations,
                                     bool adopt_unassigned) {
  std::unordered_set<std::string_view> references;
  for (const order_row& order : rows.orders)
    if (order.locked && (order.account || adopt_unassigned)) references.insert(order.reference);
  // Its order is another's now, or gone, or nobody has looked for it.
  std::unordered_set<std::string_view> astray;
  for (const parcel_row& parcel : rows.parcels)
    if (!parcel.locked && parcel.uuid) astray.insert(*parcel.uuid);

  std::vector<observation> open;
  for (const observation& observed : observations) {
    const suivi::shipment& shipment = observed.shipment;
    bool settled = !observed.account.empty() && shipment.reference && shipment.uuid &&
                   references.contains(*shipment.reference) && !astray.contains(*shipment.uuid);
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
