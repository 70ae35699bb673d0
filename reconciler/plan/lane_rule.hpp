// Which slices of rows may be at the door at the same time. Pure.
//
// Rows wait in lanes, those of one reference in the same one. In a long sweep that finds little to write two
// slices go side by side: PostgreSQL works on one while this program decides on the other. Else one goes at a
// time: a short sweep is not worth a second connection, and writing is PostgreSQL's work, of which webhooks
// want their part.
#pragma once

#include <array>
#include <cstddef>

namespace suivi::reconciler {

inline constexpr std::size_t row_lanes = 2;

class lane_rule {
 public:
  // Before so many rows have been at the door a sweep is not long.
  static constexpr std::size_t long_from_rows = 20'000;
  // A slice of which more than one row in so many was written is not quiet.
  static constexpr std::size_t quiet_share = 10;

  // Whether the lane `own`, which has no slice at the door, may take rows of the lane `from`, where `waiting`
  // of them wait. `full`: the rows of a whole slice; `closed`: no more rows will come.
  [[nodiscard]] bool may_take(std::size_t own, std::size_t from, std::size_t waiting, std::size_t full,
                              bool closed) const;

  // A slice of that lane goes to the door, and has come back.
  void note_taken(std::size_t own, std::size_t rows);
  void note_back(std::size_t own);
  // What has become of some rows.
  void note_verdicts(std::size_t written, std::size_t rows);

  [[nodiscard]] std::size_t under_way() const; // rows at the door

 private:
  [[nodiscard]] bool is_alone() const { return !is_quiet_ || rows_ < long_from_rows; }

  std::array<std::size_t, row_lanes> under_way_{};
  bool is_mixed_ = false; // the slice of the first lane may hold the others' rows
  bool is_quiet_ = false; // the last rows
  std::size_t rows_ = 0;
};

} // namespace suivi::reconciler
