// The soak: webhooks at a steady rate, sweeps, and a bystander who is idle in a transaction, for as long as
// is asked; memory, latency and dead rows are measured all the time and must stay flat. Exit status 0 if so,
// 1 if not, 2 usage.
#include "tests/ledger/stage.hpp"
#include "tests/soak/pulse.hpp"
#include "tests/soak/scene.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

using namespace suivi;
using namespace suivi::soak;
using std::chrono::steady_clock;

namespace {

struct length {
  double minutes = 5;
  int rate = 100;
  int sample_seconds = 5;
  int sweep_seconds = 20;
};

double sum(const sample& s, double table_state::* member) {
  double all = 0;
  for (const auto& [name, state] : s.tables)
    if (name.starts_with("suivi.")) all += state.*member;
  return all;
}

void print(const sample& s) {
  auto dead = [&](const char* name) {
    auto at = s.tables.find(name);
    return at == s.tables.end() ? 0.0 : at->second.dead_rows;
  };
  fmt::print("{:>5.0f} {:>7.0f} {:>7.1f} {:>7.1f} {:>9.1f} {:>11.1f} {:>9.0f} {:>8.0f} {:>8.0f} {:>9.1f}\n",
             s.at_seconds, s.acks_per_second, s.p50_ms, s.p99_ms, s.receiver_megabytes,
             s.reconciler_megabytes, dead("suivi.pending"), dead("suivi.parcel"), dead("public.orders"),
             sum(s, &table_state::megabytes));
  std::fflush(stdout);
}

std::vector<sample> observe(scene& on, pulse& load, const length& how) {
  fmt::print("    s  acks/s  p50 ms  p99 ms  receiver  reconciler   dead in  dead in  dead in  suivi's\n"
             "                                     MB          MB   pending   parcel   orders tables MB\n");
  std::vector<sample> samples;
  auto begun = steady_clock::now(), last = begun;
  auto end =
      begun + std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(how.minutes * 60));
  auto next_sweep = begun;
  while (steady_clock::now() < end) {
    std::this_thread::sleep_until(std::min(last + seconds(how.sample_seconds), end));
    if (steady_clock::now() >= next_sweep) {
      on.ask_for_sweep();
      next_sweep += seconds(how.sweep_seconds);
    }
    auto now = steady_clock::now();
    auto latencies = load.take_latencies();
    sample s;
    s.at_seconds = std::chrono::duration<double>(now - begun).count();
    s.acks_per_second =
        static_cast<double>(latencies.size()) / std::chrono::duration<double>(now - last).count();
    s.p50_ms = quantile(latencies, 0.5);
    s.p99_ms = quantile(latencies, 0.99);
    on.measure(s);
    samples.push_back(s);
    print(s);
    last = now;
  }
  return samples;
}

int soak_for(const length& how) {
  scene_options options;
  scene on(options);
  ledger::book pages(options.own_orders, 0);
  auto aged = [&] {
    return on.value("select (select count(*) from suivi.inbox where stored_on < d) + (select count(*) from "
                    "suivi.inbox_key where "
                    "stored_on < d) from (select (now() at time zone 'UTC')::date - 2 as d) day");
  };
  auto aged_before = aged();
  pulse load(on.webhook_url(), pages, how.rate);
  auto samples = observe(on, load, how);
  load.stop();

  auto said = objections(samples, static_cast<double>(options.held.count()));
  if (load.failures() > 0) said.push_back(fmt::format("{} webhooks were not acknowledged", load.failures()));
  if (!on.comes_to_rest()) said.emplace_back("events stayed pending, or an account stayed leased");
  bool retained =
      false; // the receiver looks after ten seconds, and again after a minute where it was held up
  for (auto until = steady_clock::now() + seconds(90); aged() != "0" && !retained; test::pause_briefly())
    retained = steady_clock::now() > until;
  if (retained) said.push_back(fmt::format("{} events and keys beyond retention.events stayed", aged()));
  auto sweeps = on.value("select count(*) filter (where verdict = 'complete') || ' of ' || count(*) from "
                         "suivi.sweep where finished_at is not null");
  auto verified = on.verify();
  if (verified.status != 0)
    said.push_back("the shop does not show what the courier has: " + verified.output + verified.log);
  ledger::read_events(on.cluster().url("postgres", "shop"), 0, pages);
  auto found = pages.judge();
  if (!found.lost.empty())
    said.push_back(fmt::format("{} acknowledged webhooks are lost", found.lost.size()));
  if (!found.doubled.empty()) said.push_back(fmt::format("{} webhooks are doubled", found.doubled.size()));

  fmt::print("\nevents stored {}, sweeps complete {}, events and keys beyond retention: {} at the beginning, "
             "{} now\n",
             on.value("select count(*) from suivi.inbox"), sweeps, aged_before, aged());
  for (const auto& objection : said) fmt::print("NOT FLAT: {}\n", objection);
  if (said.empty())
    fmt::print("flat: memory, p99 and dead rows stayed within their bounds, and the shop shows what the "
               "courier has\n");
  return said.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app("Load, sweeps and an idle transaction for a long time: does anything grow?", "soak");
  length how;
  app.add_option("--minutes", how.minutes, "how long (5)")->check(CLI::Range(0.1, 10'000.0));
  app.add_option("--rate", how.rate, "webhooks a second, beside the stand-in's twenty (100)")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--sample", how.sample_seconds, "seconds from one line to the next (5)")
      ->check(CLI::Range(1, 3'600));
  app.add_option("--sweep", how.sweep_seconds, "seconds from one full sweep to the next (20)")
      ->check(CLI::Range(1, 86'400));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    return soak_for(how);
  } catch (const std::exception& e) {
    fmt::print("the soak could not go on: {}\n", e.what());
    return 1;
  }
}
