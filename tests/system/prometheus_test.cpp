// Both programs' figures as Prometheus reads them: promtool has nothing to say against them, the alerts can
// be loaded, and each panel of the dashboard shows something.
#include "common/http/message/message.hpp"
#include "tests/programs/operations_client.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace suivi;
using namespace suivi::test;
namespace fs = std::filesystem;

namespace {

// A shop with two accounts, sweeps every second, and webhooks of which one is not understood.
struct busy_shop : operations_client {
  std::optional<program> worker;
  std::string worker_base;

  busy_shop() : operations_client("example-a:example-key-1:Main,example-b:example-key-2:Second") {
    environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "1s";
    worker.emplace("suivi-reconciler", std::vector<std::string>{"run"}, environment);
    worker_base = "http://127.0.0.1:" + std::to_string(worker->number_from_log("port"));
    await(push("R1", 31), "applied");
    (void)push_raw("nonsense");
    for (const char* account : {"example-a", "example-b"})
      wait_until("a complete full sweep", [&] { return has(worker_base, sweeps_of(account, "full")); });
    wait_until("what the worker knows of problems", [&] {
      return has(worker_base,
                 "suivi_last_complete_sweep_timestamp_seconds{account=\"example-b\",kind=\"full\"} ") &&
             has(worker_base, R"(suivi_problems{account="",kind="quarantined"} 1)");
    });
  }

  [[nodiscard]] static std::string sweeps_of(const std::string& account, const std::string& kind) {
    return "suivi_sweeps_total{account=\"" + account + "\",kind=\"" + kind + "\",verdict=\"complete\"} 1";
  }
  [[nodiscard]] static std::string metrics(const std::string& of) { return http_get(of + "/metrics").body; }
  [[nodiscard]] static bool has(const std::string& of, const std::string& part) {
    return metrics(of).find(part) != std::string::npos;
  }
};

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE(stream.good());
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The families of a program's figures that the paper on operating it does not name.
std::string unnamed_in_paper(const std::string& figures) {
  const std::string paper = read_file(fs::path(SUIVI_ROOT) / "deploy/OPERATIONS.md");
  std::istringstream lines(figures);
  std::string unnamed;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    std::string name = "`" + line.substr(7, line.find(' ', 7) - 7);
    bool is_named =
        paper.find(name + "`") != std::string::npos || paper.find(name + "{") != std::string::npos;
    if (!is_named) unnamed += name + " ";
  }
  return unnamed;
}

std::string replaced(std::string text, const std::string& part, const std::string& with) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + with.size()))
    text.replace(at, part.size(), with);
  return text;
}

// A Prometheus of the test's own, which reads both programs every second.
struct own_prometheus {
  folder place;
  std::optional<program> process;
  std::string url;

  explicit own_prometheus(const busy_shop& s) {
    auto target = [](const std::string& base) { return base.substr(base.find("//") + 2); };
    std::ofstream(place.path() + "/prometheus.yml")
        << "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
        << "rule_files: ['" << SUIVI_ROOT << "/deploy/alerts.yaml']\n"
        << "scrape_configs:\n  - job_name: suivi\n    static_configs: [{targets: ['" << target(s.base)
        << "', '" << target(s.worker_base) << "']}]\n";
    process.emplace("/usr/bin/prometheus",
                    std::vector<std::string>{"--config.file=" + place.path() + "/prometheus.yml",
                                             "--storage.tsdb.path=" + place.path() + "/data",
                                             "--web.listen-address=127.0.0.1:0"});
    const std::string before = "\"Listening on\" address=";
    wait_until("Prometheus' address", [&] { return process->log().find(before) != std::string::npos; });
    std::string log = process->log();
    std::size_t at = log.find(before) + before.size();
    url = "http://" + log.substr(at, log.find_first_of(" \n", at) - at);
  }

  [[nodiscard]] json::value get(const std::string& path) const {
    auto got = http_get(url + path);
    if (got.status == 0 || got.status == 503) return nullptr; // it is starting
    CAPTURE(got.body);
    REQUIRE(got.status == 200);
    return json::parse(got.body).at("data");
  }
  [[nodiscard]] std::size_t count(const std::string& query) const {
    auto data = get("/api/v1/query?query=" + http::percent_encode(query));
    return data.is_null() ? 0 : data.at("result").as_array().size();
  }
};

} // namespace

TEST_CASE(
    "promtool finds nothing to mend in either program's metrics, the papers name each, and an account's "
    "series go with it") {
  busy_shop s;
  folder place;
  for (const std::string& of : {s.base, s.worker_base}) {
    std::ofstream(place.path() + "/metrics") << busy_shop::metrics(of);
    auto checked =
        run_program("/bin/sh", {"-c", "/usr/bin/promtool check metrics < '" + place.path() + "/metrics'"});
    CAPTURE(checked.output);
    CHECK(checked.log == "");
    CHECK(checked.status == 0);
    CHECK(unnamed_in_paper(busy_shop::metrics(of)) == "");
    CHECK(busy_shop::has(of, R"(suivi_problems{account="",kind="quarantined"} 1)"));
    CHECK(busy_shop::has(of, R"(suivi_problems{account="example-b",kind="sweep_late"} 0)"));
  }
  s.db.execute("update shipping_accounts set \"isActive\" = false where \"id\" = 'example-b'");
  for (const std::string& of : {s.base, s.worker_base})
    wait_until("the account gone", [&] { return !busy_shop::has(of, "example-b"); });
  CHECK(busy_shop::has(s.worker_base, "account=\"example-a\""));
}

TEST_CASE("every panel of the dashboard shows figures of a running shop, and Prometheus takes the alerts") {
  busy_shop s;
  own_prometheus prometheus(s);
  wait_until("both programs read", [&] { return prometheus.count("up == 1") == 2; });
  const json::value board = json::parse(read_file(fs::path(SUIVI_ROOT) / "deploy/grafana/suivi.json"));
  std::size_t queries = 0;
  for (const auto& panel : board.at("panels").as_array())
    for (const auto& target : panel.at("targets").as_array()) {
      std::string query = replaced(std::string(target.at("expr").as_string()), "$__rate_interval", "30s");
      CAPTURE(query);
      wait_until("figures of " + query, [&] { return prometheus.count(query) > 0; });
      ++queries;
    }
  CHECK(queries >= 30);
  std::size_t rules = 0;
  wait_until("every alert weighed", [&] {
    auto data = prometheus.get("/api/v1/rules");
    rules = 0;
    for (const auto& rule : data.at("groups").as_array().at(0).at("rules").as_array())
      rules += rule.at("health") == "ok" ? 1 : 0;
    return rules == data.at("groups").as_array().at(0).at("rules").as_array().size();
  });
  CHECK(rules == 20);
}
