// The webhooks that the benches send: the courier's Pub/Sub shape, one for each number, made cheaply, for the
// generator shares the machine with what it measures.
//
// Number n is visit n / orders of one of the orders; a visit meets every order once, neighbors far apart. So
// an order's webhooks lie as far apart as can be, and nothing is won by writing several of one order at once,
// nor by rows that lie together. Every one changes its order's status; each order reaches 41 (delivered) once
// in nine visits.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <string>

namespace suivi::bench {

struct webhook_plan {
  std::string target; // path and query
  std::uint64_t orders = 100'000;
  std::string run; // makes message ids unique among runs
  // Number n tells again what n % bodies told, under a message id of its own; 0 = none is told twice.
  std::uint64_t bodies = 0;
};

// The whole request. `published_at` must not go back from one visit to the next.
void write_request(std::string& out, const webhook_plan& plan, std::uint64_t number, instant published_at);

} // namespace suivi::bench
