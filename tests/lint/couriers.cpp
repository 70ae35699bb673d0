// What differs between couriers stands in the courier's folder: the programs know none of them by name.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <array>
#include <regex>

namespace suivi::lint {
namespace {

constexpr std::string_view list_of_couriers = "common/shipment/courier.hpp";

// Beside the couriers' own folders: the lists of them, and the settings, whose names the contract fixes.
constexpr std::array<std::string_view, 3> allowed_at{"common/courier_list/", list_of_couriers,
                                                     "common/config/"};

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return made;
}

// The values of courier_kind.
std::vector<std::string> courier_names(const std::vector<source>& files) {
  static const std::regex list(R"(enum class courier_kind[^{]*\{([^}]*)\})"), value(R"((\w+)\s*=)");
  std::vector<std::string> names;
  for (const source& s : files) {
    std::smatch found;
    if (s.path != list_of_couriers || !std::regex_search(s.code, found, list)) continue;
    std::string values = found[1];
    for (std::sregex_iterator it(values.begin(), values.end(), value), end; it != end; ++it)
      names.push_back((*it)[1]);
  }
  return names;
}

bool may_name_couriers(const source& s, const std::vector<std::string>& names) {
  bool program =
      s.path.starts_with("common/") || s.path.starts_with("receiver/") || s.path.starts_with("reconciler/");
  auto is_own = [&](const std::string& name) { return s.path.starts_with("common/" + name + "/"); };
  auto is_there = [&](std::string_view at) { return s.path.starts_with(at); };
  return !is_cpp(s) || !program || std::ranges::any_of(names, is_own) ||
         std::ranges::any_of(allowed_at, is_there);
}

// `nord_west` is written `nordwest` and `Nord West` too.
std::regex any_of(const std::vector<std::string>& names) {
  std::string pattern;
  for (const std::string& name : names)
    for (char c : "|" + name) pattern += c == '_' ? std::string("[_ ]?") : std::string(1, c);
  return std::regex(pattern.substr(std::min<std::size_t>(1, pattern.size())));
}

} // namespace

violations check_couriers(const std::vector<source>& files, const std::string&) {
  // The shop's column, the environment's variables, and settings of that section, which hold for every
  // courier.
  static const std::regex fixed(R"(maystroOrderId|maystro_order_id|MAYSTRO_[A-Z_]+|maystro\.[a-z_]+)");
  std::vector<std::string> names = courier_names(files);
  if (names.empty()) return {{std::string(list_of_couriers), 1, "has no list of couriers to be read"}};
  std::regex name = any_of(names);
  violations found;
  for (const source& s : files) {
    if (may_name_couriers(s, names)) continue;
    std::string text = without_comments(s.text);
    std::string plain = lower(text);
    for (std::size_t from = 0, line = 1; from < text.size(); ++line) {
      std::size_t end = std::min(text.find('\n', from), text.size());
      std::string_view all = std::string_view(plain).substr(from, end - from);
      std::string written = text.substr(from, end - from);
      from = end + 1;
      // Searching for how they begin spares most of the slow matching.
      auto begins = [&](const std::string& one) {
        return all.find(one.substr(0, one.find('_'))) != all.npos;
      };
      if (std::ranges::none_of(names, begins)) continue;
      std::string rest = lower(std::regex_replace(written, fixed, ""));
      std::smatch match;
      if (std::regex_search(rest, match, name))
        found.push_back({s.path, line,
                         "names " + match.str() +
                             ": what differs between couriers stands in the courier's folder, or is asked of "
                             "its part"});
    }
  }
  return found;
}

} // namespace suivi::lint
