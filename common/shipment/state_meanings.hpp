// What a courier's states mean for an order: each courier's folder says it of its own, in one table that
// common/decision reads.
#pragma once

#include "common/shipment/parcel_state.hpp"

#include <string>
#include <vector>

namespace suivi {

struct state_meanings {
  std::vector<parcel_state> all; // the known ones
  // What the shop's tables hold for a state that is a number; null where states are texts.
  std::string (*text_of_number)(int number) = nullptr;
  bool (*is_known)(const parcel_state& state) = nullptr;
  bool (*is_delivered)(const parcel_state& state) = nullptr;
  // What an untimed webhook must not take a parcel out of, and an unsigned one must not claim alone where
  // receiver.confirm = "terminal".
  bool (*is_terminal)(const parcel_state& state) = nullptr;
  // Nothing follows: it needs no more looking at.
  bool (*is_final)(const parcel_state& state) = nullptr;

  // What follows may stay null: then the courier tells nothing of the kind.
  // A parcel that goes back; an order shipped again shows another one.
  bool (*is_returning)(const parcel_state& state) = nullptr;
  // The courier tells alerts by the state itself: each of its states is one, or ends one.
  bool (*is_alert)(const parcel_state& state) = nullptr;
  // `state` comes earlier in a parcel's usual course.
  bool (*is_earlier)(const parcel_state& state, const parcel_state& than) = nullptr;

  // The shop itself says which parcel an order shows, by the order's tracking number; the courier knows
  // nothing else of the order.
  bool is_named_by_the_shop = false;
  // The parcel's identity goes into the shop's "maystroOrderId".
  bool identity_is_shown = false;
};

} // namespace suivi
