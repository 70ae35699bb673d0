// Whether a list is newest first, as far as the times of its rows tell. Pure.
//
// Few times that fall show nothing: two rows of a list in no order fall as often as not. So it is reckoned
// how likely mere luck is: n rows, of which m, m', … were made at once, can stand in n! / (m! · m'! · …)
// orders, and one of them falls.
#pragma once

#include "reconciler/plan/page_plan.hpp"

#include <optional>
#include <span>

namespace suivi::reconciler {

// What luck brings less often than this is none. Seven rows of seven times will do.
inline constexpr double luck_max = 0.001;

class order_evidence {
 public:
  // Rows that follow those read so far. Those that do not say when they were made show nothing, and nothing
  // does from the first one on that is newer than one before it by more than order_tolerance.
  void read(std::span<const listed_row> rows);

  // How likely a list in no order is to show its rows like that: 1 for none.
  [[nodiscard]] double luck() const { return rises_ ? luck_by_minutes_ : luck_; }
  [[nodiscard]] bool shows_newest_first() const { return luck() <= luck_max; }

 private:
  std::size_t rows_ = 0;
  bool rises_ = false; // within the tolerance: what was made within a minute counts as made at once
  bool refuted_ = false;
  std::optional<instant> last_, oldest_, minute_began_;
  std::size_t equal_ = 0, within_minute_ = 0; // the latest rows
  double luck_ = 1, luck_by_minutes_ = 1;
};

} // namespace suivi::reconciler
