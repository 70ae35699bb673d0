// The load generator's one run: many keep-alive connections, one request at a time on each.
//
// Closed loop without a rate: each connection sends as soon as it was answered. With a rate: requests are due
// at equal distances, and a latency counts from the moment the request was due, whether a connection was free
// then or not.
#pragma once

#include "tests/bench/latencies.hpp"
#include "tests/bench/webhook_text.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::bench {

struct load_plan {
  unsigned short port = 0;
  std::size_t connections = 1;
  std::uint64_t first = 0; // number of the first webhook
  std::uint64_t count = 0; // at most so many; 0 = no limit
  double seconds = 5;      // at most so long, then answers are awaited
  double rate = 0;         // requests a second; 0 = closed loop
  bool keep_ids = false;
  webhook_plan plan;
};

struct sent_id {
  std::string id; // as the answer names it
  instant due;
};

struct load_outcome {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0; // 2xx
  std::uint64_t refused = 0;      // any other answer
  std::uint64_t broken = 0;       // connections lost before an answer
  instant began{};
  instant ended{}; // the last answer
  latencies took;
  std::vector<sent_id> ids;
};

// Ends when all that was sent is answered, or 30 s after the last answer. Throws std::system_error if it
// cannot connect.
load_outcome run_load(const load_plan& plan);

// Opens `connections`, sends one request on each, then keeps them open and silent until `fd` (standard input,
// say) ends.
void hold_idle(const load_plan& plan, int fd);

// Until `GET /readyz` answers 200 and its body holds `word`, or `seconds` have passed; returns the moment, or
// nothing.
std::optional<instant> await_ready(unsigned short port, const std::string& word, double seconds);

} // namespace suivi::bench
