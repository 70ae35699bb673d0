// Whether this build has sanitizers, which make everything several times slower.
//
// Promises: limits of what must happen are `slowness` times as long there, and volumes of what is drawn from
// seeds smaller; what is counted or compared stays as it is.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

namespace suivi::test {

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SUIVI_SANITIZED
#endif
#endif

#ifdef SUIVI_SANITIZED
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

constexpr int slowness = sanitized ? 4 : 1;

// Coverage is counted (tests/coverage).
inline bool counted() {
  return std::getenv("LLVM_PROFILE_FILE") != nullptr;
}

// What the tester asks of sanitizers and counters, `NAME=value`: to be asked of programs under test too.
inline std::vector<std::string> wishes() {
  std::vector<std::string> all;
  for (std::string name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"})
    if (const char* value = std::getenv(name.c_str())) all.push_back(name + "=" + value);
  return all;
}

} // namespace suivi::test
