// When the apply lane begins, by cases and under a simulated load.
#include "receiver/queue/apply_policy.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <vector>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{1h};

// Events come `apart`; a batch takes `fixed` and `each` for every event in it.
struct simulated_load {
  std::chrono::microseconds apart{1000};
  std::chrono::microseconds fixed{3000};
  std::chrono::microseconds each{60};
};

struct outcome {
  std::size_t applied = 0;
  std::size_t batches = 0;
  std::chrono::microseconds mean_wait{0}; // from its coming to the end of its batch
};

outcome run(const simulated_load& load, milliseconds length) {
  outcome measured;
  apply_rhythm rhythm;
  std::chrono::microseconds waited{0};
  steady_time next_comes = start;
  steady_time busy_until = start;
  std::vector<steady_time> waiting;
  for (steady_time now = start; now < start + length; now += 10us) {
    if (now >= next_comes) {
      waiting.push_back(now);
      next_comes += load.apart;
    }
    if (now < busy_until || waiting.empty()) continue;
    rhythm.waiting = waiting.size();
    if (begin_apply_at(rhythm) > now) continue;
    busy_until = now + load.fixed + load.each * static_cast<int>(waiting.size());
    for (steady_time came : waiting)
      waited += std::chrono::duration_cast<std::chrono::microseconds>(busy_until - came);
    measured.applied += waiting.size();
    ++measured.batches;
    rhythm.last_rows = waiting.size();
    rhythm.last_ended = busy_until;
    waiting.clear();
  }
  measured.mean_wait = waited / static_cast<int>(measured.applied);
  return measured;
}

} // namespace

TEST_CASE("an event that comes while nothing is under way is applied at once") {
  CHECK(begin_apply_at({1, 0, {}}) <= start);
  CHECK(begin_apply_at({1, 50, start - 1s}) < start);
}

TEST_CASE("a second batch is for much that waits, while batches are quick and nobody lacks a connection") {
  apply_load load{worthwhile_rows, 1, 0, quick_batch};
  CHECK(is_worth_another_lane(load));
  SUBCASE("little waits") {
    load.due = worthwhile_rows - 1;
  }
  SUBCASE("none is under way") {
    load.batches = 0;
  }
  SUBCASE("two are") {
    load.batches = 2;
  }
  SUBCASE("somebody waits for a connection") {
    load.others_waiting = 1;
  }
  SUBCASE("the shop is slow") {
    load.last_took = quick_batch + 1ms;
  }
  SUBCASE("nobody knows yet how slow it is") {
    load.last_took = apply_load().last_took;
  }
  CHECK_FALSE(is_worth_another_lane(load));
}

TEST_CASE("the door looks without locks first where half of the last batch needed none") {
  CHECK(is_worth_a_look(100, 50));
  CHECK_FALSE(is_worth_a_look(100, 49));
}

TEST_CASE("where few come, the next batch begins when the last one ends") {
  CHECK(begin_apply_at({1, 1, start}) == start);
  CHECK(begin_apply_at({3, few_rows - 1, start}) == start);
}

TEST_CASE("the more came, the longer the next batch gathers, up to a bound") {
  CHECK(begin_apply_at({1, few_rows, start}) == start + static_cast<int>(few_rows) * gathering_each);
  CHECK(begin_apply_at({1, 16, start}) == start + 16 * gathering_each);
  CHECK(begin_apply_at({1, worthwhile_rows - 1, start}) == start + gathering_max);
}

TEST_CASE("a batch that is worth a transaction does not wait") {
  CHECK(begin_apply_at({worthwhile_rows, 50, start}) == start);
  CHECK(begin_apply_at({1, worthwhile_rows, start}) == start);
}

TEST_CASE("at a light load an event waits for hardly more than the batch before its own") {
  outcome light = run({}, 1s);
  CHECK(light.mean_wait < 5ms);
}

TEST_CASE("under load events share their transactions") {
  simulated_load busy;
  busy.apart = 100us;
  outcome measured = run(busy, 1s);
  CHECK(measured.applied / measured.batches >= 80);
  CHECK(measured.mean_wait < 25ms);
}

TEST_CASE("more may wait where the shop takes the time than where the processor does") {
  CHECK(due_max(quick_batch) == 1'000);
  CHECK(due_max(quick_batch + 1ms) == 20'000);
}
