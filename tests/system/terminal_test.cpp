// What is shown where standard error is a terminal: how far long work has come; and standard output stays
// clean of it.
#include "tests/programs/operations_client.hpp"
#include "tests/programs/reconciler_process.hpp"

#include <algorithm>
#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace suivi::test;

namespace {

// Standard error is a terminal, standard output a file; returns what either showed and the exit status.
// With `output_too` standard output is the terminal as well.
finished on_a_terminal(const std::string& name, std::vector<std::string> arguments,
                       const std::map<std::string, std::string>& environment, bool output_too = false) {
  std::string printed = "/tmp/suivi-terminal-" + std::to_string(getpid());
  std::vector<std::string> variables = wishes();
  for (const auto& [key, value] : environment) variables.push_back(key + "=" + value);
  arguments.insert(arguments.begin(), SUIVI_BIN "/" + name);
  auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  };
  std::vector<char*> argv = pointers(arguments), envp = pointers(variables);
  int terminal = -1;
  pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  REQUIRE(child >= 0);
  if (child == 0) {
    if (!output_too) dup2(open(printed.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600), STDOUT_FILENO);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  finished done{-1, "", ""};
  char piece[4096];
  for (ssize_t n = 0; (n = read(terminal, piece, sizeof piece)) > 0;)
    done.log.append(piece, static_cast<std::size_t>(n));
  int raw = 0;
  waitpid(child, &raw, 0);
  done.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128;
  close(terminal);
  if (FILE* file = fopen(printed.c_str(), "r")) {
    for (std::size_t n = 0; (n = fread(piece, 1, sizeof piece, file)) > 0;) done.output.append(piece, n);
    fclose(file);
  }
  unlink(printed.c_str());
  return done;
}

// Several different lines of the bar, each over the last one.
void check_bar(const std::string& screen) {
  CHECK(screen.find("[#") != std::string::npos);
  CHECK(screen.find(" % ") != std::string::npos);
  CHECK(std::count(screen.begin(), screen.end(), '\r') >= 4);
}

} // namespace

TEST_CASE("a sweep and a comparison show their progress on a terminal and one document on standard output") {
  reconciler_process s("example-a:example-key-1:A", 150);
  s.set(R"({"latency_ms":150})"); // thirty pages
  for (const char* command : {"sweep", "verify"}) {
    CAPTURE(command);
    auto done = on_a_terminal("suivi-reconciler", {command, "--json"}, s.environment);
    CAPTURE(done.log);
    CHECK(done.status == 0);
    check_bar(done.log);
    CHECK(done.output.find('\r') == std::string::npos);
    CHECK(json::parse(done.output).is_object());
  }
  auto quiet = run_program("suivi-reconciler", {"sweep", "--json"}, s.environment);
  CHECK(quiet.log.find("[#") == std::string::npos);
}

TEST_CASE("a replay of events, by time or by id, shows its progress on a terminal and nowhere else") {
  operations_client s;
  std::string last;
  for (int n = 1; n <= 30; ++n) last = s.push("R" + std::to_string(n), 31);
  s.await(last, "applied");
  wait_until("all applied", [&] { return s.db.number("select count(*) from suivi.waiting_event") == 0; });
  std::vector<std::string> by_id;
  for (int n = 1; n <= 30; ++n)
    by_id.insert(by_id.end(),
                 {"--event", s.db.value("select id from suivi.inbox order by id limit 1 offset " +
                                        std::to_string(n - 1))});
  for (bool ids : {false, true}) {
    std::vector<std::string> arguments{"replay", "--json", "--outcome", "all", "--rate", "15"};
    if (ids) arguments.insert(arguments.end(), by_id.begin(), by_id.end());
    auto done = on_a_terminal("suivi-receiver", arguments, s.environment);
    CAPTURE(done.log);
    CHECK(done.status == 0);
    check_bar(done.log);
    CHECK(done.log.find("/s, ") != std::string::npos);
    CHECK(done.log.find(" left, ") != std::string::npos);
    CHECK(json::parse(done.output).at("unchanged") == 30);
  }
  auto quiet = run_program("suivi-receiver", {"replay", "--outcome", "all"}, s.environment);
  CHECK(quiet.log.find("[#") == std::string::npos);
}

TEST_CASE(
    "commands for people are in color on a terminal, unless NO_COLOR is set or the terminal is a dumb one") {
  reconciler_process s("example-a:example-key-1:A", 10);
  (void)s.sweep(0);
  const std::string green = "\x1b[32m";
  for (const char* command : {"status", "doctor", "coverage"}) {
    CAPTURE(command);
    auto printed = on_a_terminal("suivi-reconciler", {command}, s.environment, true);
    CAPTURE(printed.log);
    CHECK(printed.log.find(green) != std::string::npos);
    CHECK(on_a_terminal("suivi-reconciler", {command, "--json"}, s.environment, true).log.find('\x1b') ==
          std::string::npos);
    for (const auto& [name, value] : {std::pair("NO_COLOR", "1"), std::pair("TERM", "dumb")}) {
      auto plain = s.environment;
      plain[name] = value;
      CHECK(on_a_terminal("suivi-reconciler", {command}, plain, true).log.find('\x1b') == std::string::npos);
    }
  }
}
