// Looks at what each option was given.
#include "common/program/empty_argument.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace suivi::program {

std::optional<std::string> empty_argument(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const auto& values = option->results();
    if (std::ranges::find(values, std::string()) == values.end()) continue;
    return fmt::format("{} \"\": allowed is {}, not empty", option->get_name(), option->get_type_name());
  }
  return std::nullopt;
}

} // namespace suivi::program
