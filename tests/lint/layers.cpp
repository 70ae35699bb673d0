// Layering: the order of common/CMakeLists.txt, the links of each folder, and the wall between the two
// programs.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace suivi::lint {
namespace {

struct layers {
  std::vector<std::string> order;                     // base first
  std::map<std::string, std::set<std::string>> links; // by folder of common
};

layers read_layers(const std::vector<source>& files) {
  static const std::regex subdirectory(R"(add_subdirectory\((\w+)\))"), link(R"(suivi_(\w+))");
  layers found;
  auto matches = [](const std::string& text, const std::regex& pattern, auto&& each) {
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
      each((*it)[1].str());
  };
  for (const source& s : files) {
    if (s.path == "common/CMakeLists.txt")
      matches(s.text, subdirectory, [&](const std::string& name) { found.order.push_back(name); });
    else if (s.path.starts_with("common/") && s.path.ends_with("/CMakeLists.txt")) {
      std::string folder = s.path.substr(7, s.path.find('/', 7) - 7);
      matches(s.text, link, [&](const std::string& name) { found.links[folder].insert(name); });
    }
  }
  return found;
}

std::string folder_of(const std::string& path) {
  std::size_t first = path.find('/');
  if (first == std::string::npos) return {};
  std::string top = path.substr(0, first);
  if (top != "common") return top;
  std::size_t second = path.find('/', first + 1);
  return second == std::string::npos ? top : path.substr(first + 1, second - first - 1);
}

// Empty if the arrow is allowed.
std::string objection(const layers& l, const std::string& from, const std::string& to) {
  bool from_common = from.starts_with("common/"), to_common = to.starts_with("common/");
  std::string x = folder_of(from), y = folder_of(to);
  if (from_common && !to_common) return "common stands below the programs and the tests";
  if (!from_common) {
    bool program = x == "receiver" || x == "reconciler";
    if (program && (y == "receiver" || y == "reconciler") && x != y)
      return "receiver and reconciler meet only in the database";
    if (program && y == "tests") return "a program includes nothing of the tests";
    return {};
  }
  if (x == y) return {};
  auto place = [&](const std::string& folder) {
    return std::find(l.order.begin(), l.order.end(), folder) - l.order.begin();
  };
  if (place(y) >= place(x))
    return "common/" + y + " does not stand above common/" + x + " in common/CMakeLists.txt";
  auto links = l.links.find(x);
  if (links == l.links.end() || !links->second.contains(y))
    return "common/" + x + " does not link suivi_" + y;
  return {};
}

} // namespace

violations check_layers(const std::vector<source>& files, const std::string&) {
  static const std::regex include(R"re(#include "((?:common|receiver|reconciler|tests)/[^"]+)")re");
  layers l = read_layers(files);
  violations found;
  for (const source& s : files) {
    for (std::sregex_iterator it(s.code.begin(), s.code.end(), include), end; it != end; ++it) {
      std::string why = objection(l, s.path, (*it)[1].str());
      if (!why.empty())
        found.push_back({s.path, line_at(s.code, static_cast<std::size_t>(it->position())),
                         "includes " + (*it)[1].str() + ": " + why});
    }
  }
  return found;
}

} // namespace suivi::lint
