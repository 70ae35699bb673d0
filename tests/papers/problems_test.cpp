// One list of problems: what the screen, the API, doctor, the metric, the alerts and the runbook speak of.
#include "common/metrics/metrics.hpp"
#include "common/shop/problems/problem_metrics.hpp"
#include "common/verdict/problem_kind.hpp"
#include "tests/unit/reconciler/doctor/checks/healthy_shop.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <unistd.h>

using namespace suivi;
using namespace suivi::test;
namespace fs = std::filesystem;

namespace {

const fs::path root = SUIVI_ROOT;

std::string text_of(const char* path) {
  std::ifstream stream(root / path, std::ios::binary);
  REQUIRE(stream.good());
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The first group of each match.
std::set<std::string> all_of(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex form(pattern);
  for (std::sregex_iterator each(text.begin(), text.end(), form), none; each != none; ++each)
    found.insert((*each)[1].str());
  return found;
}

std::set<std::string> kinds() {
  std::set<std::string> all;
  for (const verdict::problem_kind_row& row : verdict::problem_kinds) all.emplace(row.name);
  return all;
}

// Those of `names` that are kinds.
std::set<std::string> among_kinds(const std::set<std::string>& names) {
  std::set<std::string> both;
  for (const std::string& name : names)
    if (kinds().contains(name)) both.insert(name);
  return both;
}

// Alerts without a kind: what no program can tell of itself.
const std::set<std::string> of_no_kind{"suivi_unseen", "suivi_receiver_unseen", "suivi_backlog"};

} // namespace

TEST_CASE("the API's description and the screen in each language have every kind of problem") {
  std::string listed = text_of("receiver/api/openapi.json");
  std::smatch found;
  REQUIRE(std::regex_search(
      listed, found, std::regex(R"re("kind": \{"type": "string", "enum": \[("database_away"[^\]]*))re")));
  CHECK(all_of(found[1].str(), "\"(\\w+)\"") == kinds());
  for (const char* language : {"fr", "en", "ar"}) {
    CAPTURE(language);
    std::string words = text_of(("receiver/screen/files/lang/" + std::string(language) + ".js").c_str());
    CHECK(among_kinds(all_of(words, R"('p\.(\w+)')")) == kinds());
  }
}

TEST_CASE("doctor has a check of the name of every kind, and they are the same where it warns") {
  std::set<std::string> checked;
  for (const check& c : examine(healthy())) checked.insert(c.name);
  for (const std::string& kind : kinds()) CHECK_MESSAGE(checked.contains(kind), kind);
}

TEST_CASE("the metric has every kind of problem") {
  metrics::registry series;
  verdict::facts f;
  f.accounts.emplace_back().id = "a-1";
  shop::show_problems(series, f);
  CHECK(all_of(series.text(), R"re(suivi_problems\{[^}]*kind="(\w+)")re") == kinds());
  CHECK(series.text().find("} 1") == std::string::npos);
}

TEST_CASE("every kind of problem has its alert and its section of the runbook, and every alert a test") {
  std::string alerts = text_of("deploy/alerts.yaml"), runbook = text_of("deploy/RUNBOOK.md");
  std::set<std::string> expected = of_no_kind, sections = of_no_kind;
  for (const std::string& kind : kinds()) {
    expected.insert("suivi_" + kind);
    sections.insert(kind);
    std::string whole = "alert: suivi_" + kind +
                        "\n        expr: max by (kind, account) (suivi_problems{kind=\"" + kind +
                        "\"}) > 0\n";
    CHECK_MESSAGE(alerts.find(whole) != std::string::npos, kind);
    bool late = verdict::severity_of(*verdict::problem_kind_from(kind)) == verdict::severity::late;
    std::string rest = alerts.substr(alerts.find("alert: suivi_" + kind + "\n"));
    CHECK_MESSAGE(rest.find(late ? "severity: critical" : "severity: warning") < rest.find("annotations"),
                  kind);
    std::string section = runbook.substr(std::min(runbook.find("\n## " + kind + "\n"), runbook.size()));
    CHECK_MESSAGE((section.find("\n*Late.*") < section.find("- Check")) == late, kind);
  }
  CHECK(all_of(alerts, R"(alert: (\w+))") == expected);
  CHECK(all_of(alerts, R"re(runbook: "deploy/RUNBOOK\.md#(\w+)")re") == sections);
  CHECK(all_of(runbook, R"(\n## (\w+)\n)") == sections);
  for (const char* part : {"- Check: ", "- Remedy: ", "- Goes by itself: "}) {
    std::size_t times = 0;
    for (std::size_t at = runbook.find(part); at != std::string::npos; at = runbook.find(part, at + 1))
      ++times;
    CHECK(times == sections.size());
  }
  CHECK(all_of(text_of("tests/prometheus/alerts_test.yaml"),
               R"(alertname: (\w+), eval_time: \w+, exp_alerts: \[\]\})") == expected);
  CHECK(all_of(text_of("tests/prometheus/alerts_test.yaml"),
               R"(alertname: (\w+)\n *eval_time: \w+\n *exp_alerts:\n)") == expected);
}

TEST_CASE("the runbook calls the screen's buttons and lists by their French names") {
  std::string words = text_of("receiver/screen/files/lang/fr.js");
  std::set<std::string> named = all_of(text_of("deploy/RUNBOOK.md"), R"(\*([A-Z][^*\n]+)\*)");
  named.erase("Late.");
  CHECK(named.size() >= 5);
  for (const std::string& name : named)
    CHECK_MESSAGE(words.find("'" + name + "'") != std::string::npos, name);
}

TEST_CASE(
    "each metric in dashboard, alerts and runbook is one of the programs' and is explained to operators") {
  std::string alerts = text_of("deploy/alerts.yaml"), explained = text_of("deploy/OPERATIONS.md"), sources;
  for (const char* module : {"common", "receiver", "reconciler"})
    for (const auto& each : fs::recursive_directory_iterator(root / module))
      if (each.path().extension() == ".cpp") sources += text_of(fs::relative(each.path(), root).c_str());
  std::set<std::string> named_alerts = all_of(alerts, R"(alert: (\w+))"), metrics;
  for (const std::string& paper :
       {text_of("deploy/grafana/suivi.json"), text_of("deploy/RUNBOOK.md"), alerts})
    for (std::string name : all_of(paper, R"(\b((?:suivi|process)_[a-z_]+[a-z])\b)")) {
      for (std::string_view part : {"_bucket", "_sum", "_count"})
        if (name.ends_with(part)) name.resize(name.size() - part.size());
      if (!named_alerts.contains(name)) metrics.insert(name);
    }
  CHECK(metrics.size() > 20);
  for (const std::string& name : metrics) {
    CHECK_MESSAGE(sources.find('"' + name + '"') != std::string::npos, name);
    CHECK_MESSAGE(explained.find(name) != std::string::npos, name);
  }
}

TEST_CASE("promtool takes the alerts, and each of them fires and goes as it shall") {
  fs::path place = fs::temp_directory_path() / ("suivi-alerts-" + std::to_string(::getpid()));
  fs::create_directories(place);
  fs::copy_file(root / "deploy/alerts.yaml", place / "alerts.yaml");
  fs::copy_file(root / "tests/prometheus/alerts_test.yaml", place / "alerts_test.yaml");
  for (const char* command : {"check rules alerts.yaml", "test rules alerts_test.yaml"}) {
    std::string line = "cd '" + place.string() + "' && promtool " + command + " > out 2>&1";
    int status = std::system(line.c_str());
    std::ifstream out(place / "out");
    std::string said{std::istreambuf_iterator<char>(out), {}};
    CAPTURE(said);
    CHECK(status == 0);
  }
  fs::remove_all(place);
}
