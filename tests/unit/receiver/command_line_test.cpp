// What the program was asked to do.
#include "receiver/command_line.hpp"

#include <doctest/doctest.h>

using namespace suivi::receiver;

namespace {

std::variant<command_line, int> read(std::vector<const char*> words) {
  words.insert(words.begin(), "suivi-receiver");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

command_line understood(std::vector<const char*> words) {
  auto got = read(std::move(words));
  REQUIRE(std::holds_alternative<command_line>(got));
  return std::get<command_line>(got);
}

} // namespace

TEST_CASE("without a command it serves") {
  CHECK(understood({}).command == command::serve);
  CHECK(understood({"serve"}).command == command::serve);
  CHECK(understood({"--config", "a.toml"}).config_file == "a.toml");
  CHECK(understood({"serve", "--config", "a.toml"}).config_file == "a.toml");
}

TEST_CASE("migrate and its check") {
  CHECK(understood({"migrate"}).command == command::migrate);
  CHECK_FALSE(understood({"migrate"}).migrate.check);
  CHECK(understood({"migrate", "--check"}).migrate.check);
}

TEST_CASE("the settings can be checked") {
  CHECK(understood({"--check-config"}).command == command::check_config);
  CHECK_FALSE(understood({"--check-config"}).json);
}

TEST_CASE("every command that prints can be asked for JSON") {
  CHECK(understood({"--check-config", "--json"}).json);
  CHECK(understood({"migrate", "--json"}).migrate.json);
  CHECK(understood({"replay", "--json"}).replay.json);
}

TEST_CASE("usage that cannot be read is status 2") {
  CHECK(std::get<int>(read({"--nonsense"})) == 2);
  CHECK(std::get<int>(read({"nonsense"})) == 2);
}

TEST_CASE("help and version are status 0") {
  CHECK(std::get<int>(read({"--help"})) == 0);
  CHECK(std::get<int>(read({"--version"})) == 0);
}

TEST_CASE("an option that is given nothing is a mistake of usage, not an option left out") {
  for (const char* option : {"--config", "--rate"}) {
    CAPTURE(option);
    auto got = read({"replay", option, ""});
    REQUIRE(std::holds_alternative<int>(got));
    CHECK(std::get<int>(got) == 2);
  }
}
