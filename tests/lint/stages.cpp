// A stage of a test is read in one look: a test's body without its subcases, and each subcase, is short.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <string_view>

namespace suivi::lint {
namespace {

constexpr std::size_t stage_lines_max = 40;

std::vector<std::string_view> lines_of(std::string_view code) {
  std::vector<std::string_view> lines;
  while (!code.empty()) {
    std::size_t end = std::min(code.find('\n'), code.size());
    lines.push_back(code.substr(0, end));
    code.remove_prefix(std::min(end + 1, code.size()));
  }
  return lines;
}

// Where the block that begins at `first` ends: its closing brace stands as far in as its beginning, for the
// formatter puts it there.
std::size_t end_of_block(const std::vector<std::string_view>& lines, std::size_t first) {
  std::size_t indent = lines[first].find_first_not_of(' ');
  std::size_t at = first;
  while (at + 1 < lines.size() && !(lines[at].find_first_not_of(' ') == indent && lines[at][indent] == '}'))
    ++at;
  return at;
}

bool begins(std::string_view line, std::string_view word) {
  std::size_t indent = line.find_first_not_of(' ');
  return indent != std::string_view::npos && line.substr(indent).starts_with(word);
}

void note(violations& found, const source& s, std::size_t line, std::size_t length) {
  if (length > stage_lines_max)
    found.push_back({s.path, line + 1,
                     "a stage of " + std::to_string(length) + " lines, more than " +
                         std::to_string(stage_lines_max) +
                         ": what it does is a function or a test of its own"});
}

} // namespace

violations check_stages(const std::vector<source>& files, const std::string&) {
  violations found;
  for (const source& s : files) {
    if (!s.path.starts_with("tests/") || !s.path.ends_with("_test.cpp")) continue;
    std::vector<std::string_view> lines = lines_of(s.code);
    for (std::size_t first = 0; first < lines.size(); ++first) {
      if (!lines[first].starts_with("TEST_CASE")) continue;
      std::size_t last = end_of_block(lines, first), of_subcases = 0;
      for (std::size_t at = first; at < last; ++at) {
        if (!begins(lines[at], "SUBCASE")) continue;
        std::size_t end = lines[at].ends_with('}') ? at : end_of_block(lines, at);
        if (end > at) note(found, s, at, end - at - 1);
        of_subcases += end - at + 1;
        at = end;
      }
      std::size_t whole = last > first ? last - first - 1 : 0;
      note(found, s, first, whole - std::min(whole, of_subcases));
      first = last;
    }
  }
  return found;
}

} // namespace suivi::lint
