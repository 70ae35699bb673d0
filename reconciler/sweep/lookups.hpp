// Look-ups: which orders to ask the courier for one by one, and what it answered: those without tracking
// number, by reference, and those that the shop has from before, with a number and not in a final state,
// whose parcel nothing here follows. The asking itself is single_reads.cpp's, the verifying
// common/shop/single_read's.
//
// "Not there" is believed for an hour, then two, four, … up to a week, each time it is said again. A
// complete, uncut sweep says it of every order that was there at its start and that it did not find, without
// a row being written for each. Every call may be repeated.
#pragma once

#include "common/pg/connection.hpp"
#include "common/shipment/courier.hpp"
#include "reconciler/store/lease.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct unfound_order {
  std::string id;
  std::string reference;
  std::optional<std::string> uuid{}; // the courier's id, as the shop has it
};

// So many of those from before an incremental sweep asks for at most, and only where a full one has left
// some.
inline constexpr std::int64_t unlinked_per_sweep_max = 200;

struct lookup_question {
  std::string account;
  courier_kind courier = default_courier; // whose final states need no look-up
  bool adopt_unassigned = true; // orders without account are asked for too, unless another account has them
  bool all = false;             // whatever was answered before: a person asks
  bool only_new =
      false; // those without number newer than the last complete full sweep; others where some are left
  std::int64_t orders_max = 0;
};

// Orders whose turn it is: those never asked for first, the oldest order first among them; then by when they
// were last asked for, longest ago first.
task<result<std::vector<unfound_order>>> orders_to_look_up(pg::connection& db, lookup_question which);

struct lookup_answer {
  unfound_order order;
  bool answered = true; // false: the courier could not be asked, so nothing was learnt
};

// Remembers the answers, under the term, and forgets orders that have a tracking number now or are gone. An
// order that was found and still has none (it is another account's, say) is remembered as one that was not.
// `more_left`: whether a sweep had no room for all; unknown: as it was.
task<result<void>> note_lookups(pg::connection& db, lease held, std::vector<lookup_answer> answers,
                                std::optional<bool> more_left);

} // namespace suivi::reconciler
