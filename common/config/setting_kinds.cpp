// What all kinds of settings share: whether a value has the right type, and lists of it.
#include "common/config/setting_kinds.hpp"

#include <fmt/ranges.h>

namespace suivi::config {

bool is(const raw_value& v, raw_value::shape wanted) {
  return v.from_environment ? v.as == raw_value::shape::text : v.as == wanted;
}

std::optional<std::vector<std::string>> list_of(const raw_value& v) {
  if (v.as == raw_value::shape::list) return v.items;
  if (v.from_environment) return split_list(v.text);
  return std::nullopt;
}

std::string toml_list(const std::vector<std::string>& items) {
  std::vector<std::string> quoted;
  for (const std::string& item : items) quoted.push_back(toml_string(item));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

} // namespace suivi::config
