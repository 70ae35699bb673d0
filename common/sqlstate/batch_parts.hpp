// The parts of a batch that are still to be written, from front to back. A part that is refused is halved, so
// that the row which is to blame stands alone at last and all others are written. Pure.
#pragma once

#include "common/sqlstate/batch_failure.hpp"

#include <cstddef>
#include <vector>

namespace suivi::pg {

class batch_parts {
 public:
  explicit batch_parts(std::size_t rows) {
    if (rows > 0) waiting_.push_back({0, rows});
  }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // The one furthest in front; there is one.
  range take() {
    range part = waiting_.back();
    waiting_.pop_back();
    return part;
  }
  // It comes next once more.
  void again(range part) { waiting_.push_back(part); }
  // Its halves come next, the front one first. `part` has at least two rows.
  void split(range part) {
    auto [front, back] = halve(part);
    waiting_.push_back(back);
    waiting_.push_back(front);
  }
  // Each of its rows comes next alone, from front to back: where most of them are to blame, halving takes
  // longer.
  void single_out(range part) {
    for (std::size_t row = part.end; row > part.begin; --row) waiting_.push_back({row - 1, row});
  }

 private:
  std::vector<range> waiting_;
};

} // namespace suivi::pg
