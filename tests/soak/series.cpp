// Medians of the first and of the last third after warming up; dead rows against what can have arisen while
// VACUUM was held back.
#include "tests/soak/series.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace suivi::soak {
namespace {

constexpr double memory_growth = 1.2, memory_slack_megabytes = 8;
constexpr double p99_growth = 3, p99_slack_ms = 20;
constexpr double vacuum_lag_seconds = 15; // of autovacuum, beside the bystander
constexpr double dead_growth = 1.5, dead_slack_rows = 2'000;

struct thirds {
  double first = 0, last = 0;
};

template <class Value>
thirds medians(const std::vector<sample>& samples, Value value) {
  std::vector<double> first, last;
  auto from = samples.size() / 5;
  auto third = std::max<std::size_t>((samples.size() - from) / 3, 1);
  for (std::size_t i = from; i < samples.size(); ++i) {
    if (i < from + third) first.push_back(value(samples[i]));
    if (i >= samples.size() - third) last.push_back(value(samples[i]));
  }
  return {quantile(first, 0.5), quantile(last, 0.5)};
}

// Rows of a table updated or deleted in any `seconds`, at most.
double most_changed(const std::vector<sample>& samples, const std::string& name, double seconds) {
  auto changed = [&](const sample& s) {
    auto there = s.tables.find(name);
    return there == s.tables.end() ? 0 : there->second.changed_rows;
  };
  double highest = changed(samples.front());
  for (std::size_t from = 0, to = 0; to < samples.size(); ++to) {
    while (samples[to].at_seconds - samples[from].at_seconds > seconds) ++from;
    highest = std::max(highest, changed(samples[to]) - changed(samples[from]));
  }
  return highest;
}

} // namespace

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

std::vector<std::string> objections(const std::vector<sample>& samples, double held_seconds) {
  std::vector<std::string> all;
  if (samples.size() < 3) return {"too few samples to say anything"};
  auto judge = [&](const char* label, const char* unit, double growth, double slack, auto value) {
    auto [first, last] = medians(samples, value);
    auto bound = first * growth + slack;
    if (last > bound)
      all.push_back(
          fmt::format("{} grew from {:.1f} to {:.1f} {}, more than {:.1f}", label, first, last, unit, bound));
  };
  judge("the receiver's memory", "MB", memory_growth, memory_slack_megabytes,
        [](const sample& s) { return s.receiver_megabytes; });
  judge("the reconciler's memory", "MB", memory_growth, memory_slack_megabytes,
        [](const sample& s) { return s.reconciler_megabytes; });
  judge("p99 of acknowledging", "ms", p99_growth, p99_slack_ms, [](const sample& s) { return s.p99_ms; });

  for (const auto& [name, last] : samples.back().tables) {
    double bound =
        dead_growth * most_changed(samples, name, held_seconds + vacuum_lag_seconds) + dead_slack_rows;
    double highest = 0;
    for (const auto& s : samples)
      if (auto there = s.tables.find(name); there != s.tables.end())
        highest = std::max(highest, there->second.dead_rows);
    if (highest > bound)
      all.push_back(fmt::format("{} had {:.0f} dead rows, more than {:.0f}", name, highest, bound));
  }
  return all;
}

} // namespace suivi::soak
