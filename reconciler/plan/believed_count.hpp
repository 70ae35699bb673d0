// How many rows the courier says its list has, as long as no page of its own says otherwise. Pure.
//
// Page n shows that there are all the rows before it and its own: where an answer counts fewer than that, the
// count proves nothing, and the list is read as one without. A row or two more are those that came while the
// courier made up its answer. A page that only repeats what was read shows nothing of its place. And whatever
// a count is worth, fewer rows than it says are never all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace suivi::reconciler {

class believed_count {
 public:
  void begin_reading() { count_max_ = 0; } // the list is read from page 1 on

  // What is left of what that page says; nothing from the first contradiction on. `size`: its rows, readable
  // or not; 0 where none of them is new in this reading.
  std::optional<std::int64_t> of(int page, std::optional<std::int64_t> count, std::size_t size,
                                 bool has_next);

  [[nodiscard]] bool contradicted() const { return contradicted_; }
  // The most that this reading's pages counted, believed or not; 0 where none did.
  [[nodiscard]] std::int64_t count_max() const { return count_max_; }
  // Where there is none to go by, and so many readings were no two alike.
  [[nodiscard]] std::string why_unproven(int readings) const;

 private:
  std::size_t page_size_ = 0; // the smallest of the pages that more come after, else page 1's
  bool contradicted_ = false;
  std::int64_t count_max_ = 0;
};

} // namespace suivi::reconciler
