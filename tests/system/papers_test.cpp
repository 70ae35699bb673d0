// What the papers tell an operator to type is run, word for word, on a shop that is in order.
#include "tests/papers/commands.hpp"
#include "tests/programs/reconciler_process.hpp"
#include "tests/support/folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace suivi::test;
namespace fs = std::filesystem;

namespace {

const fs::path papers_root = SUIVI_ROOT;

std::vector<fs::path> papers() {
  std::vector<fs::path> found{papers_root / "README.md", papers_root / ".github/CONTRIBUTING.md",
                              papers_root / "receiver/README.md", papers_root / "reconciler/README.md"};
  for (const auto& each : fs::directory_iterator(papers_root / "deploy"))
    if (each.path().extension() == ".md") found.push_back(each.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string read_paper(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Each command of the two programs once: its words, without the folder that the program lies in.
std::set<std::vector<std::string>> documented_commands() {
  std::set<std::vector<std::string>> all;
  for (const fs::path& paper : papers())
    for (const quoted& command : commands_of(read_paper(paper))) {
      std::vector<std::string> words = words_of(command.text);
      if (words.empty()) continue;
      words.front() = fs::path(words.front()).filename().string();
      bool ours = words.front() == "suivi-receiver" || words.front() == "suivi-reconciler";
      if (ours && words.back().find('|') == std::string::npos) all.insert(std::move(words));
    }
  return all;
}

bool serves(const std::vector<std::string>& words) {
  return words.size() == 1 || words.back() == "run" || words.back() == "serve";
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

// What stands for the reader's own in the papers.
std::vector<std::string> filled_in(const std::vector<std::string>& words, const fs::path& events) {
  std::vector<std::string> arguments;
  for (std::size_t i = 1; i < words.size(); ++i)
    arguments.push_back(words[i] == "ID"              ? "example-a"
                        : words[i] == "events.ndjson" ? events.string()
                                                      : words[i]);
  return arguments;
}

// Doctor fails where it has found something, and no event of this shop has the papers' numbers.
bool is_as_documented(const std::vector<std::string>& words, int status) {
  if (words.size() > 1 && words[1] == "doctor") return status == 0 || status == 1;
  return status == (joined(words).find("--event") != std::string::npos ? 2 : 0);
}

void run_server(const std::string& name, const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment) {
  program server(name, arguments, environment);
  CHECK(server.number_from_log("port") > 0);
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
}

} // namespace

TEST_CASE(
    "every command of the two programs in the papers is taken and ends well on a shop that is in order") {
  reconciler_process s("example-a:example-key-1:A", 6);
  s.environment["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:0";
  s.environment["SUIVI_RECEIVER_PUBLIC_URL"] = "https://hooks.example";
  s.environment["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  folder own;
  s.environment["SUIVI_RECEIVER_SPOOL"] = own.path() + "/spool";
  program receiver("suivi-receiver", {}, s.environment);
  CHECK(receiver.number_from_log("port") > 0);
  fs::path events = fs::path(own.path()) / "events.ndjson";
  std::ofstream(events) << R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":31}})" << '\n';
  s.sweep(0);
  std::set<std::vector<std::string>> commands = documented_commands();
  CHECK(commands.size() > 30);
  for (const std::vector<std::string>& words : commands) {
    CAPTURE(joined(words));
    std::vector<std::string> arguments = filled_in(words, events);
    if (serves(words)) {
      run_server(words.front(), arguments, s.environment);
      continue;
    }
    finished done = run_program(words.front(), arguments, s.environment);
    CAPTURE(done.output);
    CAPTURE(done.log);
    CAPTURE(done.status);
    CHECK(is_as_documented(words, done.status));
  }
}
