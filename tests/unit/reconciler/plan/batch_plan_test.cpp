// A sweep over tracking numbers: complete when every request was answered.
#include "reconciler/plan/batch_plan.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

TEST_CASE("every request is asked for once, and the plan is complete when all are answered") {
  batch_plan plan(2, 70);
  CHECK(plan.next() == 1);
  CHECK(plan.next() == 2);
  CHECK_FALSE(plan.next());
  std::vector<listed_row> rows(50);
  CHECK(plan.read(2, page_facts{{}, 1, false}, rows) == 50);
  CHECK_FALSE(plan.done());
  plan.read(1, page_facts{}, std::span(rows).first(20));
  CHECK(plan.done());
  CHECK(plan.judge().complete);
  CHECK(plan.pages() == 2);
  CHECK(plan.rows_expected() == 70);
  CHECK(plan.unreadable_rows() == 1);
}

TEST_CASE("a request without an answer makes the sweep over tracking numbers incomplete") {
  batch_plan plan(2, 70);
  plan.next();
  plan.next();
  plan.read(1, page_facts{}, {});
  plan.unreadable(2);
  CHECK(plan.done());
  CHECK_FALSE(plan.judge().complete);
  CHECK(plan.judge().reason == "1 of 2 requests were not answered");
  CHECK(plan.pages() == 1);
}

TEST_CASE("without any number there is nothing to ask, which is complete") {
  batch_plan plan(0, 0);
  CHECK_FALSE(plan.next());
  CHECK(plan.done());
  CHECK(plan.judge().complete);
}

TEST_CASE("a request that is asked for in halves is complete when the halves are answered") {
  batch_plan plan(1, 50);
  CHECK(plan.next() == 1);
  CHECK(plan.halve(1));
  CHECK_FALSE(plan.done());
  CHECK(plan.next() == 2);
  CHECK(plan.next() == 3);
  CHECK_FALSE(plan.next());
  plan.read(2, page_facts{}, {});
  plan.unreadable(3);
  CHECK(plan.done());
  CHECK_FALSE(plan.judge().complete);
  CHECK(plan.judge().reason == "1 of 2 requests were not answered");
  CHECK(plan.pages() == 1);
}

TEST_CASE("where no half is answered either nothing is halved for long, and an answer begins that anew") {
  batch_plan plan(10, 500);
  int halved = 0;
  while (halved < 50 && plan.halve(halved + 1)) ++halved;
  CHECK(halved >= 6); // fifty numbers down to one
  CHECK(halved < 20);
  plan.read(halved + 1, page_facts{}, {});
  CHECK(plan.halve(halved + 2));
}
