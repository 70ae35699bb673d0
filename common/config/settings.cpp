// Loading: gather what is given, let the table read it, then look at the whole. No mistake hides another.
#include "common/config/settings.hpp"

#include "common/config/environment_accounts.hpp"
#include "common/config/file.hpp"
#include "common/config/setting_table.hpp"

#include <filesystem>
#include <fmt/format.h>

extern char** environ;

namespace suivi::config {
namespace {

namespace fs = std::filesystem;
using mistakes = std::vector<std::string>;

// Set but empty counts as not set: that is how compose files and shells pass on what nobody gave.
const std::string* variable(const environment& env, std::string_view name) {
  auto found = env.find(std::string(name));
  return found == env.end() || found->second.empty() ? nullptr : &found->second;
}

std::optional<given> from_environment(const key& k, const environment& env) {
  for (const std::string& name : {k.variable(), std::string(k.alias)})
    if (const std::string* value = variable(env, name))
      return given{given::shape::text, *value, {}, true, name};
  return std::nullopt;
}

// For a message: short, one line, and never a secret.
std::string shown(const key& k, const given& v) {
  if (k.is_secret) return std::string(mask);
  if (v.as == given::shape::list) return v.text;
  constexpr std::size_t limit = 120;
  std::string quoted = toml_string(v.text.size() > limit ? v.text.substr(0, limit) + "…" : v.text);
  return v.as == given::shape::text ? quoted : v.text;
}

void read_keys(settings& s, const file_content& file, const environment& env, mistakes& wrong) {
  for (const key& k : all_keys()) {
    std::optional<given> value = from_environment(k, env);
    if (!value) {
      auto found = file.values.find(k.path());
      if (found == file.values.end()) continue;
      value = found->second;
    }
    if (!k.read(s, *value))
      wrong.push_back(
          fmt::format("{} = {} ({}): allowed is {}", k.path(), shown(k, *value), value->where, k.allowed));
  }
}

void warn_of_unknown_variables(const environment& env, std::vector<std::string>& warnings) {
  for (const auto& [name, value] : env) {
    if (!name.starts_with("SUIVI_") || name == "SUIVI_CONFIG") continue;
    bool known = false;
    for (const key& k : all_keys()) known = known || name == k.variable() || name == k.alias;
    if (!known)
      warnings.push_back(fmt::format("{}: no setting has this environment variable; it is ignored", name));
  }
}

// What no single value shows.
void check_whole(program who, const settings& s, purpose use, mistakes& wrong) {
  if (s.database.url.empty())
    wrong.push_back(
        "database.url = (not set): required; give it in the settings file, as SUIVI_DATABASE_URL or as "
        "DATABASE_URL");
  auto masked = [&](const secret& value, std::string_view path) {
    if (use != purpose::check && value.reveal() == mask)
      wrong.push_back(fmt::format(
          "{} = {}: this is how --check-config hides a secret; put the secret itself here", path, mask));
  };
  masked(s.database.url, "database.url");
  if (s.receiver.tls_certificate.empty() != s.receiver.tls_key.empty())
    wrong.push_back(
        fmt::format("receiver.tls_certificate = {}, receiver.tls_key = {}: allowed is both or neither",
                    toml_string(s.receiver.tls_certificate), toml_string(s.receiver.tls_key)));
  if (who == program::reconciler || use == purpose::command) return; // the rest is the serving receiver's own
  for (const secret& each : s.receiver.webhook_secrets) masked(each, "receiver.webhook_secrets");
  masked(s.receiver.admin_token, "receiver.admin_token");
  if (s.receiver.webhook_secrets.empty() && !s.receiver.allow_open)
    wrong.push_back(
        "receiver.webhook_secrets = (not set): at least one secret is required, as "
        "SUIVI_RECEIVER_WEBHOOK_SECRETS or MAYSTRO_WEBHOOK_SECRET, or receiver.allow_open = true");
}

void make_absolute(settings& s, const fs::path& base) {
  for (std::string* path : {&s.receiver.spool, &s.receiver.tls_certificate, &s.receiver.tls_key})
    if (!path->empty()) *path = (base / *path).lexically_normal().string();
}

// The flag, the variable, ./suivi.toml if it is there, or none.
std::string choose_file(const std::string& flag, const environment& env) {
  if (!flag.empty()) return flag;
  if (const std::string* named = variable(env, "SUIVI_CONFIG")) return *named;
  std::error_code ignored;
  return fs::exists("suivi.toml", ignored) ? "suivi.toml" : "";
}

} // namespace

boost::system::result<loaded, std::vector<std::string>>
load(program who, const std::string& file, const environment& env, bool stderr_is_terminal, purpose use) {
  loaded result;
  mistakes wrong;
  if (stderr_is_terminal) result.values.log.format = "text";

  std::string path = choose_file(file, env);
  file_content content;
  if (!path.empty()) content = read_file(path, wrong);
  read_keys(result.values, content, env, wrong);
  warn_of_unknown_variables(env, result.warnings);
  result.values.maystro.accounts = environment_accounts(env, result.warnings, wrong);
  check_whole(who, result.values, use, wrong);

  std::error_code ignored;
  fs::path here = fs::current_path(ignored);
  make_absolute(result.values, path.empty() ? here : (here / path).parent_path());
  if (!wrong.empty()) return wrong;
  return result;
}

std::string to_toml(const settings& s) {
  std::string text;
  std::string_view section;
  for (const key& k : all_keys()) {
    if (k.section != section) text += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", k.section);
    section = k.section;
    std::string value = k.print(s);
    text +=
        value.empty() ? fmt::format("# {} is not set\n", k.name) : fmt::format("{} = {}\n", k.name, value);
  }
  for (const environment_account& account : s.maystro.accounts)
    text += fmt::format("{}# account {} of the environment: name {}, key {}\n",
                        &account == &s.maystro.accounts.front() ? "\n" : "", account.id,
                        toml_string(account.name), mask);
  return text;
}

environment process_environment() {
  environment env;
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string_view text = *entry;
    std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) env.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return env;
}

} // namespace suivi::config
