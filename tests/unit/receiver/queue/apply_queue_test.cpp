// What the apply lane takes next: ranges whole, in turn with single events.
#include "receiver/queue/apply_queue.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{1h};

std::vector<pending_event> events_from(std::int64_t first, std::size_t count) {
  std::vector<pending_event> events(count);
  for (std::size_t i = 0; i < count; ++i) events[i].id = first + static_cast<std::int64_t>(i);
  return events;
}

void add_range(apply_queue& queue, std::int64_t first, std::size_t count) {
  queue.enqueue_range({first, "2026-01-02", count}, events_from(first, count), start);
}

std::string names(const range_batch& batch) {
  std::string text;
  for (const event_range& each : batch.ranges) text += std::to_string(each.first) + " ";
  return text;
}

} // namespace

TEST_CASE("ranges that wait go together as far as there is room, none of them in part") {
  apply_queue queue;
  add_range(queue, 1, 40);
  add_range(queue, 100, 40);
  add_range(queue, 200, 40);
  CHECK(queue.waiting() == 120);
  REQUIRE(queue.ranges_are_next(start));
  range_batch batch = queue.take_ranges(start, 100);
  CHECK(names(batch) == "1 100 ");
  REQUIRE(batch.events.size() == 80);
  CHECK(batch.events[40].id == 100);
  CHECK(names(queue.take_ranges(start, 100)) == "200 ");
  CHECK_FALSE(queue.ranges_are_next(start));
  CHECK(queue.in_flight() == 120); // until they are erased
}

TEST_CASE("a range larger than a batch goes alone") {
  apply_queue queue;
  add_range(queue, 1, 40);
  add_range(queue, 100, 1);
  CHECK(names(queue.take_ranges(start, 10)) == "1 ");
  CHECK(names(queue.take_ranges(start, 10)) == "100 ");
}

TEST_CASE("a batch is halved between its ranges, and none of its events is lost") {
  for (std::size_t ranges : {2U, 3U, 5U}) {
    CAPTURE(ranges);
    apply_queue queue;
    for (std::size_t i = 0; i < ranges; ++i) add_range(queue, static_cast<std::int64_t>(100 * i + 1), i + 1);
    half_batches halves = halves_of(queue.take_ranges(start, 100));
    CHECK(halves.front.ranges.size() + halves.back.ranges.size() == ranges);
    CHECK_FALSE(halves.back.ranges.empty());
    CHECK(halves.front.ranges.size() >= halves.back.ranges.size());
    std::size_t at = 0;
    std::vector<pending_event> events = halves.front.events;
    CHECK(halves.back.events.front().id == halves.back.ranges.front().first);
    events.insert(events.end(), halves.back.events.begin(), halves.back.events.end());
    for (std::size_t i = 0; i < ranges; ++i)
      for (std::size_t n = 0; n <= i; ++n)
        CHECK(events[at++].id == static_cast<std::int64_t>(100 * i + 1 + n));
    CHECK(at == events.size());
  }
}

TEST_CASE("ranges that were put back come first and not before their time") {
  apply_queue queue;
  add_range(queue, 1, 2);
  add_range(queue, 100, 3);
  range_batch batch = queue.take_ranges(start, 500);
  add_range(queue, 200, 1);
  queue.put_back(std::move(batch), start + 50ms);
  CHECK_FALSE(queue.ranges_are_next(start));
  CHECK(queue.due_at(start + 1s) == start + 50ms);
  CHECK(queue.waiting() == 6);
  batch = queue.take_ranges(start + 50ms, 500);
  CHECK(names(batch) == "1 100 200 ");
  REQUIRE(batch.events.size() == 6);
  CHECK(batch.events[2].id == 100);
  CHECK(batch.events[5].id == 200);
}

TEST_CASE("ranges and single events take turns where both are due") {
  apply_queue queue;
  add_range(queue, 1, 1);
  add_range(queue, 2, 500);
  queue.enqueue(events_from(1000, 600), start);
  std::string order;
  for (int turn = 0; turn < 4; ++turn) {
    bool ranges = queue.ranges_are_next(start);
    order += ranges ? "r" : "e";
    if (ranges)
      (void)queue.take_ranges(start, 500);
    else
      (void)queue.take_events(start, 500);
  }
  CHECK(order == "rere");
  CHECK(queue.waiting() == 0);
}

TEST_CASE("an event that is dropped leaves the others of its opened range as single ones") {
  apply_queue queue;
  add_range(queue, 1, 3);
  queue.drop(2, start);
  CHECK_FALSE(queue.ranges_are_next(start));
  std::vector<pending_event> left = queue.take_events(start, 500);
  REQUIRE(left.size() == 2);
  CHECK(left[0].id == 1);
  CHECK(left[1].id == 3);
  CHECK(queue.in_flight() == 2);
}

TEST_CASE("what is in hand is not taken twice and leaves when it is erased") {
  apply_queue queue;
  add_range(queue, 1, 2);
  queue.enqueue(events_from(1, 3), start);
  CHECK(queue.waiting() == 3);
  queue.erase(1);
  CHECK(queue.in_flight() == 2);
  CHECK(queue.range_names() == std::vector<std::int64_t>{1});
}

TEST_CASE("what is due are ranges, single events whose time has come, and what waits elsewhere") {
  apply_queue queue;
  add_range(queue, 1, 500);
  queue.enqueue(events_from(1000, 500), start);
  CHECK_FALSE(queue.are_due(1'000, start, 0));
  CHECK(queue.are_due(1'000, start, 1));
  queue.put(events_from(9000, 1)[0], start + 1s);
  CHECK_FALSE(queue.are_due(1'000, start, 0));
  CHECK(queue.are_due(1'000, start + 1s, 0));
}
