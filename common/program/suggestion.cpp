// Finds the nearest known word: commands among commands, options among options.
#include "common/program/suggestion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace suivi::program {
namespace {

// Letters to change, add, drop, or to swap with their neighbor.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min(
          {cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

void collect(const CLI::App& app, std::vector<std::string>& commands, std::vector<std::string>& options) {
  for (const CLI::Option* one : app.get_options())
    for (const std::string& name : one->get_lnames()) options.push_back("--" + name);
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(sub->get_name());
    collect(*sub, commands, options);
  }
}

} // namespace

std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 40; // of our own words none is
  if (typed.size() > longest) return std::nullopt;
  std::optional<std::string> best;
  std::size_t fewest = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string& word : known) {
    std::size_t changes = distance(typed, word);
    if (changes >= fewest || changes >= word.size()) continue;
    fewest = changes;
    best = word;
  }
  return best;
}

std::string suggestions(const CLI::App& app) {
  std::vector<std::string> commands, options;
  collect(app, commands, options);
  std::string lines;
  for (std::string typed : app.remaining(true)) {
    typed = typed.substr(0, typed.find('='));
    std::optional<std::string> meant = nearest(typed, typed.starts_with('-') ? options : commands);
    if (meant && *meant != typed) // else it is known, and belongs elsewhere
      lines += fmt::format("Did you mean `{}`?\n", *meant);
  }
  return lines;
}

} // namespace suivi::program
