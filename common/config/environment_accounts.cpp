// Reading MAYSTRO_API_KEY, its numbered forms, and the files that hold a key.
#include "common/config/environment_accounts.hpp"

#include "common/config/secret_file.hpp"
#include "common/config/setting_table.hpp"
#include "common/config/values.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <map>

namespace suivi::config {
namespace {

constexpr std::string_view prefix = "MAYSTRO_API_KEY";
constexpr std::string_view file_suffix = "_FILE";

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

bool is_set(const environment& env, const std::string& variable) {
  auto found = env.find(variable);
  return found != env.end() && !trimmed(found->second).empty();
}

// The key of one variable, or of the file its _FILE form names; nothing where that is a mistake.
std::optional<secret> read_key(const environment& env, const std::string& base, const std::string& variable,
                               milliseconds patience, std::vector<std::string>& wrong) {
  std::string file_variable = variable + std::string(file_suffix);
  if (!is_set(env, file_variable)) return secret(env.at(variable));
  const std::string& path = env.at(file_variable);
  if (is_set(env, variable)) {
    wrong.push_back(fmt::format("{} = {}, {} = {}: allowed is one of the two", variable, mask, file_variable,
                                toml_string(path)));
    return std::nullopt;
  }
  auto content = read_secret_file((std::filesystem::path(base) / path).lexically_normal().string(), patience);
  if (content) return *content;
  wrong.push_back(
      fmt::format("{} = {}: the file {}; allowed is the path of a readable file that holds the key",
                  file_variable, toml_string(path), content.error().detail));
  return std::nullopt;
}

} // namespace

std::vector<environment_account> environment_accounts(const environment& env, const std::string& base,
                                                      milliseconds patience,
                                                      std::vector<std::string>& warnings,
                                                      std::vector<std::string>& wrong) {
  std::map<unsigned, std::string> variables;
  for (const auto& [name, value] : env) {
    if (trimmed(value).empty()) continue;
    std::string_view variable = name;
    if (variable.ends_with(file_suffix)) variable.remove_suffix(file_suffix.size());
    if (auto number = number_of(variable)) variables.emplace(*number, std::string(variable));
  }

  std::vector<environment_account> accounts;
  for (const auto& [number, variable] : variables) {
    std::optional<secret> configured_key = read_key(env, base, variable, patience, wrong);
    if (!configured_key) continue;
    std::string key(without_scheme(trimmed(configured_key->reveal())));
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
