// How long a batch waits for rows that others hold. Orders that are locked are passed over without a wait;
// what is waited for is what the writing of one needs besides, a row that a trigger of the shop's writes,
// say. Whoever has just waited in vain waits shortly, and shorter still in the pieces by which is found out
// which of the batch it is, and where what was locked is tried again: of those many wait in vain. Pure.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <cstddef>

namespace suivi::receiver {

class lock_patience {
 public:
  static constexpr milliseconds brief{10};
  static constexpr milliseconds brief_in_pieces{2};
  static constexpr milliseconds impatience{1'000};
  static constexpr std::size_t rows_max = 64; // written together meanwhile

  explicit lock_patience(milliseconds usual) : usual_(usual) {}

  void note_in_vain(steady_time now) { brief_until_ = now + impatience; }
  [[nodiscard]] milliseconds at(steady_time now) const { return is_brief(now) ? brief : usual_; }
  // `again`: of events that have waited for a lock before.
  [[nodiscard]] milliseconds in_pieces(steady_time now, bool again) const {
    return again || is_brief(now) ? brief_in_pieces : usual_;
  }

  // So many are written together: of more, one would wait in vain nearly every time.
  [[nodiscard]] std::size_t rows_at(steady_time now, std::size_t usual) const {
    return is_brief(now) ? std::min(usual, rows_max) : usual;
  }

 private:
  [[nodiscard]] bool is_brief(steady_time now) const { return now < brief_until_; }

  milliseconds usual_;
  steady_time brief_until_{};
};

} // namespace suivi::receiver
