// What is shown where standard error is a terminal: how far long work has come; and standard output stays clean of it.
#include "tests/system/swept_shop.hpp"

#include <algorithm>
#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace suivi::test;

namespace {

// Standard error is a terminal, standard output a file; returns what either showed and the exit status.
finished on_a_terminal(const swept_shop& s, std::vector<std::string> arguments) {
  std::string printed = "/tmp/suivi-terminal-" + std::to_string(getpid());
  std::vector<std::string> variables;
  for (const auto& [name, value] : s.environment) variables.push_back(name + "=" + value);
  arguments.insert(arguments.begin(), SUIVI_BIN "/suivi-reconciler");
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
    int file = open(printed.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(file, STDOUT_FILENO);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  finished done{-1, "", ""};
  char piece[4096];
  for (ssize_t n = 0; (n = read(terminal, piece, sizeof piece)) > 0;) done.log.append(piece, static_cast<std::size_t>(n));
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

} // namespace

TEST_CASE("a sweep and a comparison show their progress on a terminal and one document on standard output") {
  swept_shop s("example-a:example-key-1:A", 150);
  s.set(R"({"latency_ms":150})"); // thirty pages
  for (const char* command : {"sweep", "verify"}) {
    CAPTURE(command);
    auto done = on_a_terminal(s, {command, "--json"});
    CAPTURE(done.log);
    CHECK(done.status == 0);
    // Several different lines of the bar, each over the last one.
    CHECK(done.log.find("[#") != std::string::npos);
    CHECK(done.log.find(" % ") != std::string::npos);
    CHECK(std::count(done.log.begin(), done.log.end(), '\r') >= 4);
    CHECK(done.output.find('\r') == std::string::npos);
    CHECK(json::parse(done.output).is_object());
  }
  auto quiet = run_program("suivi-reconciler", {"sweep", "--json"}, s.environment);
  CHECK(quiet.log.find("[#") == std::string::npos);
}
