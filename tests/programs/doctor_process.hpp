// `doctor --json` run as an operator runs it, and its checks by name and account.
#pragma once

#include "tests/programs/reconciler_process.hpp"

#include <map>
#include <string>

namespace suivi::test {

// One JSON document and nothing else on standard output.
inline json::value document(const finished& done) {
  CAPTURE(done.output);
  CAPTURE(done.log);
  REQUIRE(done.output.find('\n') == done.output.size() - 1);
  return json::parse(done.output);
}

struct examined {
  int status;
  std::map<std::string, json::object> checks; // by name, and by name and account
  [[nodiscard]] std::string result(const std::string& name) const { return text(checks.at(name), "result"); }
  [[nodiscard]] std::string detail(const std::string& name) const { return text(checks.at(name), "detail"); }
};

inline examined doctor(const reconciler_process& s) {
  auto done = run_program("suivi-reconciler", {"doctor", "--json"}, s.environment);
  examined found{done.status, {}};
  const json::value printed = document(done);
  bool failed = false;
  for (const json::value& each : printed.as_object().at("checks").as_array()) {
    const json::object& check = each.as_object();
    std::string name = text(check, "name"), result = text(check, "result");
    CAPTURE(name);
    CHECK((result == "PASS" || result == "WARN" || result == "FAIL"));
    CHECK_FALSE(text(check, "detail").empty());
    CHECK((result == "PASS") == text(check, "remedy").empty());
    failed = failed || result == "FAIL";
    found.checks[name] = check;
    if (check.contains("account")) found.checks[name + " " + text(check, "account")] = check;
  }
  CHECK(found.status == (failed ? 1 : 0));
  CHECK(done.output.find("example-key") == std::string::npos);
  return found;
}

} // namespace suivi::test
