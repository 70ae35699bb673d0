// When a sweep is complete, and the reasons that it gives when it is not.
#include "reconciler/plan/sweep_verdict.hpp"

#include "common/sqlstate/sqlstate.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

namespace {

sweep_end whole() {
  sweep_end end;
  end.list_done = true;
  end.list.complete = true;
  return end;
}

} // namespace

TEST_CASE("a list read whole, every row written and every doubt settled make a sweep complete") {
  sweep_verdict v = judge_sweep(whole());
  CHECK(v.complete);
  CHECK_FALSE(v.abandoned);
  CHECK_FALSE(v.reason);
}

TEST_CASE("a sweep cut at its limit is complete and says why it is short") {
  sweep_end end = whole();
  end.list.truncated = true;
  end.list.reason = "cut";
  sweep_verdict v = judge_sweep(end);
  CHECK(v.complete);
  CHECK(v.truncated);
  CHECK(v.reason == "cut");
}

TEST_CASE("a list that was not read to its end makes no sweep complete") {
  sweep_end end = whole();
  end.list_done = false;
  CHECK_FALSE(judge_sweep(end).complete);
  end = whole();
  end.list.complete = false;
  end.list.reason = "a page is missing";
  end.first_failure = "500";
  sweep_verdict v = judge_sweep(end);
  CHECK_FALSE(v.complete);
  CHECK(v.reason == "a page is missing (500)");
}

TEST_CASE("locked rows and doubts left undone are told together") {
  sweep_end end = whole();
  end.rows_locked = 2;
  end.locked = {"R8", "R9"};
  end.unsettled = {"R1"};
  sweep_verdict v = judge_sweep(end);
  CHECK_FALSE(v.complete);
  CHECK_FALSE(v.abandoned);
  CHECK(v.reason == "2 row(s) stayed locked by the shop: R8, R9; 1 order(s) stay in doubt: R1");
}

TEST_CASE("a sweep whose term another reconciler has is abandoned, whoever noticed it") {
  sweep_end noticed_by_renewal = whole();
  noticed_by_renewal.lease_lost = true;
  sweep_end noticed_by_a_write = whole();
  noticed_by_a_write.rows_failed = permanent(pg::term_passed, "another term");
  for (const sweep_end& end : {noticed_by_renewal, noticed_by_a_write}) {
    sweep_verdict v = judge_sweep(end);
    CHECK_FALSE(v.complete);
    CHECK(v.abandoned);
    CHECK(v.reason == "another reconciler took the account over");
  }
}

TEST_CASE("a courier that was given up is the reason, not the pages that it left unread") {
  sweep_end end = whole();
  end.list.complete = false;
  end.list.reason = "a page is missing";
  end.courier_stopped = "the courier throttles without end";
  CHECK(judge_sweep(end).reason == "the courier throttles without end");
}

TEST_CASE("a list of which no row could be read was not seen, and single such rows spoil nothing") {
  sweep_end end = whole();
  end.rows_in_vain = 20;
  sweep_verdict v = judge_sweep(end);
  CHECK_FALSE(v.complete);
  CHECK(v.reason == "none of the courier's 20 rows could be read");
  end.rows_in_vain = 19;
  CHECK(judge_sweep(end).complete);
}
