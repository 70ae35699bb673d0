// Which events a replay is about: read strictly, from the API's body and from the command's options.
#include "receiver/command_line.hpp"
#include "receiver/replay/selection.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_instant("2026-03-01T12:00:00Z");
const std::vector<std::string> usual{"parked", "failed", "conflict", "quarantined"};

replay_selection selected(const std::string& body) {
  auto read = read_replay_request(body, noon);
  REQUIRE(read);
  return read->selection;
}

std::string refusal(const std::string& body) {
  auto read = read_replay_request(body, noon);
  return read ? "taken" : read.error().detail.substr(0, read.error().detail.find(':'));
}

replay_arguments words(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"suivi-receiver", "replay"});
  auto read = read_command_line(static_cast<int>(arguments.size()), arguments.data());
  REQUIRE(std::holds_alternative<command_line>(read));
  CHECK(std::get<command_line>(read).command == command::replay);
  return std::get<command_line>(read).replay;
}

std::string mistake(std::vector<const char*> arguments) {
  auto selection = to_selection(words(std::move(arguments)), noon);
  return selection ? "none" : selection.error().detail.substr(0, selection.error().detail.find(' '));
}

} // namespace

TEST_CASE("without a word a replay is about what may do better this time") {
  CHECK(selected("").outcomes == usual);
  CHECK(selected("{}").outcomes == usual);
  CHECK(selected(R"({"outcome":null})").outcomes == usual);
  CHECK_FALSE(read_replay_request("{}", noon)->dry_run);
}

TEST_CASE("a replay's body names times, ids, an outcome and an account") {
  auto selection =
      selected(R"({"since":"24h","until":"2026-03-01T11:00:00+01:00","ids":["7","3","7","x","03"],
                           "outcome":"stale","account":"acc-1","dryRun":false})");
  CHECK(selection.since == noon - 24h);
  CHECK(selection.until == noon - 2h);
  CHECK(selection.event_ids() == std::vector<std::int64_t>{3, 7});
  CHECK(selection.outcomes == std::vector<std::string>{"stale"});
  CHECK(selection.account == "acc-1");
  CHECK(read_replay_request(R"({"dryRun":true})", noon)->dry_run);
  CHECK(selected(R"({"outcome":"all"})").outcomes.empty());
}

TEST_CASE("a wrong body is refused by the name of what is wrong") {
  CHECK(refusal("[]") == "body");
  CHECK(refusal("{") == "body");
  CHECK(refusal(R"({"since":"yesterday"})") == "since");
  CHECK(refusal(R"({"since":5})") == "since");
  CHECK(refusal(R"({"until":"2026-02-30"})") == "until");
  CHECK(refusal(R"({"ids":"7"})") == "ids");
  CHECK(refusal(R"({"ids":[7]})") == "ids");
  CHECK(refusal(R"({"ids":[]})") == "ids");
  CHECK(refusal(R"({"outcome":"lost"})") == "outcome");
  CHECK(refusal(R"({"account":""})") == "account");
  CHECK(refusal(R"({"dryRun":"yes"})") == "dryRun");
  CHECK(refusal(R"({"dry_run":true})") == "dry_run");
}

TEST_CASE("a body that means two things, or a time that ends before it begins, is refused") {
  CHECK(refusal(R"({"account":"a\u0000"})") == "body");
  CHECK(refusal(R"({"ids":["1"],"ids":["2"]})") == "body");
  CHECK(refusal(R"({"since":"24h","until":"48h"})") == "until");
  CHECK(refusal(R"({"since":"24h","until":"24h"})") == "taken");
}

TEST_CASE("since is inclusive and until exclusive and what has no time is in neither") {
  replay_selection selection;
  CHECK(selection.covers(std::nullopt));
  selection.since = noon;
  selection.until = noon + 1h;
  CHECK(selection.covers(noon));
  CHECK_FALSE(selection.covers(noon - 1us));
  CHECK_FALSE(selection.covers(noon + 1h));
  CHECK_FALSE(selection.covers(std::nullopt));
}

TEST_CASE("the command's options are read") {
  auto arguments = words({"--since", "2h", "--until", "2026-03-01", "--event", "4", "--event", "5",
                          "--outcome", "parked", "--account", "a", "--rate", "50", "--dry-run", "--json"});
  auto selection = to_selection(arguments, noon);
  REQUIRE(selection);
  CHECK(selection->since == noon - 2h);
  CHECK(selection->until == noon - 12h);
  CHECK(selection->ids == std::vector<std::string>{"4", "5"});
  CHECK(selection->outcomes == std::vector<std::string>{"parked"});
  CHECK(selection->account == "a");
  CHECK(arguments.rate == 50);
  CHECK(arguments.dry_run);
  CHECK(arguments.json);
  CHECK(words({"--legacy"}).legacy);
  CHECK(words({"--file", "f.ndjson"}).file == "f.ndjson");
}

TEST_CASE("a wrong option of the command is refused by its name") {
  CHECK(mistake({"--since", "soon"}) == "--since");
  CHECK(mistake({"--until", "1"}) == "--until");
  CHECK(mistake({"--outcome", "lost"}) == "--outcome");
  CHECK(mistake({"--account", ""}) == "--account");
  CHECK(mistake({"--legacy", "--file", "f"}) == "--file");
  CHECK(mistake({"--legacy", "--outcome", "parked"}) == "--outcome");
  CHECK(mistake({"--legacy", "--outcome", "all"}) == "none");
  CHECK(mistake({"--rate", "0"}) == "--rate");
  CHECK(mistake({"--rate", "-1"}) == "--rate");
  CHECK(mistake({"--rate", "nan"}) == "--rate");
  const char* arguments[] = {"suivi-receiver", "replay", "--rate", "many"};
  CHECK(std::get<int>(read_command_line(4, arguments)) == 2);
}
