// Colors for people at a terminal, and none for anybody else.
#pragma once

#include <string>
#include <string_view>

namespace suivi::program {

// Whether what is written to this file descriptor is read by a person who wants colors: a terminal, not a
// dumb one, and without NO_COLOR (https://no-color.org) in the environment.
[[nodiscard]] bool wants_color(int descriptor);

// Words in colors, or as they are. Pure.
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

} // namespace suivi::program
