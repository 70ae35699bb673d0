// Text in a terminal's colors, or as it is. Pure.
#pragma once

#include <string>
#include <string_view>

namespace suivi {

class palette {
 public:
  explicit palette(bool on = false) : on_(on) {}

  [[nodiscard]] std::string good(std::string_view text) const { return painted("32", text); }
  [[nodiscard]] std::string doubtful(std::string_view text) const { return painted("33", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return painted("1;31", text); }
  [[nodiscard]] std::string title(std::string_view text) const { return painted("1", text); }
  [[nodiscard]] std::string faint(std::string_view text) const { return painted("2", text); }
  // The text with each `word` in it as bad() has it.
  [[nodiscard]] std::string with_bad(std::string text, std::string_view word) const;

 private:
  [[nodiscard]] std::string painted(std::string_view code, std::string_view text) const;

  bool on_;
};

} // namespace suivi
