// The ledger under crash: webhooks are sent while processes are killed, connections cut and disks filled, and
// afterwards every one that was acknowledged must be in the database once, and applied. Exit status 0 if so,
// 1 if not, 2 usage.
#include "tests/ledger/rounds.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <fmt/format.h>

using namespace suivi;
using namespace suivi::ledger;

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void ask_to_stop(int) {
  stop_requested = 1;
}

int play_all(const plan& plan) {
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGPIPE, SIG_IGN);
  fmt::print("seed {}\n", plan.seed);
  stage_options options;
  stage on(options);
  if (!on.no_small_disk().empty()) fmt::print("the spool's disk is not filled up: {}\n", on.no_small_disk());
  if (!on.no_own_names().empty()) fmt::print("no name server is silent: {}\n", on.no_own_names());
  book pages(options.timed_orders, options.untimed_orders);
  try {
    auto all = play(on, pages, plan, stop_requested);
    print(all, on);
    if (all.well()) return 0;
  } catch (const std::exception& e) {
    fmt::print("\nthe ledger could not go on: {}\n", e.what());
  }
  auto log = on.receiver_log();
  fmt::print("\nthe receiver's last words:\n{}\n",
             log.substr(log.size() - std::min<std::size_t>(log.size(), 6000)));
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app("Kills what can be killed while webhooks arrive, and counts them afterwards.", "ledger");
  plan plan;
  int seconds_limit = 0;
  bool list = false;
  app.add_option("--rounds", plan.rounds, "how many (10)")->check(CLI::PositiveNumber);
  app.add_option("--seconds", seconds_limit, "no new round after that time")->check(CLI::NonNegativeNumber);
  app.add_option("--seed", plan.seed, "of the first round; each next one has the next (1)");
  app.add_option("--senders", plan.senders, "at once (16)")->check(CLI::Range(1, 500));
  app.add_option("--messages", plan.messages, "each round (300)")->check(CLI::Range(1, 100'000));
  app.add_option("--fault", plan.faults, "only this one; may be repeated");
  app.add_flag("--list", list, "the faults' names");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (list) {
    for (const auto& f : all_faults()) fmt::print("{}\n", f.name);
    return 0;
  }
  for (const auto& name : plan.faults) {
    bool known =
        std::any_of(all_faults().begin(), all_faults().end(), [&](const fault& f) { return f.name == name; });
    if (known) continue;
    fmt::print(stderr, "--fault: no fault is named \"{}\"; --list names them\n", name);
    return 2;
  }
  plan.limit = seconds(seconds_limit);
  return play_all(plan);
}
