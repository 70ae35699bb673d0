// What a replay makes of a verdict, what it counts, and its pace.
#include "receiver/replay/policy.hpp"
#include "receiver/replay/report.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_instant("2026-03-01T12:00:00Z");

disposition step(shop::outcome result, const pending_event& event = {}, std::string_view before = "") {
  shop::verdict v;
  v.outcome = result;
  v.why = result == shop::outcome::conflict ? "another account's" : "";
  if (result == shop::outcome::in_doubt) v.wanted = shop::wanted_read{"a", "u", "R", noon + 10s};
  return replay_step(event, before, v, noon, 0);
}

} // namespace

TEST_CASE("every verdict counts as its outcome") {
  CHECK(outcome_of(step(shop::outcome::applied)) == "applied");
  CHECK(outcome_of(step(shop::outcome::unchanged)) == "unchanged");
  CHECK(outcome_of(step(shop::outcome::stale)) == "stale");
  CHECK(outcome_of(step(shop::outcome::conflict)) == "conflict");
  CHECK(outcome_of(step(shop::outcome::unmatched)) == "parked");
  CHECK(outcome_of(step(shop::outcome::in_doubt)) == "confirming");
  CHECK(step(shop::outcome::busy).action == disposition::kind::try_again);
}

TEST_CASE("what is in doubt is left to a receiver at once") {
  auto next = step(shop::outcome::in_doubt);
  CHECK(next.action == disposition::kind::postpone);
  CHECK(next.state == event_state::confirming);
  CHECK(next.delay == 0ms);
  pending_event waiting;
  waiting.state = event_state::confirming;
  waiting.attempts = 4;
  next = step(shop::outcome::in_doubt, waiting, "courier:server");
  CHECK(next.attempts == 4);
  CHECK(next.error == "courier:server");
}

TEST_CASE("an order that stays locked makes its event failed") {
  auto next = locked_too_long({});
  CHECK(outcome_of(next) == "failed");
  CHECK(next.action == disposition::kind::postpone);
  CHECK(outcome_elsewhere("pending") == "failed");
  CHECK(outcome_elsewhere("confirming") == "confirming");
}

TEST_CASE("a rate makes small pages and a time for each") {
  CHECK(page_size(0) == 500);
  CHECK(page_size(1) == 1);
  CHECK(page_size(100) == 20);
  CHECK(page_size(1'000'000) == 500);
  CHECK(paced(100, 0) == 0ms);
  CHECK(paced(100, 50) == 2s);
}

TEST_CASE("a report has every count and a dry run its changes") {
  replay_report r;
  r.counts.selected = 3;
  r.counts.add("applied");
  r.counts.add("parked");
  r.counts.add("pending");
  CHECK(
      boost::json::serialize(to_json(r)) ==
      R"({"selected":3,"applied":1,"unchanged":0,"stale":0,"parked":1,"conflict":0,"quarantined":0,"failed":1,)"
      R"("confirming":0,"ignored":0})");
  CHECK(r.counts.settled() == 3);
  r.dry_run = true;
  r.changes.push_back({"R1", {"shippingStatus", std::nullopt, "LIVRÉ"}});
  CHECK(to_json(r).at("changes").as_array().size() == 1);
  CHECK(boost::json::serialize(to_json(r).at("changes").at(0)) ==
        R"({"reference":"R1","field":"shippingStatus","from":null,"to":"LIVRÉ"})");
}
