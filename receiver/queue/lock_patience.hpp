// How long a batch waits for rows that others hold. Orders that are locked are passed over without a wait;
// what is waited for is what the writing of one needs besides, a row that a trigger of the shop's writes,
// say. Whoever has just waited in vain finds out which of the batch it is in pieces, each of which would wait
// as long: so they wait shortly. Pure.
#pragma once

#include "common/base/time.hpp"

namespace suivi::receiver {

class lock_patience {
 public:
  static constexpr milliseconds brief{10};
  static constexpr milliseconds impatience{1'000};

  explicit lock_patience(milliseconds usual) : usual_(usual) {}

  void note_in_vain(steady_time now) { brief_until_ = now + impatience; }
  [[nodiscard]] milliseconds at(steady_time now) const { return now < brief_until_ ? brief : usual_; }

 private:
  milliseconds usual_;
  steady_time brief_until_{};
};

} // namespace suivi::receiver
