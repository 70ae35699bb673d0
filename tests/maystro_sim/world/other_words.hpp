// Guepex's and Nord West's words for what a parcel of the world is and where it is. The world knows numbers
// only; this says what each courier calls them, and what the shop's tables then hold. Written down apart from
// the programs' own tables, so that the one can be wrong without the other. Pure.
#pragma once

#include "common/shipment/courier.hpp"
#include "tests/maystro_sim/world/world.hpp"

#include <string>
#include <string_view>

namespace suivi::sim {

struct words {
  std::string_view key;  // Nord West's event_key; empty at Guepex
  std::string_view name; // as the courier writes it
  std::string_view text; // the shop's
};

// Of the world's number; one that the courier has no word for has an invented one, in capitals at the shop.
[[nodiscard]] words words_for(courier_kind courier, int status);

// What follows a delivery at Nord West: nothing, money sent, or money received. By the parcel.
[[nodiscard]] words last_words(courier_kind courier, const parcel_view& parcel);

// `yal-…`, `ECSSIM…`, or Maystro's number.
[[nodiscard]] std::string tracking_of(courier_kind courier, const parcel_view& parcel);
[[nodiscard]] std::string tracking_of(courier_kind courier, const identity& who);
[[nodiscard]] std::optional<parcel_index> find_tracking(const world& all, courier_kind courier,
                                                        std::string_view tracking);

// `YYYY-MM-DD HH:MM:SS` in Algiers, without a zone; and its day.
[[nodiscard]] std::string plain_time(instant t);
[[nodiscard]] std::string plain_day(instant t);

} // namespace suivi::sim
