// The papers are true: every command in them can be typed, every file they name is there, and the page of
// settings is the table of settings.
#include "common/config/setting_table.hpp"
#include "common/config/settings.hpp"
#include "receiver/command_line.hpp"
#include "reconciler/commands/command_line.hpp"
#include "tests/papers/commands.hpp"
#include "tests/papers/settings_page.hpp"

#include <algorithm>
#include <cstdio>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <unistd.h>

using namespace suivi;
using namespace suivi::test;
namespace fs = std::filesystem;

namespace {

const fs::path root = SUIVI_ROOT;

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE(stream.good());
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Relative to the root: the papers of all rooms.
std::vector<std::string> all_papers() {
  std::vector<std::string> found{"README.md", ".github/CONTRIBUTING.md"};
  for (const char* module : {"common", "receiver", "reconciler", "deploy", "tests", "screen"}) {
    if (!fs::exists(root / module)) continue;
    for (auto each = fs::recursive_directory_iterator(root / module);
         each != fs::recursive_directory_iterator(); ++each) {
      if (each->path().filename() == "node_modules") each.disable_recursion_pending();
      if (each->path().extension() == ".md") found.push_back(fs::relative(each->path(), root).string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char part[4096];
  while (std::size_t got = std::fread(part, 1, sizeof part, pipe)) output.append(part, got);
  ::pclose(pipe);
  return output;
}

std::vector<const char*> arguments_of(const std::vector<std::string>& words) {
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word == "N" ? "1" : word.c_str());
  return arguments;
}

// Whether the program's own parser takes it.
template <class Read>
std::string fault_of_line(const std::vector<std::string>& words, Read read) {
  auto arguments = arguments_of(words);
  auto answer = read(static_cast<int>(arguments.size()), arguments.data());
  const int* status = std::get_if<int>(&answer);
  return status == nullptr || *status == 0 ? "" : "the program does not take these arguments";
}

bool ends_like_a_program(const std::string& word, std::string_view name) {
  return word == name || (word.starts_with("build/") && word.ends_with("/bin/" + std::string(name)));
}

std::string fault_of_presets(const std::vector<std::string>& words) {
  std::string presets = read_file(root / "CMakePresets.json");
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string name;
    if (words[i - 1] == "--preset") name = words[i];
    if (words[i - 1] == "--test-dir" && words[i].starts_with("build/")) name = words[i].substr(6);
    if (!name.empty() && presets.find("\"" + name + "\"") == std::string::npos)
      return "there is no preset " + name;
  }
  return "";
}

// A script's flags stand in its own text, or in the program of its name that it starts.
std::string fault_of_script(const std::vector<std::string>& words) {
  fs::path script = (root / words.front()).lexically_normal();
  if (!fs::is_regular_file(script)) return "there is no such file";
  if ((fs::status(script).permissions() & fs::perms::owner_exec) == fs::perms::none)
    return "it cannot be executed";
  std::string known = read_file(script);
  for (const fs::path& folder : {root / "tests" / script.filename(), script.parent_path() / "parts"}) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& each : fs::directory_iterator(folder))
      if (each.is_regular_file()) known += read_file(each.path());
  }
  for (const std::string& word : words)
    if (word.starts_with("--") && known.find(word.substr(0, word.find('='))) == std::string::npos &&
        known.find("\"" + word.substr(2) + "\"") == std::string::npos)
      return "the script knows no " + word;
  return "";
}

std::string fault_of_simulator(const std::vector<std::string>& words) {
  bool with_command = words.size() > 1 && !words[1].starts_with('-');
  if (!with_command) return "";
  std::string help = output_of(std::string(SUIVI_BIN "/suivi-maystro-sim ") + words[1] + " --help 2>&1");
  if (help.find(words[1]) == std::string::npos) return "there is no such command";
  for (const std::string& word : words)
    if (word.starts_with("--") && help.find(word) == std::string::npos) return "the program knows no " + word;
  return "";
}

// What belongs to the system. Of what it is asked to do, that is held which is this project's: addresses,
// units, files.
const std::set<std::string> of_the_system{"apt-get",   "clang-tidy-19", "cpack",      "createdb", "curl",
                                          "git",       "journalctl",    "kill",       "ln",       "npm",
                                          "openssl",   "pg_dump",       "pg_restore", "psql",     "sqlite3",
                                          "systemctl", "systemd-creds", "tail",       "ss",       "jq"};

std::string fault_of_word(const std::string& program, const std::string& word) {
  if (program == "curl" && word.starts_with("http://")) {
    std::string path = word.substr(std::min(word.size(), word.find('/', 7)));
    bool there = path == "/metrics" || path == "/readyz" || path == "/healthz";
    return there ? "" : "no program answers at " + path;
  }
  bool is_unit = (program == "systemctl" || program == "journalctl") && word.starts_with("suivi-");
  if (is_unit && !fs::exists(root / "deploy/systemd" / (fs::path(word).stem().string() + ".service")))
    return "there is no unit " + word;
  if (program == "psql" && word.ends_with(".sql")) {
    bool installed = word.starts_with("/usr/share/doc/suivi/examples/");
    fs::path file = installed ? fs::path("deploy") / fs::path(word).filename() : fs::path(word);
    if (!fs::exists(root / file)) return "there is no file " + word;
  }
  return "";
}

std::string fault_of_system(const std::vector<std::string>& words) {
  if (of_the_system.count(words.front()) == 0)
    return "neither a program of this project nor one that the papers may name";
  for (const std::string& word : words) {
    std::string fault = fault_of_word(words.front(), word);
    if (!fault.empty()) return fault;
  }
  return "";
}

std::string fault_of(std::vector<std::string> words) {
  if (!words.empty() && words.front() == "/usr/bin/time") words.erase(words.begin(), words.begin() + 2);
  if (words.empty()) return "";
  const std::string& name = words.front();
  if (ends_like_a_program(name, "suivi-receiver"))
    return fault_of_line(words,
                         [](int n, const char* const* v) { return receiver::read_command_line(n, v); });
  if (ends_like_a_program(name, "suivi-reconciler"))
    return fault_of_line(words,
                         [](int n, const char* const* v) { return reconciler::read_command_line(n, v); });
  if (ends_like_a_program(name, "suivi-maystro-sim")) return fault_of_simulator(words);
  if (name == "cmake" || name == "ctest") return fault_of_presets(words);
  if (name.starts_with("build/")) {
    std::string program = fs::path(name).filename().string();
    fs::path rules = fs::path(SUIVI_BUILD) / "build.ninja"; // it may not have been built yet
    bool there = fs::exists(rules) &&
                 read_file(rules).find("EXECUTABLE target " + program + "\n") != std::string::npos;
    return there ? "" : "no such program is built";
  }
  if (name.find('/') != std::string::npos) return fault_of_script(words);
  return fault_of_system(words);
}

// The parts of a program are named without their endings too: receiver/services/receiver_metrics.
bool is_there(const std::string& path) {
  for (const char* ending : {"", ".cpp", ".hpp"})
    if (fs::exists(root / (path + ending))) return true;
  return false;
}

// Every TEST_CASE as ctest names it: system:…, unit/config:…, lint/rules:….
std::set<std::string> names_of_tests(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& each : fs::recursive_directory_iterator(folder)) {
    if (!each.path().string().ends_with("_test.cpp")) continue;
    std::string module = fs::relative(each.path().parent_path(), folder).string();
    if (module == "lint") module = "lint/rules";
    std::string text = read_file(each.path());
    constexpr std::string_view mark = "TEST_CASE(";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
      std::string name;
      at += mark.size();
      while (at < text.size() && text[at] != ')') { // the parts of one literal
        if (text[at] != '"') {
          ++at;
          continue;
        }
        for (++at; at < text.size() && text[at] != '"'; ++at) {
          if (text[at] == '\\') ++at;
          name += text[at];
        }
        ++at;
      }
      names.insert(module + ":" + name);
    }
  }
  return names;
}

} // namespace

TEST_CASE("every command in the papers is one that its program or script takes") {
  std::size_t checked = 0;
  for (const std::string& paper : all_papers())
    for (const quoted& command : commands_of(read_file(root / paper))) {
      std::string fault = fault_of(words_of(command.text));
      ++checked;
      INFO(paper << ":" << command.line << ": " << command.text);
      CHECK(fault == "");
    }
  CHECK(checked > 50);
}

TEST_CASE("every file that the papers name is there") {
  for (const std::string& paper : all_papers())
    for (const quoted& path : paths_of(read_file(root / paper))) {
      INFO(paper << ":" << path.line);
      CHECK_MESSAGE(is_there(path.text), path.text);
    }
}

TEST_CASE("a file that a program's own paper names by its room is in that room") {
  std::size_t checked = 0;
  for (const char* tree : {"common", "receiver", "reconciler"})
    for (const quoted& code : code_of(read_file(root / tree / "README.md"))) {
      std::size_t divided = code.text.find('/');
      bool is_path = code.text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_/.") == std::string::npos;
      if (!is_path || divided == 0 || divided == std::string::npos) continue;
      if (!fs::is_directory(root / tree / code.text.substr(0, divided))) continue;
      bool found = false;
      for (const char* ending : {"", ".cpp", ".hpp"})
        found = found || fs::exists(root / tree / (code.text + ending));
      ++checked;
      CHECK_MESSAGE(found, std::string(tree) << "/README.md:" << code.line << ": " << code.text);
    }
  CHECK(checked > 10);
}

TEST_CASE("common/ARCHITECTURE.md names every room, and the pure ones are those whose charter says so") {
  std::string page = read_file(root / "common/ARCHITECTURE.md");
  std::set<std::string> named;
  for (const quoted& code : code_of(page)) {
    std::istringstream words(code.text);
    for (std::string word; words >> word;) named.insert(word);
  }
  for (const char* tree : {"common", "receiver", "reconciler"}) {
    std::set<std::string> pure;
    for (const auto& each : fs::recursive_directory_iterator(root / tree)) {
      fs::path module = each.path().parent_path();
      if (each.path().filename() != "CMakeLists.txt" || module == root / tree) continue;
      std::string text = read_file(each.path());
      std::string inner = fs::relative(module, root / tree).string();
      std::string whole = fs::relative(module, root).string();
      bool is_named = named.count(inner) + named.count(module.filename().string()) + named.count(whole) > 0;
      CHECK_MESSAGE(is_named, whole);
      if (text.substr(0, text.find('\n')).find("Pure") != std::string::npos) pure.insert(inner);
    }
    std::string line = "- `" + std::string(tree) + "`: `";
    for (const std::string& each : pure) line += each + (each == *pure.rbegin() ? "`\n" : " ");
    CHECK_MESSAGE(page.find(line) != std::string::npos, line);
  }
}

TEST_CASE("README.md has at most 100 lines") {
  std::string page = read_file(root / "README.md");
  CHECK(std::count(page.begin(), page.end(), '\n') <= 100);
}

TEST_CASE("deploy/SETTINGS.md is the table of settings") {
  CHECK(read_file(root / "deploy/SETTINGS.md") == settings_page());
}

TEST_CASE("every setting and variable that the papers name is in the table of settings") {
  std::set<std::string> known, sections;
  for (const config::key& k : config::all_keys()) {
    known.insert({k.path(), k.file_path(), k.variable(), k.variable() + "_FILE", std::string(k.alias),
                  std::string(k.alias) + "_FILE"});
    sections.insert(std::string(k.section));
  }
  std::size_t checked = 0;
  for (const std::string& paper : all_papers()) {
    if (paper.starts_with("tests/")) continue; // of tests' own programs
    for (const quoted& code : code_of(read_file(root / paper))) {
      std::string name = code.text.substr(0, code.text.find_first_of(" =,"));
      std::size_t dot = name.find('.');
      bool is_setting = dot != std::string::npos && sections.count(name.substr(0, dot)) > 0 &&
                        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", dot + 1) == std::string::npos &&
                        !name.ends_with(".cpp") && !name.ends_with(".hpp");
      bool is_variable = name.starts_with("SUIVI_") && name.find_first_of("…<*") == std::string::npos;
      if (!(is_setting || is_variable) || name == "SUIVI_" || name == "SUIVI_CONFIG") continue;
      ++checked;
      INFO(paper << ":" << code.line);
      CHECK_MESSAGE(known.count(name) == 1, name);
    }
  }
  CHECK(checked > 60);
}

TEST_CASE("every settings file that the papers show is one that the programs take") {
  std::size_t checked = 0;
  for (const std::string& paper : all_papers())
    for (const quoted& block : blocks_of(read_file(root / paper), "toml")) {
      fs::path file = fs::temp_directory_path() / ("suivi-papers-" + std::to_string(::getpid()) + ".toml");
      std::ofstream(file) << block.text;
      for (config::program who : {config::program::receiver, config::program::reconciler}) {
        auto read = config::load(who, file.string(), {}, false, config::purpose::check);
        std::string fault = read.has_error() ? read.error().front() : "";
        ++checked;
        INFO(paper << ":" << block.line);
        CHECK(fault == "");
      }
      fs::remove(file);
    }
  CHECK(checked > 0);
}

TEST_CASE("every metric that the papers name is one of a program's") {
  std::string sources;
  for (const char* module : {"common", "receiver", "reconciler"})
    for (const auto& each : fs::recursive_directory_iterator(root / module))
      if (each.path().extension() == ".cpp") sources += read_file(each.path());
  std::size_t checked = 0;
  std::string page = read_file(root / "deploy/OPERATIONS.md");
  for (std::size_t at = page.find("`suivi_"); at != std::string::npos; at = page.find("`suivi_", at + 1)) {
    std::string name = page.substr(at + 1, page.find_first_of("`{", at + 1) - at - 1);
    ++checked;
    CHECK_MESSAGE(sources.find("\"" + name + "\"") != std::string::npos, name);
  }
  CHECK(checked > 20);
}

TEST_CASE("every test that deploy/SECURITY.md names is there, and each of its threats names one") {
  std::set<std::string> known = names_of_tests(root / "tests");
  std::size_t checked = 0;
  std::string page = read_file(root / "deploy/SECURITY.md");
  for (const quoted& code : code_of(page))
    for (const char* kind : {"system:", "browser:", "unit/", "postgres/", "lint/"})
      if (code.text.starts_with(kind) && code.text.find(' ') != std::string::npos) {
        ++checked;
        INFO("deploy/SECURITY.md:" << code.line);
        CHECK_MESSAGE(known.count(code.text) == 1, code.text);
      }
  CHECK(checked > 40);
  bool of_threats = false;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) of_threats = false;
    if (of_threats && !line.starts_with("| ---")) CHECK_MESSAGE(line.find(":") != std::string::npos, line);
    if (line.starts_with("| threat |")) of_threats = true;
  }
}

TEST_CASE("commands are found in blocks and in sentences, and read as a shell reads them") {
  auto found = commands_of(
      "Say `suivi-receiver --version`, or `x`.\n\n```\n# no command\ndeploy/up --exit  # why\na \\\n"
      "  b\n```\n```toml\nlisten = 1\n```\n\n    tests/run -R x\n");
  REQUIRE(found.size() == 4);
  CHECK(found[0].text == "suivi-receiver --version");
  CHECK(found[0].line == 1);
  CHECK(words_of(found[1].text) == std::vector<std::string>{"deploy/up", "--exit"});
  CHECK(words_of(found[2].text) == std::vector<std::string>{"a", "b"});
  CHECK(found[3].text == "tests/run -R x");
  CHECK(words_of("A=1 B='2 3' x 'y z' | w") == std::vector<std::string>{"x", "y z"});
}

TEST_CASE("a command that is not there is a fault") {
  CHECK(fault_of({"suivi-receiver", "no-such-command"}) != "");
  CHECK(fault_of({"suivi-reconciler", "sweep", "--no-such-flag"}) != "");
  CHECK(fault_of({"suivi-maystro-sim", "serve", "--no-such-flag"}) != "");
  CHECK(fault_of({"deploy/no-such-script"}) != "");
  CHECK(fault_of({"deploy/up", "--no-such-flag"}) != "");
  CHECK(fault_of({"cmake", "--preset", "no-such-preset"}) != "");
  CHECK(fault_of({"no-such-program"}) != "");
  CHECK(fault_of({"curl", "http://127.0.0.1:8080/no-such-address"}) != "");
  CHECK(fault_of({"systemctl", "start", "suivi-no-such-unit"}) != "");
  CHECK(fault_of({"psql", "-f", "deploy/no-such-file.sql"}) != "");
  CHECK_FALSE(is_there("deploy/no-such-file.md"));
}
