// Whether look-ups by reference are worth asking. A courier may ignore their filter and answer with its
// newest orders: always, or only where it knows no such reference. So the first such answer is followed by a
// look-up of a reference that the courier's own list has, and what that is answered with decides. Pure.
#pragma once

#include "common/shipment/shipment_page.hpp"

#include <optional>
#include <span>
#include <string>

namespace suivi::reconciler {

class filter_trust {
 public:
  // A page of the list.
  void listed(std::span<const shipment> rows);

  // A look-up was answered with other orders. The reference to ask for as a test; nullopt: there is none, or
  // it has been asked for.
  std::optional<std::string> unfiltered();
  // What it was answered with; nullptr: nothing.
  void tested(const std::string& reference, const shipment_page* answer);

  [[nodiscard]] bool testing() const { return state_ == state::testing; }
  [[nodiscard]] bool ignored() const { return state_ == state::ignored; } // more look-ups are of no use
  [[nodiscard]] bool was_unfiltered() const { return state_ != state::unknown; }

 private:
  enum class state { unknown, testing, works, ignored };

  state state_ = state::unknown;
  std::optional<std::string> known_;
};

} // namespace suivi::reconciler
