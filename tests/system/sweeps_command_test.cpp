// `suivi-reconciler sweep` as people and scripts meet it: what it prints where, and the status it ends with.
#include "tests/programs/reconciler_process.hpp"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace suivi::test;

namespace {

const std::string two = "example-a:example-key-1:A,example-b:example-key-2:B";

finished sweep(const reconciler_process& s, std::vector<std::string> flags) {
  flags.insert(flags.begin(), "sweep");
  return run_program("suivi-reconciler", std::move(flags), s.environment);
}

// What a sweep says on its standard error where that is a terminal.
std::string said_on_a_terminal(const reconciler_process& s) {
  std::vector<std::string> texts{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  for (const auto& [key, value] : s.environment) texts.push_back(key + "=" + value);
  std::vector<char*> environment;
  for (std::string& text : texts) environment.push_back(text.data());
  environment.push_back(nullptr);
  std::string binary = SUIVI_BIN "/suivi-reconciler", command = "sweep", flag = "--json";
  char* arguments[] = {binary.data(), command.data(), flag.data(), nullptr};
  int terminal = -1;
  pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  REQUIRE(child >= 0);
  if (child == 0) {
    if (freopen("/dev/null", "w", stdout) != nullptr) execve(binary.c_str(), arguments, environment.data());
    _exit(127);
  }
  std::string said;
  char piece[4096];
  for (ssize_t n = 0; (n = read(terminal, piece, sizeof piece)) > 0;)
    said.append(piece, static_cast<std::size_t>(n));
  int status = 0;
  waitpid(child, &status, 0);
  close(terminal);
  CHECK(WEXITSTATUS(status) == 0);
  return said;
}

} // namespace

TEST_CASE("an account that is not there is status 2 and one line that names it") {
  reconciler_process s(two, 20);
  auto done = sweep(s, {"--account", "example-c", "--json"});
  CHECK(done.status == 2);
  CHECK(done.output.empty());
  CHECK(done.log == "suivi-reconciler: --account example-c: there is no such active account\n");
  s.db.execute("update shipping_accounts set \"isActive\" = false where \"id\" = 'example-b'");
  CHECK(sweep(s, {"--account", "example-b"}).status == 2);
  auto unset = sweep(s, {"--account", ""}); // not every account
  CHECK(unset.status == 2);
  CHECK(unset.log == "suivi-reconciler: --account \"\": allowed is ID, not empty\n");
  CHECK(s.requests("all") == 0);
  CHECK(sweep(s, {"--max-orders", "-1"}).status == 2);
  CHECK(sweep(s, {"--full", "--incremental"}).status == 2);
}

TEST_CASE("one JSON document is printed for all accounts, with status 3 where one is incomplete") {
  reconciler_process s(two, 100);
  auto done = sweep(s, {"--json", "--max-orders", "10"});
  CAPTURE(done.output);
  CHECK(done.status == 0);
  const json::value printed = json::parse(done.output); // all of it
  const json::array& sweeps = printed.as_object().at("sweeps").as_array();
  REQUIRE(sweeps.size() == 2);
  for (const json::value& one : sweeps) {
    const json::object& r = one.as_object();
    CHECK(text(r, "verdict") == "complete");
    CHECK(text(r, "reason") == "newest 10");
    CHECK(text(r, "kind") == "full");
    CHECK(number(r, "fetched") ==
          number(r, "matched") + number(r, "unmatched") + number(r, "conflicts") + number(r, "unreadable"));
    CHECK(number(r, "fetched") >= 10 + number(r, "lookups") / 2); // those looked up are there too
  }
  s.set(R"({"refused_tokens":["example-key-2"]})");
  auto partly = sweep(s, {"--json"});
  CHECK(partly.status == 3);
  CHECK(json::parse(partly.output).as_object().at("sweeps").as_array().size() == 2);
  CHECK(sweep(s, {"--json", "--account", "example-a"}).status == 0);
  auto table = sweep(s, {});
  CHECK(table.status == 3);
  CHECK(table.output.find("INCOMPLETE") != std::string::npos);
}

TEST_CASE(
    "a dry run of a shop that Suivi has never seen tells what a sweep would do and makes nothing there") {
  reconciler_process s(two, 20);
  for (const char* kind : {"--incremental", "--full"}) {
    auto done = sweep(s, {"--dry-run", "--json", kind});
    CAPTURE(done.log);
    CHECK(done.status == 0);
    const json::value printed = json::parse(done.output);
    for (const json::value& one : printed.as_object().at("sweeps").as_array()) {
      CHECK(text(one.as_object(), "verdict") == "complete");
      CHECK(text(one.as_object(), "id") == "dry-run");
      CHECK(number(one.as_object(), "matched") > 0);
    }
  }
  CHECK(s.db.value("select to_regnamespace('suivi') is null") == "t");
  CHECK(s.db.number(
            "select count(*) from orders where \"trackingNumber\" is not null and \"updatedAt\" > now() - "
            "interval '1 minute'") == 0);
}

TEST_CASE("beside another's sweep it says that it waits, and sweeps as soon as it may") {
  reconciler_process s(two, 20);
  REQUIRE(sweep(s, {}).status == 0);
  s.db.execute("update suivi.account set lease_owner = 'somebody', lease_until = now() + interval '1 hour', "
               "term = term + 1 "
               "where id = 'example-a'");
  program waiting("suivi-reconciler", {"sweep", "--json"}, s.environment);
  const std::string line =
      "suivi-reconciler: account example-a: another sweep is running, waiting for it to end\n";
  wait_until("that it says so", [&] { return waiting.log().find(line) != std::string::npos; });
  CHECK(waiting.runs());
  s.db.execute("update suivi.account set lease_owner = null, lease_until = null where id = 'example-a'");
  CHECK(waiting.wait() == 0);
  CHECK(waiting.log() == line); // said once
  CHECK(json::parse(waiting.output()).as_object().at("sweeps").as_array().size() == 2);
}

TEST_CASE("progress is shown on a terminal and nowhere else") {
  reconciler_process s(two, 150);
  s.set(R"({"latency_ms":60})");
  std::string screen = said_on_a_terminal(s);
  CHECK(screen.find("\r\x1b[K[#") != std::string::npos);
  CHECK(screen.find(" % ") != std::string::npos);
  CHECK(screen.ends_with("\r\x1b[K"));
  auto quiet = sweep(s, {"--json"});
  CHECK(quiet.status == 0);
  CHECK(quiet.log.empty());
}
