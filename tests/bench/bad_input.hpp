// Bad input for a receiver, so many bytes a second, beside the load that is measured.
//
// Four kinds in six are webhooks to the right address whose body says nothing a receiver understands (they
// are to be kept in quarantine and answered with 2xx); two are no HTTP (to be refused, and the connection
// closed).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace suivi::bench {

inline constexpr std::size_t bad_piece_bytes = 4096; // of each, about
inline constexpr std::uint64_t bad_kinds = 6;
inline constexpr std::uint64_t bad_webhook_kinds = 4; // the first of them

// Piece `number`, of kind number % bad_kinds; no two are equal.
std::string bad_body(std::uint64_t number); // of a webhook's kind
std::string bad_piece(const std::string& target, std::uint64_t number);

struct bad_input_plan {
  unsigned short port = 0;
  std::string target; // path and query
  double seconds = 5; // at most so long, then answers are awaited, each at most 5 s
  double bytes_per_second = 1e6;
  std::size_t senders = 16; // one connection each
};

struct bad_input_outcome {
  std::uint64_t pieces = 0;
  std::uint64_t bytes = 0;
  std::uint64_t kept = 0;        // answered with 2xx
  std::uint64_t refused = 0;     // answered with 4xx
  std::uint64_t unavailable = 0; // any other answer
  std::uint64_t unanswered = 0;  // closed without, or not within 5 s
  std::chrono::microseconds took{};
};

// Throws std::system_error if it cannot connect.
bad_input_outcome send_bad_input(const bad_input_plan& plan);

} // namespace suivi::bench
