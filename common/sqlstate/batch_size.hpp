// How many rows a batch has: fewer after one that took longer than a statement may, more again with each that
// was taken. Pure.
#pragma once

#include <algorithm>
#include <cstddef>

namespace suivi::pg {

class batch_size {
 public:
  explicit batch_size(std::size_t rows_max) : rows_max_(rows_max), rows_(rows_max) {}

  [[nodiscard]] std::size_t rows() const { return rows_; }
  // A batch of `rows` took too long.
  void note_too_slow(std::size_t rows) { rows_ = std::max<std::size_t>(1, rows / 2); }
  void note_taken() { rows_ = std::min(rows_max_, rows_ + rows_ / 4 + 1); }

 private:
  std::size_t rows_max_;
  std::size_t rows_;
};

} // namespace suivi::pg
