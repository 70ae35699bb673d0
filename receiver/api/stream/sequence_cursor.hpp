// How far a growing table was read by its numbers, where a number may become visible after a higher one (its
// transaction committed later). Pure.
//
// A number is missed only if it shows up more than `depth` numbers behind the highest.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

namespace suivi::receiver {

class number_marks {
 public:
  static constexpr std::int64_t depth = 1'000;

  // Everything up to `last` that is visible now is known: `known` are those above begin(last).
  void set(std::int64_t last, const std::vector<std::int64_t>& known);
  // Read what is above this, but known().
  [[nodiscard]] std::int64_t after() const { return highest_ > depth ? highest_ - depth : 0; }
  [[nodiscard]] std::vector<std::int64_t> known() const { return {known_.begin(), known_.end()}; }
  void note(std::int64_t number);
  [[nodiscard]] std::int64_t highest() const { return highest_; }

 private:
  std::int64_t highest_ = 0;
  std::set<std::int64_t> known_; // above after()
};

} // namespace suivi::receiver
