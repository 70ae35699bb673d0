// ANSI colors of the terminal's own scheme, so that they can be read on light and dark.
#include "common/base/palette.hpp"

namespace suivi {

std::string palette::painted(std::string_view code, std::string_view text) const {
  if (!on_) return std::string(text);
  std::string out = "\x1b[";
  return out.append(code).append("m").append(text).append("\x1b[0m");
}

std::string palette::with_bad(std::string text, std::string_view word) const {
  if (!on_) return text;
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, from)) {
    out += text.substr(from, at - from) + bad(word);
    from = at + word.size();
  }
  return out + text.substr(from);
}

} // namespace suivi
