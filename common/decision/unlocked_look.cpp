// Decided like all others, on a copy; whatever is written, and whatever has to do with it, is left out.
#include "common/decision/unlocked_look.hpp"

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace suivi::shop {
namespace {

using names = std::unordered_set<std::string>;

template <typename Each>
void for_each_name(const observation& observed, const Each& each) {
  const suivi::shipment& reported = observed.shipment;
  for (const std::optional<std::string>* name :
       {&reported.reference, &reported.uuid, &reported.display_id, &reported.tracking})
    if (*name) each(**name);
}

void add_names(names& into, const observation& observed) {
  for_each_name(observed, [&](const std::string& name) { into.insert(name); });
  if (observed.shipment.reference)
    into.insert(std::string(without_blanks_around(*observed.shipment.reference)));
}

bool has_any_of(const names& some, const observation& observed) {
  bool found = false;
  for_each_name(observed, [&](const std::string& name) { found = found || some.contains(name); });
  return found;
}

// Whose order has an account, and the told parcel of that account.
std::vector<bool> plain_ones(const snapshot& rows, std::span<const observation> observations) {
  std::unordered_map<std::string_view, const order_row*> by_reference;
  for (const order_row& order : rows.orders)
    if (order.account) by_reference.emplace(order.reference, &order);
  std::unordered_multimap<std::string_view, const parcel_row*> by_uuid;
  for (const parcel_row& parcel : rows.parcels)
    if (parcel.uuid) by_uuid.emplace(*parcel.uuid, &parcel);

  std::vector<bool> plain(observations.size(), false);
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const suivi::shipment& reported = observations[i].shipment;
    if (observations[i].account.empty() || !reported.reference || !reported.uuid ||
        !reported.metadata.empty())
      continue;
    auto order = by_reference.find(*reported.reference);
    if (order == by_reference.end()) continue;
    auto [first, last] = by_uuid.equal_range(*reported.uuid);
    for (auto parcel = first; parcel != last; ++parcel)
      if (parcel->second->account == observations[i].account && parcel->second->order_id == order->second->id)
        plain[i] = true;
  }
  return plain;
}

// The orders that are written, and those of parcels that are: none of these comes from another order.
names written_orders(const decision& decided) {
  names written;
  for (const order_write& order : decided.orders) written.insert(order.order_id);
  for (const journal_entry& entry : decided.journal) written.insert(entry.order_id);
  for (const adoption& one : decided.adoptions) written.insert(one.order_id);
  for (const parcel_row& parcel : decided.new_parcels)
    if (parcel.order_id) written.insert(*parcel.order_id);
  for (const parcel_row& parcel : decided.changed_parcels)
    if (parcel.order_id) written.insert(*parcel.order_id);
  return written;
}

// What shares a name with one that is not settled is not settled either, and so on.
void leave_out_related(std::vector<bool>& settled, std::span<const observation> observations) {
  names open;
  for (std::size_t i = 0; i < observations.size(); ++i)
    if (!settled[i]) add_names(open, observations[i]);
  for (bool more = !open.empty(); more;) {
    more = false;
    for (std::size_t i = 0; i < observations.size(); ++i) {
      if (!settled[i] || !has_any_of(open, observations[i])) continue;
      settled[i] = false;
      add_names(open, observations[i]);
      more = true;
    }
  }
}

} // namespace

void mark_unlocked(decision& decided) {
  names written = written_orders(decided);
  for (verdict& v : decided.verdicts)
    v.unlocked = (v.outcome == outcome::unchanged || v.outcome == outcome::stale) && !v.wanted &&
                 !written.contains(v.order_id);
}

looked_over look_over(const snapshot& rows, std::span<const observation> observations,
                      const door_options& options) {
  std::vector<bool> settled = plain_ones(rows, observations);
  std::vector<observation> some;
  std::vector<std::size_t> some_at;
  for (std::size_t i = 0; i < observations.size(); ++i)
    if (settled[i]) some_at.push_back(i);
  bool all = some_at.size() == observations.size(); // nearly always: then nothing is copied
  if (!all)
    for (std::size_t at : some_at) some.push_back(observations[at]);

  decision decided = decide(rows, all ? observations : std::span<const observation>(some), options);
  mark_unlocked(decided);
  looked_over probed;
  probed.verdicts.resize(observations.size());
  for (std::size_t n = 0; n < some_at.size(); ++n) {
    settled[some_at[n]] = decided.verdicts[n].unlocked;
    probed.verdicts[some_at[n]] = std::move(decided.verdicts[n]);
  }
  leave_out_related(settled, observations);
  for (std::size_t i = 0; i < observations.size(); ++i) {
    if (settled[i]) continue;
    probed.verdicts[i] = verdict();
    probed.unsettled.push_back(observations[i]);
    probed.places.push_back(i);
  }
  return probed;
}

} // namespace suivi::shop
