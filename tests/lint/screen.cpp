// What the browser runs: scripts and sheets say what they are for, stay short, and nothing is ever read as
// markup or code.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace suivi::lint {
namespace {

constexpr std::ptrdiff_t lines_max = 400;
// Trusted Types would refuse most of them in the browser; here they are refused before.
constexpr std::array<std::string_view, 8> refused{"innerHTML",      "outerHTML",  "insertAdjacentHTML",
                                                  "document.write", "eval(",      "new Function(",
                                                  "DOMParser",      "javascript:"};

} // namespace

violations check_screen(const std::vector<source>& files, const std::string&) {
  violations found;
  for (const source& s : files) {
    bool script = s.path.ends_with(".js"), sheet = s.path.ends_with(".css");
    if (!s.path.starts_with("receiver/screen/") || (!script && !sheet)) continue;
    if (!s.text.starts_with(script ? "// " : "/* "))
      found.push_back({s.path, 1, "does not open by saying what it is for"});
    if (std::count(s.text.begin(), s.text.end(), '\n') > lines_max)
      found.push_back({s.path, 1, "has more than " + std::to_string(lines_max) + " lines"});
    for (std::string_view word : refused)
      if (std::size_t at = s.text.find(word); at != std::string::npos)
        found.push_back({s.path, line_at(s.text, at), "says " + std::string(word)});
  }
  return found;
}

} // namespace suivi::lint
