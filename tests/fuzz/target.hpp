// What a fuzz target is: one function over bytes that checks what must hold for any input, and stops the
// program where it does not. libfuzzer.cpp and bounded.cpp are the two programs around it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace suivi::fuzz {

// Each target defines it once. Throws nothing; the same bytes have the same effect, whatever came before.
void one_input(std::string_view bytes);

// Aborts, so that whichever program is around keeps the input.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", promise);
  std::abort();
}

// Decisions a target leaves to chance: where to split, how to wrap. They follow from the bytes, so that an
// input found once fails again, and seeds stay plain text.
class choices {
 public:
  explicit choices(std::string_view bytes) {
    for (char c : bytes) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3; // FNV-1a
  }
  // 0 to `limit`.
  std::size_t upto(std::size_t limit) {
    state_ += 0x9e3779b97f4a7c15; // splitmix64
    std::uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return static_cast<std::size_t>((mixed ^ (mixed >> 31)) % (limit + 1));
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

} // namespace suivi::fuzz
