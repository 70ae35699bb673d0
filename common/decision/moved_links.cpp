// Keeps a parcel's link and its reference together.
#include "common/decision/moved_links.hpp"

#include <algorithm>

namespace suivi::shop {

decision only_moved_links(decision decided, std::span<const parcel_row> before) {
  decision moved;
  moved.verdicts = std::move(decided.verdicts);
  for (const parcel_row& now : decided.changed_parcels) {
    auto was = std::ranges::find(before, now.id, &parcel_row::id);
    if (was == before.end() || was->order_id == now.order_id) continue;
    parcel_row& linked = moved.changed_parcels.emplace_back(*was);
    linked.order_id = now.order_id;
    linked.link = now.link;
    linked.reference = now.reference;
  }
  return moved;
}

} // namespace suivi::shop
