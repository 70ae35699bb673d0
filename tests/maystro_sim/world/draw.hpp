// Seeded chance that gives the same numbers on every machine (unlike the standard library's distributions).
//
// Two forms: hash() answers for one named thing whatever was asked before; `draw` is a running sequence.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace suivi::sim {

// splitmix64's finalizer: a bijection on 64 bits.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

[[nodiscard]] constexpr std::uint64_t hash(std::initializer_list<std::uint64_t> parts) {
  std::uint64_t h = 0;
  for (const auto part : parts) h = mix(h ^ part);
  return h;
}

[[nodiscard]] constexpr std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325U; // FNV-1a
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return mix(h);
}

// [0, 1)
[[nodiscard]] constexpr double unit(std::uint64_t bits) {
  return static_cast<double>(bits >> 11U) * 0x1p-53;
}

class draw {
 public:
  explicit constexpr draw(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() { return mix(state_++); }
  constexpr std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  constexpr double fraction() { return unit(next()); }
  constexpr bool chance(double share) { return fraction() < share; }

 private:
  std::uint64_t state_;
};

} // namespace suivi::sim
