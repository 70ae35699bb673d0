// How often an address was refused within the present minute: who keeps guessing secrets is told to wait.
// Pure.
//
// Only refusals count, and only refusals are held back: a request that is right is served wherever it comes
// from, for the courier comes from few addresses, and behind a balancer everybody has the same one. Bounded:
// beyond so many addresses in a minute further ones are not counted.
#pragma once

#include "common/base/time.hpp"

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace suivi::receiver {

class refusals {
 public:
  using moment = std::chrono::steady_clock::time_point;
  struct limits {
    unsigned refusals_per_minute = 600;
    std::size_t addresses = 4096;
  };

  explicit refusals(limits within) : limits_(within) {}

  struct verdict {
    bool first = false;                 // of this minute, from whomever
    std::optional<seconds> retry_after; // it was one too many: until the minute is over
  };
  // Counts one refused request. An IPv6 client is known by its /64, of which it may have every address.
  verdict note(const boost::asio::ip::address& from, moment at);

 private:
  limits limits_;
  std::optional<moment> begun_;
  std::map<std::string, unsigned> counts_;
};

} // namespace suivi::receiver
