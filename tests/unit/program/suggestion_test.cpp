// What was meant by what was typed.
#include "common/program/suggestion.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

using namespace suivi::program;

TEST_CASE("a mistyped word is near to the one that was meant, and a strange one to none") {
  const std::vector<std::string> known{"status", "sweep", "coverage", "doctor", "verify", "hooks", "migrate"};
  struct row {
    const char* typed;
    const char* meant;
  };
  for (const row& one : {row{"statsu", "status"}, row{"sweeep", "sweep"}, row{"docter", "doctor"},
                         row{"migrat", "migrate"}, row{"hook", "hooks"}, row{"vrify", "verify"}}) {
    CAPTURE(one.typed);
    CHECK(nearest(one.typed, known) == one.meant);
  }
  for (const char* strange : {"x", "", "nonsense", "restart"}) {
    CAPTURE(strange);
    CHECK_FALSE(nearest(strange, known).has_value());
  }
  CHECK_FALSE(nearest(std::string(1'000'000, 'a'), known).has_value());
}

TEST_CASE("commands are told from commands and options from options, below each command too") {
  CLI::App app("test");
  CLI::App* sweep = app.add_subcommand("sweep");
  bool full = false;
  std::string account;
  sweep->add_flag("--full", full);
  sweep->add_option("--account", account);
  auto suggested = [&](std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());
    try {
      app.parse(words);
    } catch (const CLI::ParseError&) {
      return suggestions(app);
    }
    return std::string("it was read");
  };
  CHECK(suggested({"sweeep"}) == "Did you mean `sweep`?\n");
  CHECK(suggested({"sweep", "--acount=x"}) == "Did you mean `--account`?\n");
  CHECK(suggested({"sweep", "--ful"}) == "Did you mean `--full`?\n");
  CHECK(suggested({"elsewhere"}) == "");
  CHECK(suggested({"--full"}) == ""); // spelled right, of another command
}
