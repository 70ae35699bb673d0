// Options that were given nothing.
#include "common/program/empty_argument.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>
#include <vector>

using namespace suivi::program;

namespace {

std::optional<std::string> problem_of(std::vector<const char*> words) {
  std::string file, account;
  double rate = 1;
  std::vector<std::string> events;
  bool json = false;
  CLI::App app("", "program");
  app.fallthrough();
  app.add_option("--config", file)->type_name("FILE");
  app.add_flag("--json", json);
  CLI::App* replay = app.add_subcommand("replay");
  replay->add_option("--account", account)->type_name("ID");
  replay->add_option("--rate", rate)->type_name("N");
  replay->add_option("--event", events)->type_name("ID");
  app.add_subcommand("other")->add_option("--account", account)->type_name("ID");
  words.insert(words.begin(), "program");
  app.parse(static_cast<int>(words.size()), words.data());
  auto problem = empty_argument(app);
  if (problem || app.get_subcommands().empty()) return problem;
  return empty_argument(*app.get_subcommands().front());
}

} // namespace

TEST_CASE("an option that is given nothing is named, of the program and of the chosen command") {
  CHECK_FALSE(problem_of({}));
  CHECK_FALSE(
      problem_of({"--json", "replay", "--account", "a", "--rate", "2", "--event", "1", "--event", "2"}));
  CHECK(problem_of({"--config", ""}) == "--config \"\": allowed is FILE, not empty");
  CHECK(problem_of({"replay", "--config", ""}) == "--config \"\": allowed is FILE, not empty");
  CHECK(problem_of({"replay", "--account", ""}) == "--account \"\": allowed is ID, not empty");
  CHECK(problem_of({"replay", "--rate", ""}) == "--rate \"\": allowed is N, not empty");
  CHECK(problem_of({"replay", "--event", "1", "--event", ""}) == "--event \"\": allowed is ID, not empty");
}
