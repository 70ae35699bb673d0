// What each file and each folder owes its reader: a header of its own name, a charter, few enough files.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace suivi::lint {
namespace {

constexpr std::array<std::string_view, 3> trees{"common/", "receiver/", "reconciler/"};

// Sources that hold the one compiled copy of a library of headers: nothing includes them by name.
constexpr std::array<std::string_view, 3> library_copies{"common/asio/asio.cpp", "common/asio/beast.cpp",
                                                         "common/http/wire/asio_ssl.cpp"};

bool listed(std::string_view path) {
  return std::find(library_copies.begin(), library_copies.end(), path) != library_copies.end();
}

bool in_trees(std::string_view path) {
  return std::any_of(trees.begin(), trees.end(), [&](std::string_view t) { return path.starts_with(t); });
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string_view first_include(std::string_view code) {
  constexpr std::string_view directive = "#include";
  std::size_t at = code.find(directive);
  if (at == std::string_view::npos) return {};
  std::string_view line = code.substr(at, code.find('\n', at) - at);
  std::size_t open = line.find_first_of("\"<"), close = line.find_last_of("\">");
  return open == std::string_view::npos || close <= open ? "" : line.substr(open + 1, close - open - 1);
}

} // namespace

violations check_pairs(const std::vector<source>& files, const std::string&) {
  std::set<std::string_view> paths;
  for (const source& s : files) paths.insert(s.path);
  violations found;
  for (const source& s : files) {
    if (!in_trees(s.path) || !s.path.ends_with(".cpp") || name_of(s.path) == "main.cpp") continue;
    if (listed(s.path)) continue;
    std::string header = s.path.substr(0, s.path.size() - 4) + ".hpp";
    if (!paths.contains(header))
      found.push_back({s.path, 1, "has no header of its own name"});
    else if (first_include(s.code) != header)
      found.push_back({s.path, 1, "does not include its own header first"});
  }
  return found;
}

violations check_charters(const std::vector<source>& files, const std::string&) {
  violations found;
  for (const source& s : files) {
    if (!in_trees(s.path) || name_of(s.path) != "CMakeLists.txt") continue;
    std::string_view first = std::string_view(s.text).substr(0, s.text.find('\n'));
    if (!first.starts_with("# ") || std::count(first.begin(), first.end(), ' ') < 4)
      found.push_back({s.path, 1, "does not open with a comment that says what the folder is for"});
  }
  return found;
}

violations check_folders(const std::vector<source>& files, const std::string&) {
  // Most have fewer than twenty. A test is a subject by itself, which no other file includes: they are not
  // counted.
  constexpr std::size_t files_max = 28;
  constexpr std::array<std::string_view, 4> endings{".cpp", ".hpp", ".js", ".css"};
  std::map<std::string, std::size_t> count;
  for (const source& s : files)
    if ((in_trees(s.path) || s.path.starts_with("tests/")) && !s.path.ends_with("_test.cpp") &&
        std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return s.path.ends_with(e); }))
      ++count[s.path.substr(0, s.path.rfind('/'))];
  violations found;
  for (const auto& [folder, held] : count)
    if (held > files_max)
      found.push_back({folder, 1,
                       "holds " + std::to_string(held) + " source files, more than " +
                           std::to_string(files_max) + ": part of them is a room of its own"});
  return found;
}

} // namespace suivi::lint
