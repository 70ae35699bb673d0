// Which single read is next: deduplicated by parcel, the accounts in turn, nothing before its time.
#include "receiver/queue/read_queue.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

const steady_time start{1h};
const instant noon{std::chrono::hours(12)};

shop::wanted_read parcel(const std::string& account, const std::string& uuid, milliseconds later = 0ms) {
  shop::wanted_read wanted;
  wanted.account = account;
  wanted.uuid = uuid;
  wanted.not_before = noon + later;
  return wanted;
}

pending_event event(std::int64_t id) {
  pending_event one;
  one.id = id;
  return one;
}

// Accounts that may be asked at once, but for one.
read_queue::opening closed_for(const std::string& account, steady_time until, steady_time now) {
  return [=](const std::string& each) { return each == account ? until : now; };
}

std::string next_uuid(read_queue& queue, steady_time now) {
  steady_time next_due;
  auto job = queue.next(now, closed_for("", now, now), next_due);
  return job ? *job->wanted.uuid : "none";
}

} // namespace

TEST_CASE("all events that wait for a parcel wait for one read") {
  read_queue queue;
  for (int id = 1; id <= 3; ++id) queue.add(parcel("a", "u1"), event(id), 1, start, noon);
  steady_time next_due;
  auto job = queue.next(start, closed_for("", start, start), next_due);
  REQUIRE(job);
  CHECK(job->waiting.size() == 3);
  CHECK(next_uuid(queue, start + 1h) == "none");
}

TEST_CASE("accounts take turns, and within an account the earliest comes first") {
  read_queue queue;
  for (const char* uuid : {"a1", "a2"}) queue.add(parcel("a", uuid), event(1), 1, start, noon);
  queue.add(parcel("b", "b1"), event(2), 1, start, noon);
  CHECK(next_uuid(queue, start) == "a1");
  CHECK(next_uuid(queue, start) == "b1");
  CHECK(next_uuid(queue, start) == "a2");
  CHECK(next_uuid(queue, start) == "none");
}

TEST_CASE(
    "a read that nobody waits for comes in its time, and at once when an event waits for it after all") {
  read_queue queue;
  queue.add(parcel("a", "u1", 500ms), std::nullopt, 1, start, noon);
  steady_time next_due;
  CHECK_FALSE(queue.next(start, closed_for("", start, start), next_due));
  CHECK(next_due == start + 500ms);
  queue.add(parcel("a", "u1", 700ms), event(1), 1, start + 100ms, noon + 100ms);
  auto job = queue.next(start + 100ms, closed_for("", start, start + 100ms), next_due);
  REQUIRE(job);
  CHECK(job->wanted.not_before == noon + 700ms);
  CHECK(next_uuid(queue, start + 1h) == "none"); // the former entry finds nothing
}

TEST_CASE("an account that may not be asked holds up no other's reads") {
  read_queue queue;
  queue.add(parcel("a", "a1"), event(1), 1, start, noon);
  queue.add(parcel("b", "b1"), event(2), 1, start, noon);
  steady_time next_due;
  auto job = queue.next(start, closed_for("a", start + 300ms, start), next_due);
  REQUIRE(job);
  CHECK(job->wanted.account == "b");
  CHECK_FALSE(queue.next(start, closed_for("a", start + 300ms, start), next_due));
  CHECK(next_due == start + 300ms);
  CHECK(next_uuid(queue, start + 300ms) == "a1");
}

TEST_CASE("what waits for an account is taken back, reads that nobody waits for stay") {
  read_queue queue;
  queue.add(parcel("a", "u1"), event(1), 1, start, noon);
  queue.add(parcel("a", "u2"), std::nullopt, 1, start, noon);
  queue.add(parcel("b", "u3"), event(3), 1, start, noon);
  CHECK(queue.take_waiting("a").size() == 1);
  CHECK(queue.take_waiting("a").empty());
  CHECK(queue.take_waiting("nobody").empty());
  CHECK(next_uuid(queue, start) == "u2");
  CHECK(next_uuid(queue, start) == "u3");
}

TEST_CASE(
    "a thousand events that wait are enough, and what nobody waits for is left out beyond ten thousand") {
  read_queue queue;
  for (int n = 1; n <= 1'000; ++n) {
    CHECK_FALSE(queue.is_full());
    queue.add(parcel("a", "u" + std::to_string(n)), event(n), 1, start, noon);
  }
  CHECK(queue.is_full());
  CHECK(queue.take_waiting("a").size() == 1'000);
  CHECK_FALSE(queue.is_full());
  for (int n = 1; n <= 10'001; ++n)
    queue.add(parcel("a", "r" + std::to_string(n)), std::nullopt, 1, start, noon);
  int read = 0;
  while (next_uuid(queue, start) != "none") ++read;
  CHECK(read == 10'000);
}
