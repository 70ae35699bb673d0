// Which order and which parcel an observation is about. Pure, over a snapshot held as working copies.
//
// In falling strength: the observation's own reference, a parcel linked before by the courier's data, the
// shop's old columns. A link is void once the order's reference or account says otherwise. What belongs to
// another account is a conflict. An order without account belongs to the account that matched it first, until
// a second one claims it.
#pragma once

#include "common/decision/options.hpp"
#include "common/decision/snapshot.hpp"

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <memory_resource>
#include <unordered_map>
#include <vector>

namespace suivi::shop {

using parcel_list = boost::container::small_vector<parcel_row*, 4>;

// The snapshot as the decision goes on: rows are changed in place, new parcels are added. Addresses stay
// valid.
struct working_copy {
  // Up to `new_parcels_max` may be added.
  working_copy(const snapshot& from, std::size_t new_parcels_max);
  working_copy(const working_copy&) = delete;
  working_copy& operator=(const working_copy&) = delete;

  order_row* order(std::string_view id);
  order_row* order_by_reference(std::string_view reference);
  parcel_row* parcel_by_uuid(std::string_view account, std::string_view uuid);
  // The account's parcels with that display id or tracking number: where there are several, it is no
  // identity.
  parcel_list parcels_by_number(std::string_view account, std::string_view number);
  // Of any account.
  parcel_list parcels_by_uuid(std::string_view uuid);
  parcel_list parcels_by_number(std::string_view number);
  // The order's parcels in that account, link valid. What the account showed when it was another courier's is
  // void.
  parcel_list parcels_of(const order_row& order, std::string_view account, courier_kind of);
  // After a parcel was added or its ids or order changed: makes it found by them.
  void note(parcel_row& parcel);
  parcel_row& add_parcel();

  std::vector<order_row> orders;
  std::vector<parcel_row> parcels;
  const std::multimap<std::string, std::string>& legacy_links;

 private:
  void note_first(parcel_row& parcel);

  std::pmr::monotonic_buffer_resource memory_; // of the indexes, which go together
  // Neither changes while the decision goes on: the names are the rows' own.
  std::pmr::unordered_map<std::string_view, order_row*> order_by_id_{&memory_};
  std::pmr::unordered_map<std::string_view, order_row*> order_by_reference_{&memory_};
  // By the hash of the id. An entry may be outdated, or another's: what it points to is checked.
  using index = std::pmr::unordered_multimap<std::size_t, parcel_row*>;
  static void add(index& to, const std::optional<std::string>& id, parcel_row& parcel);

  index parcel_by_uuid_{&memory_};
  index parcel_by_number_{&memory_}; // display ids and tracking numbers
  index parcel_by_order_{&memory_};
};

// The link still holds: the order is that account's, and shows the reference the parcel was linked by.
[[nodiscard]] bool link_holds(const parcel_row& parcel, const order_row& order, bool adopt_unassigned);

struct match {
  outcome refusal = outcome::applied; // applied: go on; else unmatched, conflict, busy or in_doubt: end here
  std::string why;
  std::string account; // of the observation, proven if it came without
  order_row* order = nullptr;
  link_strength link = link_strength::none;
  parcel_row* parcel = nullptr; // null: a parcel not seen before
  bool adopts = false;          // the order has no account and nobody adopted it yet
  bool contests = false;        // … somebody else did
  std::optional<wanted_read> wanted;
  bool unproven = false; // as in verdict
};

[[nodiscard]] match identify(working_copy& rows, const observation& observation, const door_options& options);

} // namespace suivi::shop
