// When a batch of webhooks is begun, by cases and under a simulated load.
#include "receiver/queue/batch_policy.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <optional>
#include <vector>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{1h};
constexpr std::size_t worth = 100;

batch_queue beside_one(std::size_t rows) {
  return {1, rows, start + 1ms, start, {}, 0, false, worth};
}

// `connections` clients, each of whom sends its next webhook `thinking` after its last one was answered, to
// lanes that the policy starts. A batch takes `fixed` and `each` for every row in it, one after the other of
// all lanes, as where one processor does the work.
struct simulated_load {
  std::size_t connections = 16;
  std::size_t lanes = 4;
  std::chrono::microseconds thinking = 100us;
  std::chrono::microseconds fixed = 1000us;
  std::chrono::microseconds each = 80us;
};

struct outcome {
  std::size_t stored = 0;
  std::size_t batches = 0;
  steady_time::duration longest_wait{};
};

struct running_batch {
  std::vector<steady_time> rows; // when each came
  steady_time ends;
};

outcome run(const simulated_load& load, milliseconds length) {
  outcome measured;
  std::vector<steady_time> coming(load.connections, start);
  std::vector<steady_time> waiting;
  std::vector<running_batch> running;
  steady_time last_begun{}, last_ended{}, processor_free = start;
  std::size_t last_rows = 0;
  for (steady_time now = start; now < start + length; now += 10us) {
    for (running_batch& each : running) {
      if (each.ends > now) continue;
      for (steady_time came : each.rows) {
        measured.longest_wait = std::max(measured.longest_wait, now - came);
        coming.push_back(now + load.thinking);
      }
      measured.stored += each.rows.size();
      last_ended = now;
      last_rows = each.rows.size();
    }
    std::erase_if(running, [&](const running_batch& each) { return each.ends <= now; });
    std::erase_if(coming, [&](steady_time when) {
      if (when > now) return false;
      waiting.push_back(now);
      return true;
    });
    if (waiting.empty() || running.size() == load.lanes) continue;
    batch_queue queue{running.size(), waiting.size(), waiting.front(), last_begun,
                      last_ended,     last_rows,      false,           worth};
    if (begin_batch_at(queue) > now) continue;
    processor_free = std::max(processor_free, now) + load.fixed + load.each * waiting.size();
    running.push_back({std::move(waiting), processor_free});
    waiting.clear();
    last_begun = now;
    ++measured.batches;
  }
  return measured;
}

} // namespace

TEST_CASE("a webhook that comes while nothing is under way is stored at once") {
  batch_queue queue{0, 1, start, start - 1ms, {}, 0, false, worth};
  CHECK(begin_batch_at(queue) == start);
  queue.apply_is_behind = true;
  CHECK(begin_batch_at(queue) == start);
  SUBCASE("also after another that came alone") {
    queue.last_ended = start;
    queue.last_rows = 1;
  }
  SUBCASE("also a moment after many were answered") {
    queue.last_ended = start - gathering;
    queue.last_rows = 50;
  }
  CHECK(begin_batch_at(queue) == start);
}

TEST_CASE("the first of those who were answered together waits for the others, but not for long") {
  batch_queue queue{0, 1, start, start - 3ms, start - 100us, 50, false, worth};
  CHECK(begin_batch_at(queue) == start - 100us + gathering);
  queue.rows = 50;
  CHECK(begin_batch_at(queue) == start);
}

TEST_CASE("beside another batch few webhooks wait, many do not") {
  CHECK(begin_batch_at(beside_one(1)) == start + 1ms + beside_slow_batch);
  CHECK(begin_batch_at(beside_one(worth - 1)) == start + 1ms + beside_slow_batch);
  CHECK(begin_batch_at(beside_one(worth)) == start + 1ms);
}

TEST_CASE("while applying is behind no second lane begins for many webhooks, only for old ones") {
  batch_queue queue = beside_one(worth);
  queue.apply_is_behind = true;
  CHECK(begin_batch_at(queue) == start + 1ms + beside_slow_batch);
}

TEST_CASE("where several lanes are held up the next one begins as long after the last one") {
  batch_queue queue{2, 1, start, start + 15ms, {}, 0, false, worth};
  CHECK(begin_batch_at(queue) == start + 15ms + beside_slow_batch);
}

TEST_CASE("a few connections share their transactions instead of having one each") {
  outcome few = run({}, 1s);
  CHECK(few.stored / few.batches >= 12);
  CHECK(few.longest_wait < 10ms);
}

TEST_CASE("many connections keep two lanes busy") {
  simulated_load many;
  many.connections = 256;
  outcome measured = run(many, 1s);
  CHECK(measured.stored / measured.batches >= worth);
  CHECK(measured.longest_wait < 60ms);
}

TEST_CASE("a batch that does not end holds up nobody for longer than another takes to begin") {
  simulated_load few;
  few.connections = 3;
  few.fixed = 0us;
  few.each = 1us;
  outcome quick = run(few, 1s);
  CHECK(quick.longest_wait < 2ms);
  batch_queue stuck = beside_one(1);
  CHECK(begin_batch_at(stuck) - stuck.opened_at == beside_slow_batch);
}
