// Reading MAYSTRO_API_KEY and its numbered sisters.
#include "common/config/environment_accounts.hpp"

#include "common/config/values.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>

namespace suivi::config {
namespace {

constexpr std::string_view prefix = "MAYSTRO_API_KEY";

// The number of MAYSTRO_API_KEY_<number>, 0 for the plain name, nothing for any other variable.
std::optional<unsigned> number_of(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  if (name.empty()) return 0;
  unsigned number = 0;
  auto [end, problem] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (name.front() != '_' || problem != std::errc() || end != name.data() + name.size() || name.size() < 2 ||
      name[1] == '0')
    return std::nullopt;
  return number;
}

// What people paste is often what stands in a request's head: the word `Token`, a space, the key.
std::string_view without_scheme(std::string_view key) {
  constexpr std::string_view word = "token";
  if (key.size() <= word.size() || key[word.size()] != ' ') return key;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((key[i] | 0x20) != word[i]) return key;
  return trimmed(key.substr(word.size()));
}

} // namespace

std::vector<environment_account> environment_accounts(const environment& env,
                                                      std::vector<std::string>& warnings,
                                                      std::vector<std::string>& wrong) {
  std::map<unsigned, std::string> variables;
  for (const auto& [name, value] : env)
    if (auto number = number_of(name); number && !trimmed(value).empty()) variables.emplace(*number, name);

  std::vector<environment_account> accounts;
  for (const auto& [number, variable] : variables) {
    std::string key(without_scheme(trimmed(env.at(variable))));
    if (!is_token(key)) {
      wrong.push_back(fmt::format(
          "{} = ***: allowed are visible ASCII characters without spaces, with or without the word "
          "Token before them",
          variable));
      continue;
    }
    auto same = std::find_if(accounts.begin(), accounts.end(),
                             [&](const environment_account& a) { return a.api_key.reveal() == key; });
    if (same != accounts.end()) {
      warnings.push_back(fmt::format("{}: the same key as account {}'s; it is ignored", variable, same->id));
      continue;
    }
    std::string id = number == 0 ? "env" : fmt::format("env-{}", number);
    auto name = env.find(variable + "_NAME");
    bool named = name != env.end() && !trimmed(name->second).empty();
    accounts.push_back({id, named ? std::string(trimmed(name->second)) : id, secret(key)});
  }
  return accounts;
}

} // namespace suivi::config
