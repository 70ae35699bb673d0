// Series and their text form.
#include "common/metrics/metrics.hpp"

#include <doctest/doctest.h>

using namespace suivi::metrics;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("counters, gauges and histograms appear in the text with their help") {
  registry r;
  r.make_counter("suivi_webhooks_total", "Webhooks received.", {{"outcome", "stored"}}).add(3);
  r.make_gauge("suivi_spooled", "Webhooks in the spool.").set(7);
  r.make_histogram("suivi_commit_seconds", "Time of a commit.", {0.1, 1}).observe(0.5);
  std::string text = r.text();
  CHECK(has_line(text, "# HELP suivi_webhooks_total Webhooks received."));
  CHECK(has_line(text, "# TYPE suivi_webhooks_total counter"));
  CHECK(has_line(text, "suivi_webhooks_total{outcome=\"stored\"} 3"));
  CHECK(has_line(text, "suivi_spooled 7"));
  CHECK(has_line(text, "suivi_commit_seconds_bucket{le=\"0.1\"} 0"));
  CHECK(has_line(text, "suivi_commit_seconds_bucket{le=\"1\"} 1"));
  CHECK(has_line(text, "suivi_commit_seconds_count 1"));
}

TEST_CASE("the same name and labels are one series") {
  registry r;
  counter first = r.make_counter("suivi_requests_total", "Requests.", {{"code", "200"}});
  counter again = r.make_counter("suivi_requests_total", "Requests.", {{"code", "200"}});
  counter other = r.make_counter("suivi_requests_total", "Requests.", {{"code", "500"}});
  first.add();
  again.add();
  other.add();
  CHECK(has_line(r.text(), "suivi_requests_total{code=\"200\"} 2"));
  CHECK(has_line(r.text(), "suivi_requests_total{code=\"500\"} 1"));
}

TEST_CASE("the series of an account that is gone go, and come back from zero") {
  registry r;
  auto sweeps = [&](const char* account) {
    return r.make_counter("suivi_sweeps_total", "Sweeps.", {{"account", account}});
  };
  sweeps("a").add(2);
  sweeps("b").add();
  r.make_gauge("suivi_up", "Up.").set(1);
  r.make_histogram("suivi_sweep_seconds", "Length.", {1}, {{"account", "b"}}).observe(0.5);
  r.keep_only("account", {"a"});
  CHECK(has_line(r.text(), "suivi_sweeps_total{account=\"a\"} 2"));
  CHECK(r.text().find("\"b\"") == std::string::npos);
  CHECK(has_line(r.text(), "suivi_up 1"));
  sweeps("b").add();
  CHECK(has_line(r.text(), "suivi_sweeps_total{account=\"b\"} 1"));
  r.keep_only("account", {});
  CHECK(r.text().find("account") == std::string::npos);
}

TEST_CASE("a count that is kept elsewhere never goes backwards") {
  registry r;
  counter c = r.make_counter("suivi_states_total", "States.");
  c.set(5);
  c.set(3);
  CHECK(has_line(r.text(), "suivi_states_total 5"));
}

TEST_CASE("a handle that was never made is harmless") {
  counter c;
  gauge g;
  histogram h;
  c.add();
  g.set(1);
  h.observe(1);
}
