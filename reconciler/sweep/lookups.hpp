// Look-ups: which orders without tracking number to ask the courier for by reference, and what it answered.
// The asking itself is sweep_singles.cpp's, the verifying common/shop/single_read's.
//
// "Not there" is believed for an hour, then two, four, … up to a week, each time it is said again. A
// complete, uncut sweep says it of every order that was there at its start and that it did not find, without
// a row being written for each. Every call may be repeated.
#pragma once

#include "common/pg/connection.hpp"
#include "reconciler/store/lease.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct unfound_order {
  std::string id;
  std::string reference;
};

struct lookup_question {
  std::string account;
  bool adopt_unassigned = true; // orders without account are asked for too, unless another account has them
  bool only_new = false;        // only orders newer than the last complete full sweep
  std::int64_t most = 0;
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
task<result<void>> note_lookups(pg::connection& db, lease held, std::vector<lookup_answer> answers);

} // namespace suivi::reconciler
