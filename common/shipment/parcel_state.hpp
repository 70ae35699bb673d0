// Where a parcel is, in its courier's words: a number (Maystro), or a text as the shop's tables hold it (the
// others).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace suivi {

class parcel_state {
 public:
  // Where the state is a text.
  static constexpr int no_number = -1;

  parcel_state(int number) : number_(number) {} // a number stands for itself
  explicit parcel_state(std::string text) : number_(no_number), text_(std::move(text)) {}

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] const std::string& text() const { return text_; } // empty for a number
  [[nodiscard]] bool is_number() const { return text_.empty(); }

  friend bool operator==(const parcel_state&, const parcel_state&) = default;

 private:
  int number_;
  std::string text_;
};

// Of a state that is a number, that number.
[[nodiscard]] inline std::optional<std::int64_t> number_of(const std::optional<parcel_state>& state) {
  return state && state->is_number() ? std::optional<std::int64_t>(state->number()) : std::nullopt;
}

} // namespace suivi
