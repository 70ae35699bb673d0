// The list of rules, and the short ones among them.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <regex>
#include <set>

namespace suivi::lint {
namespace {

bool is_build_file(const source& s) {
  return s.path.ends_with(".cmake") || s.path.ends_with("CMakeLists.txt");
}

// Every match of `pattern` in the code of files outside `door`. A line without any of `hints` cannot match:
// searching for them first spares most of the slow matching.
void forbid(violations& found, const std::vector<source>& files,
            std::initializer_list<std::string_view> hints, const std::regex& pattern,
            const std::string& objection, std::initializer_list<std::string_view> door) {
  for (const source& s : files) {
    bool allowed =
        std::any_of(door.begin(), door.end(), [&](std::string_view d) { return s.path.starts_with(d); });
    if (allowed || !is_cpp(s)) continue;
    for (std::size_t from = 0, line = 1; from < s.code.size(); ++line) {
      std::size_t end = std::min(s.code.find('\n', from), s.code.size());
      std::string_view text = std::string_view(s.code).substr(from, end - from);
      auto holds = [&](std::string_view hint) { return text.find(hint) != std::string_view::npos; };
      if (std::any_of(hints.begin(), hints.end(), holds) &&
          std::regex_search(text.begin(), text.end(), pattern))
        found.push_back({s.path, line, objection});
      from = end + 1;
    }
  }
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// The first file of ours that the comment at the head names and that is not there; empty if there is none.
std::string missing_file_of(std::string_view text, const std::set<std::string_view>& names) {
  static const std::regex file(R"([\w/]+\.(hpp|cpp|sql)\b)");
  while (text.starts_with("//")) {
    std::string line(text.substr(0, text.find('\n')));
    for (std::sregex_iterator it(line.begin(), line.end(), file), end; it != end; ++it) {
      std::string found = it->str();
      if (!names.contains(last_part(found))) return found;
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

violations check_heads(const std::vector<source>& files, const std::string&) {
  constexpr std::ptrdiff_t words_min = 5;
  violations found;
  std::set<std::string_view> names;
  for (const source& s : files) names.insert(last_part(s.path));
  for (const source& s : files) {
    std::string_view comment = is_cpp(s)                  ? "// "
                               : s.path.ends_with(".sql") ? "-- "
                               : is_script(s)             ? "# "
                                                          : "";
    if (comment.empty()) continue;
    std::string_view head = s.text;
    if (is_script(s)) head.remove_prefix(std::min(head.find('\n') + 1, head.size()));
    std::string_view first = head.substr(0, head.find('\n'));
    bool words =
        first.find(' ', comment.size()) != std::string_view::npos; // the file's own name says nothing
    if (!first.starts_with(comment) || !words)
      found.push_back({s.path, 1, "does not open by saying what it is for"});
    else if (is_cpp(s) && std::count(first.begin(), first.end(), ' ') < words_min)
      found.push_back({s.path, 1, "opens with a riddle: say in a sentence what it does"});
    else if (std::string missing = missing_file_of(s.text, names); is_cpp(s) && !missing.empty())
      found.push_back({s.path, 1, "names " + missing + ", which is not there"});
  }
  return found;
}

// The shop's orders are written by the door alone. Doctor names statements that the owner may run.
void check_order_writes(violations& found, const std::vector<source>& files) {
  static const std::regex writes(R"((update|insert\s+into|delete\s+from)\s+"?orders\b)", std::regex::icase);
  for (const source& s : files) {
    bool program =
        s.path.starts_with("common/") || s.path.starts_with("receiver/") || s.path.starts_with("reconciler/");
    if (!program || s.path.starts_with("common/door/") || s.path.starts_with("reconciler/doctor/")) continue;
    for (std::size_t from = 0, line = 1; from < s.text.size(); ++line) {
      std::size_t end = std::min(s.text.find('\n', from), s.text.size());
      std::string_view text = std::string_view(s.text).substr(from, end - from);
      if (text.find("rders") != std::string_view::npos && std::regex_search(text.begin(), text.end(), writes))
        found.push_back({s.path, line, "orders are written by common/door"});
      from = end + 1;
    }
  }
}

// What every shop of the tests has is made in one place; orders of columns of their own are a test's matter.
void check_builders(violations& found, const std::vector<source>& files) {
  for (const source& s : files) {
    if (!s.path.starts_with("tests/") || !is_cpp(s) || s.path == "tests/support/builders.cpp" ||
        s.path.starts_with("tests/lint/"))
      continue;
    std::size_t at = s.text.find("insert into customers");
    if (at != std::string::npos)
      found.push_back({s.path, line_at(s.text, at), "tests/support/builders makes the customer of orders"});
  }
}

violations check_lengths(const std::vector<source>& files, const std::string&) {
  constexpr std::ptrdiff_t limit = 400;
  violations found;
  for (const source& s : files) {
    if (!is_cpp(s) && !is_script(s) && !is_build_file(s) && !s.path.ends_with(".sql")) continue;
    std::ptrdiff_t lines = std::count(s.text.begin(), s.text.end(), '\n');
    if (lines > limit)
      found.push_back(
          {s.path, 1, "has " + std::to_string(lines) + " lines, more than " + std::to_string(limit)});
  }
  return found;
}

violations check_doors(const std::vector<source>& files, const std::string&) {
  violations found;
  forbid(found, files, {"libpq", "PQ"}, std::regex(R"(#include [<"](libpq-fe|libpq/)|\bPQ[a-z]\w+\s*\()"),
         "libpq belongs to common/pg", {"common/pg/"});
  forbid(found, files, {"boost/beast"}, std::regex(R"(#include [<"]boost/beast)"),
         "Beast belongs to common/http", {"common/asio/", "common/http/", "common/compression/"});
  forbid(found, files, {"openssl/", "EVP_"},
         std::regex(R"(#include [<"]openssl/(evp|sha|hmac|rand)|\bEVP_\w+)"),
         "digests and random bytes belong to common/crypto",
         {"common/crypto/", "tests/support/certificates.cpp"});
  forbid(found, files, {"getenv", "environ"}, std::regex(R"(\b(secure_)?getenv\b|\benviron\b)"),
         "the environment is read by common/config, what the service manager puts there by common/runtime",
         {"common/config/", "common/runtime/service_notify.", "tests/support/"});
  forbid(found, files, {"system_clock", "gettimeofday", "clock_gettime"},
         std::regex(R"(\bsystem_clock\b|\bgettimeofday\b|\bclock_gettime\b)"),
         "the wall clock is read by common/base/time", {"common/base/time."});
  forbid(found, files, {"prometheus/"}, std::regex(R"(#include [<"]prometheus/)"),
         "prometheus-cpp belongs to common/metrics", {"common/metrics/"});
  forbid(found, files, {"toml++/"}, std::regex(R"(#include [<"]toml\+\+/)"),
         "toml++ belongs to common/config", {"common/config/"});
  forbid(found, files, {"json::parse"}, std::regex(R"(\bjson::parse\s*\()"),
         "what the receiver parses has limits: parse_json", {"common/", "reconciler/", "tests/", "deploy/"});
  check_order_writes(found, files);
  check_builders(found, files);
  return found;
}

violations check_loose_ends(const std::vector<source>& files, const std::string&) {
  violations found;
  forbid(found, files, {"detached", ".detach()"},
         std::regex(R"(\bdetached\b|\bthread\w*(\([^;\n]*\))?\.detach\(\))"),
         "work without an owner: spawn it in a task group", {});
  forbid(found, files, {".stop()"}, std::regex(R"(\b(ctx|context|io|ioc|io_context)_?\.stop\(\))"),
         "stopping the context drops work: let run() end", {});
  return found;
}

violations check_names(const std::vector<source>& files, const std::string&) {
  static const std::regex empty_word(
      R"((^|[/_])(utils?|helpers?|managers?|infos?|data|misc)\.(cpp|hpp|sql)$)");
  violations found;
  for (const source& s : files)
    if (std::regex_search(s.path, empty_word)) found.push_back({s.path, 1, "has a name that says nothing"});
  return found;
}

violations check_places(const std::vector<source>& files, const std::string& root) {
  // The lint's own sources and tests must name what they look for.
  static const std::regex home(R"((^|[^\w.])/(root|home/\w+)/[\w.])");
  violations found;
  for (const source& s : files) {
    if (s.path.starts_with("tests/lint/")) continue;
    std::size_t at = root.size() > 1 ? s.text.find(root + "/") : std::string::npos;
    std::smatch match;
    if (at == std::string::npos && std::regex_search(s.text, match, home))
      at = static_cast<std::size_t>(match.position());
    if (at != std::string::npos)
      found.push_back({s.path, line_at(s.text, at), "names a folder of one machine"});
  }
  return found;
}

} // namespace

const std::vector<rule>& all_rules() {
  static const std::vector<rule> rules{
      {"layers", check_layers},     {"co_await", check_co_await}, {"heads", check_heads},
      {"lengths", check_lengths},   {"doors", check_doors},       {"loose_ends", check_loose_ends},
      {"names", check_names},       {"places", check_places},     {"pairs", check_pairs},
      {"charters", check_charters}, {"words", check_words},       {"screen", check_screen},
      {"folders", check_folders},   {"stages", check_stages},     {"pure", check_pure},
      {"couriers", check_couriers},
  };
  return rules;
}

} // namespace suivi::lint
