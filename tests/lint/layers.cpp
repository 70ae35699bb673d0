// Layering: the order and the links of each tree's folders, and the wall between the two programs. Refuses
// every include that the CMakeLists.txt of common, receiver and reconciler do not allow, and links of pure
// rooms to others.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace suivi::lint {
namespace {

// A folder with a CMakeLists.txt is a room; rooms may stand in rooms.
struct layers {
  std::map<std::string, std::vector<std::string>> order; // by room ("common"): the rooms in it, bottom first
  std::map<std::string, std::string> rooms;              // by library ("suivi_pg"): "common/pg"
  std::map<std::string, std::set<std::string>> links;    // by room ("common/pg"): the libraries it names
  std::set<std::string> pure;                            // rooms whose charter says so
};

bool in_trees(const std::string& path) {
  return path.starts_with("common/") || path.starts_with("receiver/") || path.starts_with("reconciler/");
}

std::string top_of(const std::string& path) {
  return path.substr(0, path.find('/'));
}

std::string parent_of(const std::string& path) {
  std::size_t last = path.rfind('/');
  return last == std::string::npos ? std::string() : path.substr(0, last);
}

bool stands_in(const std::string& module, const std::string& outer) {
  return module.starts_with(outer + "/");
}

// common/pg/pool.hpp is of common/pg; receiver/app.hpp, a root file, is of receiver.
std::string room_of(const layers& l, const std::string& path) {
  std::string folder = parent_of(path);
  while (!l.order.contains(folder) && folder.find('/') != std::string::npos) folder = parent_of(folder);
  return folder;
}

layers read_layers(const std::vector<source>& files) {
  static const std::regex subdirectory(R"(add_subdirectory\((\w+)\))"), link(R"((suivi_\w+))"),
      library(R"(suivi_library\((\w+))");
  layers found;
  auto matches = [](const std::string& text, const std::regex& pattern, auto&& each) {
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
      each((*it)[1].str());
  };
  for (const source& s : files) {
    if (!in_trees(s.path) || !s.path.ends_with("/CMakeLists.txt")) continue;
    std::string module = parent_of(s.path);
    std::string_view charter = std::string_view(s.text).substr(0, s.text.find('\n'));
    if (charter.find("Pure") != std::string_view::npos) found.pure.insert(module);
    std::vector<std::string>& inner = found.order[module];
    matches(s.text, subdirectory, [&](const std::string& name) { inner.push_back(module + "/" + name); });
    matches(s.text, library, [&](const std::string& name) { found.rooms[name] = module; });
    matches(s.text, link, [&](const std::string& name) { found.links[module].insert(name); });
  }
  return found;
}

// `to` stands above `from` where their ways from the top part: in the list of the room that holds both.
bool stands_above(const layers& l, const std::string& from, const std::string& to) {
  std::string outer = parent_of(from);
  while (!outer.empty() && !stands_in(to, outer)) outer = parent_of(outer);
  auto order = l.order.find(outer);
  if (order == l.order.end()) return false;
  auto place = [&](const std::string& module) {
    return std::find_if(order->second.begin(), order->second.end(), [&](const std::string& inner) {
      return module == inner || stands_in(module, inner);
    });
  };
  auto lower = place(to);
  return lower != order->second.end() && lower < place(from);
}

bool links_to(const layers& l, const std::string& from, const std::string& to) {
  auto names = l.links.find(from);
  if (names == l.links.end()) return false;
  return std::any_of(names->second.begin(), names->second.end(), [&](const std::string& name) {
    auto module = l.rooms.find(name);
    return module != l.rooms.end() && module->second == to;
  });
}

// Empty if a file at `from` may include `to`.
std::string objection(const layers& l, const std::string& from, const std::string& to) {
  std::string tree = top_of(from), other = top_of(to);
  if (!in_trees(from)) return {};
  if (other == "tests") return "nothing of the tests is included outside them";
  if (tree == "common" && other != "common") return "common stands below the programs";
  if (tree != other && other != "common") return "receiver and reconciler meet only in the database";
  std::string x = room_of(l, from), y = room_of(l, to);
  bool of_program_root = x == tree && tree != "common";
  if (x == y || of_program_root) return {};
  // Of a room and one that stands in it either may use the other, not both.
  bool inner = stands_in(y, x) || (stands_in(x, y) && !links_to(l, y, x));
  if (tree == other && !inner && !stands_above(l, x, y))
    return y + " does not stand above " + x + " in " + tree + "/CMakeLists.txt";
  if (!links_to(l, x, y)) return x + " does not link " + y;
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

violations check_pure(const std::vector<source>& files, const std::string&) {
  // Declarations of Asio's addresses, and hashes: neither does any I/O.
  static const std::set<std::string> as_good{"common/asio", "common/crypto"};
  layers l = read_layers(files);
  violations found;
  for (const std::string& module : l.pure)
    for (const std::string& name : l.links[module]) {
      auto linked = l.rooms.find(name);
      if (linked == l.rooms.end() || linked->second == module) continue;
      if (!l.pure.contains(linked->second) && !as_good.contains(linked->second))
        found.push_back({module + "/CMakeLists.txt", 1,
                         "says it is pure and links " + linked->second + ", which is not"});
    }
  return found;
}

} // namespace suivi::lint
