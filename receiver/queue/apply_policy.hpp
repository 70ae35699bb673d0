// When the apply lane begins its next batch. Pure: the state is an argument, the moment the answer.
//
// A transaction costs as much as some twenty events in it. An event that comes while nothing is under way, or
// while few come, is applied at once: there is time for a transaction of its own. The more came with the last
// batch, the longer the next one gathers, up to a few milliseconds, and never once it is worth its cost.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>

namespace suivi::receiver {

struct apply_rhythm {
  std::size_t waiting = 0;   // events
  std::size_t last_rows = 0; // of the last batch; 0: there was none
  steady_time last_ended{};  // its end
};

constexpr std::size_t worthwhile_rows = 100;
constexpr std::size_t few_rows = 8; // fewer are applied sooner one by one
constexpr std::chrono::microseconds gathering_each{125};
constexpr std::chrono::microseconds gathering_max{4'000};

// In the past, or now: at once. Another event may bring it nearer.
[[nodiscard]] steady_time begin_apply_at(const apply_rhythm& rhythm);

// Whether a second batch is begun beside the one under way: where so much waits that it is worth a
// transaction of its own, and nobody else lacks the connection that it takes. A shop that is slow (a trigger,
// a lock) is not slower for one lane than for two, and two would keep replays, reads and the API waiting.
struct apply_load {
  std::size_t due = 0;            // events
  std::size_t batches = 0;        // under way
  std::size_t others_waiting = 0; // for a connection
  std::chrono::steady_clock::duration last_took = std::chrono::steady_clock::duration::max(); // of a batch
};
constexpr milliseconds quick_batch{500};
[[nodiscard]] bool is_worth_another_lane(const apply_load& now);

// So many events may be due before answers are slowed down. That leaves the processor to applying, and wins
// nothing where the shop itself takes the time: then only what waits for ever is to be bounded.
[[nodiscard]] std::size_t due_max(std::chrono::steady_clock::duration last_took);

// Whether the door looks without locks first (door_options::looks_first): the last batch, of which so many
// needed no lock, tells whether it is worth it.
[[nodiscard]] bool is_worth_a_look(std::size_t rows, std::size_t unlocked);

} // namespace suivi::receiver
