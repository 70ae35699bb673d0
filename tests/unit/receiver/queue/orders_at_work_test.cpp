// Two batches at once are about different orders.
#include "receiver/queue/apply_queue.hpp"
#include "receiver/queue/orders_at_work.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{1h};

pending_event about(std::int64_t id, std::optional<std::string> reference,
                    std::optional<std::string> uuid = std::nullopt,
                    std::optional<std::string> tracking = std::nullopt) {
  pending_event event;
  event.id = id;
  event.observation.shipment.reference = std::move(reference);
  event.observation.shipment.uuid = std::move(uuid);
  event.observation.shipment.tracking = std::move(tracking);
  return event;
}

void add_range(apply_queue& queue, std::vector<pending_event> events) {
  event_range range{events.front().id, "2026-01-02", events.size()};
  queue.enqueue_range(std::move(range), std::move(events), start);
}

} // namespace

TEST_CASE("an order is at work from the beginning of its batch to the end") {
  orders_at_work at_work;
  std::vector<pending_event> first{about(1, "R1"), about(2, "R2", "u2"), about(3, std::nullopt, "u3"),
                                   about(4, std::nullopt, std::nullopt, "T4")};
  auto has = [&](pending_event event) {
    std::vector<pending_event> one{std::move(event)};
    return at_work.has_any_of(one);
  };
  {
    orders_at_work::batch here = at_work.begin(first, start);
    CHECK(at_work.longest(start + 2s) == 2s);
    CHECK(at_work.batches() == 1);
    CHECK(has(about(5, "R1")));
    CHECK(has(about(5, "R9", "u2"))); // the same parcel, under another reference
    CHECK(has(about(5, std::nullopt, "u3")));
    CHECK(has(about(5, std::nullopt, std::nullopt, "T4")));
    CHECK_FALSE(has(about(5, "R9", "u9")));
    CHECK_FALSE(has(about(5, std::nullopt)));
  }
  CHECK(at_work.batches() == 0);
  CHECK_FALSE(has(about(5, "R1")));
}

TEST_CASE("a range about an order at work waits, and so does what came after it") {
  apply_queue queue;
  orders_at_work at_work;
  add_range(queue, {about(1, "R1"), about(2, "R2")});
  add_range(queue, {about(3, "R3")});
  add_range(queue, {about(4, "R1")});
  add_range(queue, {about(5, "R5")});
  std::vector<pending_event> other{about(9, "R1")};
  {
    orders_at_work::batch here = at_work.begin(other, start);
    CHECK(queue.due_in_ranges(start) == 5);
    CHECK(queue.take_ranges(start, 500, at_work).events.empty());
    CHECK(queue.due_in_ranges(start) == 5);
  }
  range_batch first = queue.take_ranges(start, 3, at_work);
  REQUIRE(first.events.size() == 3);
  {
    orders_at_work::batch here = at_work.begin(first.events, start);
    CHECK(queue.take_ranges(start, 500, at_work).events.empty());
  }
  CHECK(queue.take_ranges(start, 500, at_work).events.size() == 2);
}
