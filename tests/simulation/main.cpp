// Runs worlds from seeds and says what was seen; the failing seed reproduces its run exactly.
//
//   simulate [--seed N] [--worlds N] [--hours N]     one world after the other, from that seed on
#include "tests/simulation/world.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

int main(int count, char** arguments) {
  CLI::App app("Suivi's decisions on a virtual clock, in a world where everything goes wrong");
  std::uint64_t seed = 1;
  int worlds = 1;
  int hours = 100;
  app.add_option("--seed", seed, "of the first world");
  app.add_option("--worlds", worlds, "how many, each from the next seed")->check(CLI::Range(1, 1'000'000));
  app.add_option("--hours", hours, "of each world")->check(CLI::Range(1, 100'000));
  CLI11_PARSE(app, count, arguments);
  auto began = std::chrono::steady_clock::now();
  suivi::simulation::summary all;
  for (int i = 0; i < worlds; ++i, ++seed) {
    try {
      auto s = suivi::simulation::simulate(seed, hours);
      all.hours += s.hours;
      all.acknowledged += s.acknowledged;
      all.applied += s.applied;
      all.crashes += s.crashes;
      all.stale_writes_refused += s.stale_writes_refused;
      all.rests += s.rests;
      all.sweeps.complete += s.sweeps.complete;
      all.sweeps.incomplete += s.sweeps.incomplete;
      all.sweeps.lost += s.sweeps.lost;
      all.sweeps.requests += s.sweeps.requests;
    } catch (const suivi::simulation::violation& e) {
      fmt::print("seed {}: {}\nreproduce: simulate --seed {} --hours {}\n", seed, e.what(), seed, hours);
      return 1;
    }
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{} worlds, {} hours in {:.1f} s: {} messages acknowledged, {} rows written, {} crashes, sweeps "
             "{} complete "
             "{} incomplete {} lost, {} requests, {} stale writes refused, true at the end of {} rests\n",
             worlds, all.hours, took.count(), all.acknowledged, all.applied, all.crashes, all.sweeps.complete,
             all.sweeps.incomplete, all.sweeps.lost, all.sweeps.requests, all.stale_writes_refused,
             all.rests);
  return 0;
}
