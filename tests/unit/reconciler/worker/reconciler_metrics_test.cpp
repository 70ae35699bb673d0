// What the worker counts, by account and kind.
#include "reconciler/worker/reconciler_metrics.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

namespace {

shop::sweep_report report(const char* account, const char* kind, bool complete) {
  shop::sweep_report r;
  r.account = account;
  r.kind = kind;
  r.complete = complete;
  r.throttled = 2;
  r.missed_by_webhook.reset(); // could not be counted
  return r;
}

bool has(reconciler_metrics& m, const std::string& line) {
  return m.text().find(line + "\n") != std::string::npos;
}

verdict::facts facts_of(std::initializer_list<const char*> accounts) {
  verdict::facts f;
  f.now = instant(seconds(1'800'000'000));
  for (const char* id : accounts) {
    verdict::account_facts& a = f.accounts.emplace_back();
    a.id = id;
    a.complete_as_of = f.now - std::chrono::hours(1);
  }
  return f;
}

} // namespace

TEST_CASE("a complete incremental sweep does not hide a failed full one in the figures") {
  reconciler_metrics m;
  m.count(report("a", "full", false));
  m.count(report("a", "incremental", true));
  CHECK(has(m, R"(suivi_sweeps_total{account="a",kind="full",verdict="incomplete"} 1)"));
  CHECK(has(m, R"(suivi_sweeps_total{account="a",kind="full",verdict="complete"} 0)"));
  CHECK(has(m, R"(suivi_sweeps_total{account="a",kind="incremental",verdict="complete"} 1)"));
  CHECK(has(m, R"(suivi_courier_throttled_total{account="a",kind="full"} 2)"));
  verdict::facts f = facts_of({"a"});
  f.accounts.front().last_full_incomplete = true;
  m.update(f);
  CHECK(has(m, R"(suivi_problems{account="a",kind="sweep_incomplete"} 1)"));
  CHECK(has(m, R"(suivi_last_complete_sweep_timestamp_seconds{account="a",kind="full"} 1799996400)"));
}

TEST_CASE("an account is told with its courier, and with another one's once it is that one's") {
  reconciler_metrics m;
  verdict::facts f = facts_of({"a"});
  for (const char* courier : {"maystro", "guepex"}) {
    f.accounts.front().courier = courier;
    m.update(f);
    CHECK(has(m, std::string(R"(suivi_account_info{account="a",courier=")") + courier + "\"} 1"));
  }
  CHECK(m.text().find("maystro") == std::string::npos);
}

TEST_CASE("figures of an account go with it") {
  reconciler_metrics m;
  m.count(report("a", "full", true));
  m.count(report("b", "full", true));
  m.update(facts_of({"a", "b"}));
  CHECK(m.text().find("\"b\"") != std::string::npos);
  m.update(facts_of({"a"}));
  CHECK(m.text().find("\"b\"") == std::string::npos);
  CHECK(has(m, R"(suivi_problems{account="",kind="no_reconciler"} 0)"));
  CHECK(has(m, R"(suivi_sweeps_total{account="a",kind="full",verdict="complete"} 1)"));
}

TEST_CASE("figures tell of the process and of its loop") {
  reconciler_metrics m;
  m.observe_loop_lag(std::chrono::milliseconds(7));
  CHECK(has(m, "suivi_loop_lag_seconds_count 1"));
  std::string text = m.text();
  for (const char* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ",
                           "process_open_fds ", "process_start_time_seconds "})
    CHECK(text.find(std::string("\n") + name) != std::string::npos);
  CHECK_FALSE(has(m, "process_resident_memory_bytes 0"));
}
