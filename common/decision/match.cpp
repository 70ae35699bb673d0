// Finds the order and the parcel of an observation. Rules are tried in order; the first that fits decides.
#include "common/decision/match.hpp"

#include "common/decision/as_of.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

namespace suivi::shop {
namespace {

constexpr const char* shared_number = "more than one parcel or order bears this number";
constexpr const char* contested_reference = "two accounts claim this reference and the order has no account";

std::size_t hash_of(std::string_view id) {
  return std::hash<std::string_view>()(id);
}

template <typename Holds>
void keep_if(parcel_list& list, const Holds& holds) {
  list.erase(std::remove_if(list.begin(), list.end(), [&](const parcel_row* one) { return !holds(one); }),
             list.end());
}

enum class ownership { ours, nobodys, anothers, contested };

ownership owner_of(const order_row& order, std::string_view account) {
  if (order.account) return *order.account == account ? ownership::ours : ownership::anothers;
  if (order.contested_by) return ownership::contested;
  if (!order.adopted_by) return ownership::nobodys;
  return *order.adopted_by == account ? ownership::ours : ownership::anothers;
}

bool usable(const order_row& order, std::string_view account, bool adopt_unassigned) {
  if (!order.account && !adopt_unassigned) return false;
  ownership owner = owner_of(order, account);
  return owner == ownership::ours || owner == ownership::nobodys;
}

match refused(outcome outcome, std::string why = {}) {
  match end;
  end.refusal = outcome;
  end.why = std::move(why);
  return end;
}

// What an event without account seems to be about: its reference's order, else the one that a parcel known by
// webhook only is linked to, else the old columns'. `account`: whose key can prove it.
order_row* order_to_prove(working_copy& rows, const observation& observation, const parcel_list& same,
                          const door_options& options, std::optional<std::string>& account) {
  order_row* order =
      observation.shipment.reference ? rows.order_by_reference(*observation.shipment.reference) : nullptr;
  for (const parcel_row* parcel : same) {
    if (order || !parcel->order_id) continue;
    order_row* linked = rows.order(*parcel->order_id);
    if (!linked || !link_holds(*parcel, *linked, options.adopt_unassigned)) continue;
    order = linked;
    account = parcel->account;
  }
  for (const auto& id :
       {observation.shipment.tracking, observation.shipment.display_id, observation.shipment.uuid}) {
    if (order || !id || rows.legacy_links.count(*id) != 1) continue;
    order = rows.order(rows.legacy_links.find(*id)->second);
  }
  if (!order || (!order->account && !options.adopt_unassigned)) return nullptr;
  if (order->account) account = order->account;
  if (!account) account = order->adopted_by;
  return account ? order : nullptr;
}

// A webhook without account, in a shop with several: a parcel that a pull has shown tells the account.
// Otherwise the order that it seems to be about says whose key can prove it.
match prove_account(working_copy& rows, const observation& observation, const door_options& options) {
  const parcel_row* current = nullptr;
  parcel_list same;
  if (observation.shipment.uuid)
    same = rows.parcels_by_uuid(*observation.shipment.uuid);
  else if (observation.shipment.display_id)
    same = rows.parcels_by_number(*observation.shipment.display_id);
  else if (observation.shipment.tracking)
    same = rows.parcels_by_number(*observation.shipment.tracking);
  keep_if(same, [&](const parcel_row* parcel) { return parcel->courier == observation.shipment.courier; });
  for (const parcel_row* parcel : same) {
    if (!parcel->pulled_at) continue;
    if (current && current->account != parcel->account)
      return refused(outcome::conflict, "two accounts show this parcel");
    current = parcel;
  }
  match proven;
  if (current) {
    proven.account = current->account;
    return proven;
  }
  std::optional<std::string> account;
  order_row* order = order_to_prove(rows, observation, same, options, account);
  proven = refused(order ? outcome::in_doubt : outcome::unmatched);
  proven.unproven = true;
  if (!order) return proven;
  proven.order = order;
  instant not_before = settled_by_read_from(as_of{}, observation.when, options.read_lag);
  proven.wanted = wanted_read{*account, observation.shipment.uuid, order->reference, not_before};
  return proven;
}

// The shop's old columns: exactly one usable order that still shows the id and is not linked more strongly.
// `shared` is set where there are several.
order_row* order_by_legacy_links(working_copy& rows, const observation& observation,
                                 const std::string& account, bool adopt_unassigned, bool& shared) {
  order_row* found = nullptr;
  for (const auto& id :
       {observation.shipment.tracking, observation.shipment.display_id, observation.shipment.uuid}) {
    if (!id) continue;
    if (rows.legacy_links.count(*id) >= bearers_looked_at_max) { // more than were looked at, perhaps
      shared = true;
      return nullptr;
    }
    auto [first, last] = rows.legacy_links.equal_range(*id);
    for (auto link = first; link != last; ++link) {
      order_row* order = rows.order(link->second);
      if (!order || !usable(*order, account, adopt_unassigned)) continue;
      if (order->columns.tracking != *id && order->columns.maystro_order_id != *id) continue;
      if (!rows.parcels_of(*order, account, observation.shipment.courier).empty()) continue;
      if (found && found != order) {
        shared = true;
        return nullptr;
      }
      found = order;
    }
  }
  return found;
}

bool same_display_id(const parcel_row& parcel, const observation& observation) {
  return !parcel.display_id || !observation.shipment.display_id ||
         parcel.display_id == observation.shipment.display_id;
}

struct parcel_choice {
  parcel_row* parcel = nullptr; // null: a new one
  bool shared = false;          // … or one of several that bear its number
};

// The parcel of `order` the observation is about.
parcel_choice choose_parcel(working_copy& rows, const order_row& order, const std::string& account,
                            const observation& observation) {
  if (observation.shipment.uuid)
    if (parcel_row* known = rows.parcel_by_uuid(account, *observation.shipment.uuid)) return {known};
  parcel_list own = rows.parcels_of(order, account, observation.shipment.courier);
  if (observation.shipment.uuid) {
    for (parcel_row* parcel : own)
      if (!parcel->uuid && same_display_id(*parcel, observation)) return {parcel}; // nameless: taken over
    return {};
  }
  for (const auto& number : {observation.shipment.display_id, observation.shipment.tracking}) {
    if (!number) continue;
    parcel_list known = rows.parcels_by_number(account, *number);
    if (known.size() > 1)
      keep_if(known, [&](const parcel_row* parcel) { return std::ranges::find(own, parcel) != own.end(); });
    if (known.size() == 1) return {known.front()};
    if (rows.parcels_by_number(account, *number).size() > 1) return {nullptr, true};
  }
  if (own.size() == 1 && same_display_id(*own.front(), observation)) return {own.front()};
  for (parcel_row* parcel : own)
    if (!parcel->uuid && same_display_id(*parcel, observation)) return {parcel};
  return {};
}

// Which parcel or order is meant the courier knows; it can be asked by uuid or reference only.
match ask_which(const std::string& account, const order_row* order, const observation& observation,
                const door_options& options) {
  if (!observation.shipment.uuid && !order) return refused(outcome::conflict, shared_number);
  match doubtful = refused(outcome::in_doubt);
  doubtful.account = account;
  doubtful.unproven = true;
  instant not_before = settled_by_read_from(as_of{}, observation.when, options.read_lag);
  doubtful.wanted =
      wanted_read{account, observation.shipment.uuid, order ? order->reference : std::string(), not_before};
  return doubtful;
}

} // namespace

working_copy::working_copy(const snapshot& from, std::size_t new_parcels_max)
    : orders(from.orders), legacy_links(from.legacy_links) {
  parcels.reserve(from.parcels.size() + new_parcels_max);
  parcels.insert(parcels.end(), from.parcels.begin(), from.parcels.end());
  order_by_id_.reserve(orders.size());
  order_by_reference_.reserve(orders.size());
  parcel_by_uuid_.reserve(parcels.size());
  parcel_by_number_.reserve(2 * parcels.size());
  parcel_by_order_.reserve(parcels.size());
  for (order_row& order : orders) {
    order_by_id_[order.id] = &order;
    order_by_reference_[order.reference] = &order;
  }
  for (parcel_row& parcel : parcels) note_first(parcel);
}

parcel_row& working_copy::add_parcel() {
  assert(parcels.size() < parcels.capacity());
  return parcels.emplace_back();
}

order_row* working_copy::order(std::string_view id) {
  auto found = order_by_id_.find(id);
  return found == order_by_id_.end() ? nullptr : found->second;
}

order_row* working_copy::order_by_reference(std::string_view reference) {
  auto found = order_by_reference_.find(reference);
  return found == order_by_reference_.end() ? nullptr : found->second;
}

// Nothing is known of it yet, so that nobody walks through all parcels of its order to find it.
void working_copy::note_first(parcel_row& parcel) {
  auto add_first = [&](index& to, const std::optional<std::string>& id) {
    if (id) to.emplace(hash_of(*id), &parcel);
  };
  add_first(parcel_by_uuid_, parcel.uuid);
  add_first(parcel_by_number_, parcel.display_id);
  if (parcel.tracking != parcel.display_id) add_first(parcel_by_number_, parcel.tracking);
  add_first(parcel_by_order_, parcel.order_id);
}

void working_copy::add(index& to, const std::optional<std::string>& id, parcel_row& parcel) {
  if (!id) return;
  std::size_t hash = hash_of(*id);
  auto [first, last] = to.equal_range(hash);
  for (auto entry = first; entry != last; ++entry)
    if (entry->second == &parcel) return;
  to.emplace(hash, &parcel);
}

void working_copy::note(parcel_row& parcel) {
  add(parcel_by_uuid_, parcel.uuid, parcel);
  add(parcel_by_number_, parcel.display_id, parcel);
  add(parcel_by_number_, parcel.tracking, parcel);
  add(parcel_by_order_, parcel.order_id, parcel);
}

parcel_list working_copy::parcels_by_uuid(std::string_view uuid) {
  parcel_list found;
  auto [first, last] = parcel_by_uuid_.equal_range(hash_of(uuid));
  for (auto entry = first; entry != last; ++entry)
    if (entry->second->uuid == uuid) found.push_back(entry->second);
  return found;
}

parcel_list working_copy::parcels_by_number(std::string_view number) {
  parcel_list found;
  auto [first, last] = parcel_by_number_.equal_range(hash_of(number));
  for (auto entry = first; entry != last; ++entry)
    if (entry->second->display_id == number || entry->second->tracking == number)
      found.push_back(entry->second);
  return found;
}

parcel_row* working_copy::parcel_by_uuid(std::string_view account, std::string_view uuid) {
  for (parcel_row* parcel : parcels_by_uuid(uuid))
    if (parcel->account == account) return parcel;
  return nullptr;
}

parcel_list working_copy::parcels_by_number(std::string_view account, std::string_view number) {
  parcel_list own = parcels_by_number(number);
  keep_if(own, [&](const parcel_row* parcel) { return parcel->account == account; });
  return own;
}

parcel_list working_copy::parcels_of(const order_row& order, std::string_view account, courier_kind of) {
  parcel_list own;
  auto [first, last] = parcel_by_order_.equal_range(hash_of(order.id));
  for (auto entry = first; entry != last; ++entry) {
    parcel_row* parcel = entry->second;
    if (parcel->order_id == order.id && parcel->account == account && parcel->courier == of &&
        (parcel->link != link_strength::reference || parcel->reference == order.reference))
      own.push_back(parcel);
  }
  return own;
}

bool link_holds(const parcel_row& parcel, const order_row& order, bool adopt_unassigned) {
  if (parcel.order_id != order.id) return false;
  if (parcel.link == link_strength::reference && parcel.reference != order.reference) return false;
  return usable(order, parcel.account, adopt_unassigned);
}

match identify(working_copy& rows, const observation& observation, const door_options& options) {
  match found;
  found.account = observation.account;
  if (observation.account.empty()) {
    found = prove_account(rows, observation, options);
    if (found.refusal != outcome::applied) return found;
  }
  const std::string& account = found.account;

  if (observation.shipment.reference) {
    order_row* order = rows.order_by_reference(*observation.shipment.reference);
    if (order && (order->account || options.adopt_unassigned)) {
      ownership owner = owner_of(*order, account);
      found.order = order;
      found.link = link_strength::reference;
      found.contests = owner == ownership::anothers && !order->account;
      if (owner == ownership::anothers || owner == ownership::contested) {
        found.refusal = order->locked || !found.contests ? outcome::conflict : outcome::busy;
        found.why = owner == ownership::contested || found.contests ? contested_reference
                                                                    : "the order belongs to another account";
        return found;
      }
    }
  }
  bool shared = false;
  if (!found.order) {
    parcel_row* parcel =
        observation.shipment.uuid ? rows.parcel_by_uuid(account, *observation.shipment.uuid) : nullptr;
    for (const auto& number : {observation.shipment.display_id, observation.shipment.tracking}) {
      if (parcel || !number) continue;
      if (rows.parcels_by_number(*number).size() >= bearers_looked_at_max) {
        shared = true;
        continue;
      }
      parcel_list known = rows.parcels_by_number(account, *number);
      shared = shared || known.size() > 1;
      if (known.size() != 1) continue;
      parcel = known.front();
      if (observation.shipment.uuid && parcel->uuid) parcel = nullptr; // another parcel with the same number
    }
    if (parcel && parcel->order_id)
      if (order_row* order = rows.order(*parcel->order_id)) {
        if (link_holds(*parcel, *order, options.adopt_unassigned)) {
          found.order = order;
          found.link = parcel->link;
        } else if (owner_of(*order, account) == ownership::contested) {
          return refused(outcome::conflict, contested_reference);
        }
      }
  }
  if (!found.order && !shared) {
    found.order = order_by_legacy_links(rows, observation, account, options.adopt_unassigned, shared);
    found.link = link_strength::legacy_links;
  }
  if (!found.order) {
    if (observation.shipment.uuid)
      for (const parcel_row* parcel : rows.parcels_by_uuid(*observation.shipment.uuid))
        if (parcel->account != account && parcel->pulled_at)
          return refused(outcome::conflict, "another account shows this parcel");
    bool pulled = is_pull(observation.when.kind); // the courier has said all it knows
    return shared && !pulled ? ask_which(account, nullptr, observation, options)
                             : refused(outcome::unmatched);
  }

  found.adopts = owner_of(*found.order, account) == ownership::nobodys;
  parcel_choice choice = choose_parcel(rows, *found.order, account, observation);
  found.parcel = choice.parcel;
  if (choice.shared) {
    match doubtful = ask_which(account, found.order, observation, options);
    doubtful.order = found.order;
    return doubtful;
  }
  bool locked = found.order->locked && (!found.parcel || found.parcel->id == 0 || found.parcel->locked);
  for (parcel_row* sibling : rows.parcels_of(*found.order, account, observation.shipment.courier))
    locked = locked && (sibling->id == 0 || sibling->locked);
  if (!locked) found.refusal = outcome::busy;
  return found;
}

} // namespace suivi::shop
