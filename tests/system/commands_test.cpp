// What both programs answer on their command line without a database.
#include "tests/programs/program.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>

using namespace suivi::test;

namespace {

const std::vector<std::string> both{"suivi-receiver", "suivi-reconciler"};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("version and help are printed with status 0") {
  for (const std::string& name : both) {
    CAPTURE(name);
    auto version = run_program(name, {"--version"});
    CHECK(version.status == 0);
    CHECK(contains(version.output, name));
    auto help = run_program(name, {"--help"});
    CHECK(help.status == 0);
    CHECK(contains(help.output, "--check-config"));
  }
}

TEST_CASE("wrong usage is status 2") {
  for (const std::string& name : both) {
    CHECK(run_program(name, {"--no-such-flag"}).status == 2);
    CHECK(run_program(name, {"no-such-command"}).status == 2);
  }
}

TEST_CASE("wrong settings are status 2 and one line each") {
  for (const std::string& name : both) {
    auto done =
        run_program(name, {}, {{"SUIVI_LOG_LEVEL", "loud"}, {"MAYSTRO_WEBHOOK_SECRET", "example-secret"}});
    CAPTURE(done.log);
    CHECK(done.status == 2);
    CHECK(contains(done.log, "database.url"));
    CHECK(contains(done.log, "log.level = \"loud\" (SUIVI_LOG_LEVEL): allowed is debug, info, warn, error"));
    CHECK(std::count(done.log.begin(), done.log.end(), '\n') == 2);
  }
}

TEST_CASE("what check-config prints can be read back and holds no secret") {
  std::map<std::string, std::string> settings{
      {"DATABASE_URL", "postgresql://u:example-password@localhost/shop"},
      {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
      {"SUIVI_RECONCILER_TIMEZONE", "Europe/Paris"}};
  for (const std::string& name : both) {
    auto first = run_program(name, {"--check-config"}, settings);
    CHECK(first.status == 0);
    CHECK_FALSE(contains(first.output, "example-"));
    std::string file = (std::filesystem::temp_directory_path() / (name + "-printed.toml")).string();
    std::ofstream(file) << first.output;
    auto second = run_program(name, {"--check-config", "--config", file});
    CHECK(second.status == 0);
    CHECK(second.output == first.output);
    auto running = run_program(name, {"--config", file});
    CHECK(running.status == 2);
    std::filesystem::remove(file);
  }
}
