// An event names its order by the reference, and its parcel by the courier's
// id.
#include "receiver/queue/orders_at_work.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace suivi::receiver {
namespace {

template <typename Each>
void for_each_name(const pending_event& event, Each each) {
  const suivi::shipment& shipment = event.observation.shipment;
  std::hash<std::string> name;
  if (shipment.reference) each(name(*shipment.reference));
  if (shipment.uuid)
    each(name(*shipment.uuid));
  else if (shipment.tracking)
    each(name(*shipment.tracking));
}

} // namespace

orders_at_work::batch orders_at_work::begin(std::span<const pending_event> events, steady_time now) {
  names of;
  of.reserve(2 * events.size());
  for (const pending_event& event : events)
    for_each_name(event, [&](std::size_t name) { of.push_back(name); });
  std::sort(of.begin(), of.end());
  return {*this, {std::move(of), now}};
}

bool orders_at_work::has_any_of(std::span<const pending_event> events) const {
  bool found = false;
  for (const auto& [of, begun] : batches_)
    for (const pending_event& event : events)
      for_each_name(
          event, [&](std::size_t name) { found = found || std::binary_search(of.begin(), of.end(), name); });
  return found;
}

} // namespace suivi::receiver
