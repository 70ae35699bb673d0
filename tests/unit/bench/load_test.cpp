// What the benches send is what the receiver understands, and their percentiles are right.
#include "common/maystro/envelope.hpp"
#include "tests/bench/bad_input.hpp"
#include "tests/bench/latencies.hpp"
#include "tests/bench/webhook_text.hpp"

#include <doctest/doctest.h>
#include <set>

namespace suivi::bench {
namespace {

maystro::event event_of(const webhook_plan& plan, std::uint64_t number, instant at) {
  std::string request;
  write_request(request, plan, number, at);
  return maystro::decode(request.substr(request.find("\r\n\r\n") + 4));
}

TEST_CASE("a bench's webhook names its order and its time, and every one has another message id") {
  const webhook_plan plan{"/x", 100, "run-1"};
  const instant at = *parse_instant("2026-01-31T09:30:00.5Z");
  std::set<std::string> ids;
  std::multiset<std::string> references;
  for (std::uint64_t n = 0; n < 300; ++n) {
    auto e = event_of(plan, n, at);
    REQUIRE(e.kind == maystro::event_kind::order);
    CHECK(e.published_at == at);
    references.insert(e.shipment.reference.value_or(""));
    ids.insert(e.message_id.value_or(""));
  }
  CHECK(ids.size() == 300);
  CHECK(references.count("BENCH-0000000") == 3);
  CHECK(references.count("BENCH-0000099") == 3);
  CHECK(std::set<std::string>(references.begin(), references.end()).size() == 100);
}

TEST_CASE("what is told again says the same under another message id") {
  const webhook_plan plan{"/x", 100, "run-1", 7};
  auto first = event_of(plan, 3, instant{});
  auto again = event_of(plan, 3 + 7 * 50, instant{});
  CHECK(again.shipment.reference == first.shipment.reference);
  CHECK(again.shipment.status == first.shipment.status);
  CHECK(again.published_at == first.published_at);
  CHECK(again.message_id != first.message_id);
}

TEST_CASE("each visit to an order changes its status, and one in nine delivers it") {
  const webhook_plan plan{"/x", 10, "run-1"};
  std::multiset<int> statuses;
  for (std::uint64_t visit = 0; visit < 18; ++visit) {
    auto now = event_of(plan, visit * 10 + 3, instant{});
    auto then = event_of(plan, (visit + 1) * 10 + 3, instant{});
    CHECK(now.shipment.status != then.shipment.status);
    statuses.insert(now.shipment.status.value_or(0).number());
  }
  CHECK(statuses.count(41) == 2);
}

TEST_CASE("a bad webhook is not understood whatever its kind, and no two are equal") {
  std::set<std::string> pieces;
  for (std::uint64_t n = 0; n < 10 * bad_kinds; ++n) {
    CAPTURE(n);
    pieces.insert(bad_piece("/x", n));
    if (n % bad_kinds >= bad_webhook_kinds) continue;
    CHECK(maystro::decode(bad_body(n)).kind == maystro::event_kind::not_understood);
    CHECK(bad_piece("/x", n).size() > bad_piece_bytes * 9 / 10);
  }
  CHECK(pieces.size() == 10 * bad_kinds);
}

TEST_CASE("a percentile is the smallest latency that so many do not exceed") {
  latencies took;
  CHECK(took.milliseconds_at(0.99) == 0);
  for (int i = 100; i >= 1; --i) took.add(i * 1000);
  CHECK(took.milliseconds_at(0.5) == 50);
  CHECK(took.milliseconds_at(0.99) == 99);
  CHECK(took.milliseconds_at(1) == 100);
}

} // namespace
} // namespace suivi::bench
