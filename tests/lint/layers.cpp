// Layering: the order and the links of each tree's folders, and the wall between the two programs. Refuses
// every include that the CMakeLists.txt of common, receiver and reconciler do not allow.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace suivi::lint {
namespace {

struct layers {
  std::map<std::string, std::vector<std::string>> order; // by parent ("common"): its folders, bottom first
  std::map<std::string, std::set<std::string>> links;    // by folder ("common/pg"): the folders it links
};

// suivi_receiver_web is receiver/web; suivi_pg is common/pg.
std::string folder_of_library(const std::string& name) {
  for (std::string program : {"receiver", "reconciler"})
    if (name.starts_with(program + "_")) return program + "/" + name.substr(program.size() + 1);
  return "common/" + name;
}

bool in_trees(const std::string& path) {
  return path.starts_with("common/") || path.starts_with("receiver/") || path.starts_with("reconciler/");
}

std::string top_of(const std::string& path) {
  return path.substr(0, path.find('/'));
}

// common/pg/pool.hpp is of common/pg; receiver/app.hpp, a root file, is of receiver.
std::string folder_of(const std::string& path) {
  std::size_t first = path.find('/');
  std::size_t second = first == std::string::npos ? first : path.find('/', first + 1);
  return path.substr(0, second == std::string::npos ? first : second);
}

layers read_layers(const std::vector<source>& files) {
  static const std::regex subdirectory(R"(add_subdirectory\((\w+)\))"), link(R"(suivi_(\w+))");
  layers found;
  auto matches = [](const std::string& text, const std::regex& pattern, auto&& each) {
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
      each((*it)[1].str());
  };
  for (const source& s : files) {
    if (!in_trees(s.path) || !s.path.ends_with("/CMakeLists.txt")) continue;
    std::string folder = folder_of(s.path);
    if (folder == top_of(s.path))
      matches(s.text, subdirectory, [&](const std::string& name) { found.order[folder].push_back(name); });
    else
      matches(s.text, link,
              [&](const std::string& name) { found.links[folder].insert(folder_of_library(name)); });
  }
  return found;
}

bool stands_above(const layers& l, const std::string& from, const std::string& to) {
  auto order = l.order.find(top_of(from));
  if (order == l.order.end()) return false;
  auto place = [&](const std::string& folder) {
    return std::find(order->second.begin(), order->second.end(), folder.substr(folder.find('/') + 1));
  };
  auto lower = place(to);
  return lower != order->second.end() && lower < place(from);
}

// Empty if a file at `from` may include `to`.
std::string objection(const layers& l, const std::string& from, const std::string& to) {
  std::string tree = top_of(from), other = top_of(to);
  if (!in_trees(from)) return {};
  if (other == "tests") return "nothing of the tests is included outside them";
  if (tree == "common" && other != "common") return "common stands below the programs";
  if (tree != other && other != "common") return "receiver and reconciler meet only in the database";
  std::string x = folder_of(from), y = folder_of(to);
  bool of_program_root = x == tree && tree != "common";
  if (x == y || of_program_root) return {};
  if (tree == other && !stands_above(l, x, y))
    return y + " does not stand above " + x + " in " + tree + "/CMakeLists.txt";
  auto links = l.links.find(x);
  if (links == l.links.end() || !links->second.contains(y)) return x + " does not link " + y;
  return {};
}

} // namespace

violations check_layers(const std::vector<source>& files, const std::string&) {
  static const std::regex include(R"re(#include "((?:common|receiver|reconciler|tests)/[^"]+)")re");
  layers l = read_layers(files);
  violations found;
  for (const source& s : files) {
    if (!in_trees(s.path)) continue;
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
