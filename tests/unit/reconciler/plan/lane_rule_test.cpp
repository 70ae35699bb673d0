// Which slices of rows go to the door side by side.
#include "reconciler/plan/lane_rule.hpp"

#include <doctest/doctest.h>

using suivi::reconciler::lane_rule;

namespace {

constexpr std::size_t full = 500;

lane_rule in_a_long_quiet_sweep() {
  lane_rule rule;
  rule.note_verdicts(0, lane_rule::long_from_rows);
  return rule;
}

} // namespace

TEST_CASE("a sweep begins with one slice at a time, of all lanes' rows") {
  lane_rule rule;
  CHECK(rule.may_take(0, 0, 1, full, false));
  CHECK(rule.may_take(0, 1, 1, full, false));
  CHECK_FALSE(rule.may_take(1, 1, full, full, false));
  rule.note_taken(0, 20);
  CHECK(rule.under_way() == 20);
  rule.note_verdicts(0, 20);
  rule.note_back(0);
  CHECK(rule.under_way() == 0);
  CHECK_FALSE(rule.may_take(1, 1, full, full, false)); // short so far
}

TEST_CASE(
    "in a long sweep that finds nothing each lane takes its own rows, beside another full slices only") {
  lane_rule rule = in_a_long_quiet_sweep();
  CHECK(rule.may_take(0, 0, 1, full, false));
  CHECK_FALSE(rule.may_take(0, 1, full, full, false));
  CHECK(rule.may_take(1, 1, 1, full, false));
  rule.note_taken(0, full);
  CHECK_FALSE(rule.may_take(1, 1, full - 1, full, false));
  CHECK(rule.may_take(1, 1, full, full, false));
  CHECK(rule.may_take(1, 1, 1, full, true)); // no more will come
  rule.note_taken(1, full);
  CHECK(rule.under_way() == 2 * full);
  rule.note_back(0);
  CHECK_FALSE(rule.may_take(0, 0, full - 1, full, false));
  CHECK(rule.may_take(0, 0, full, full, false));
}

TEST_CASE("where orders are written one slice goes at a time again, once those under way are back") {
  lane_rule rule = in_a_long_quiet_sweep();
  rule.note_taken(0, full);
  rule.note_taken(1, full);
  rule.note_verdicts(full / lane_rule::quiet_share + 1, full);
  rule.note_back(0);
  CHECK_FALSE(rule.may_take(0, 0, full, full, false)); // the other's is still there
  CHECK_FALSE(rule.may_take(0, 1, full, full, false));
  rule.note_back(1);
  CHECK_FALSE(rule.may_take(1, 1, full, full, false));
  CHECK(rule.may_take(0, 0, 1, full, false));
  CHECK(rule.may_take(0, 1, 1, full, false));
}

TEST_CASE("nothing goes beside a slice that may hold another lane's rows") {
  lane_rule rule;
  rule.note_taken(0, full);
  rule.note_verdicts(0, lane_rule::long_from_rows); // quiet and long, while the rest of it is at the door
  CHECK_FALSE(rule.may_take(1, 1, full, full, false));
  rule.note_back(0);
  CHECK(rule.may_take(1, 1, full, full, false));
}
