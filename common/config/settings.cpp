// Loading: gather what is given, let the table read it, then look at the whole. Each step is taken when the
// one before found no mistake, so that no line names what only follows from another.
#include "common/config/settings.hpp"

#include "common/config/environment_accounts.hpp"
#include "common/config/file.hpp"
#include "common/config/secret_file.hpp"
#include "common/config/setting_table.hpp"
#include "common/config/unsafe_settings.hpp"

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

std::optional<raw_value> from_environment(const key& k, const environment& env, std::string_view suffix) {
  for (const std::string& name : {k.variable(), std::string(k.alias)})
    if (const std::string* value = name.empty() ? nullptr : variable(env, name + std::string(suffix)))
      return raw_value{raw_value::shape::text, *value, {}, true, name + std::string(suffix)};
  return std::nullopt;
}

// The environment wins over the file.
std::optional<raw_value> find_value(const file_content& file, const std::string& path,
                                    std::optional<raw_value> of_env) {
  if (of_env) return of_env;
  auto found = file.values.find(path);
  if (found == file.values.end()) return std::nullopt;
  return found->second;
}

// For a message: short, one line, and never a secret.
std::string quoted_value(const key& k, const raw_value& v) {
  if (k.is_secret) return std::string(mask);
  std::string text = shortened(v.text);
  return v.as == raw_value::shape::text ? toml_string(text) : text;
}

// The value that the file holds which `path` names; nothing where that is a mistake.
std::optional<raw_value> read_file_form(settings& s, const key& k, const raw_value& path,
                                        const fs::path& base, milliseconds patience, mistakes& wrong) {
  auto refuse = [&](std::string_view why) {
    bool is_list = path.text.starts_with('['); // perhaps of the secrets themselves
    std::string named = path.as == raw_value::shape::text ? toml_string(path.text)
                        : is_list                         ? std::string(mask)
                                                          : path.text;
    wrong.push_back(
        fmt::format("{} = {} ({}): {}; allowed is the path of a readable file that holds the value of {}",
                    k.file_path(), named, path.where, why, k.path()));
    return std::nullopt;
  };
  if (path.as != raw_value::shape::text) return refuse("no path");
  if (path.text.empty() || path.text.find('\0') != std::string::npos) return refuse("no path");
  std::string file = (base / path.text).lexically_normal().string();
  auto content = read_secret_file(file, patience);
  if (!content) return refuse("the file " + content.error().detail);
  s.secret_files[k.path()] = file;
  raw_value value{raw_value::shape::text, content->reveal(), {}, false, file};
  if (k.is_list) {
    value.as = raw_value::shape::list;
    value.items = lines_of(*content);
    if (value.items.empty()) return refuse("the file holds blank lines only");
  }
  return value;
}

void read_key(settings& s, const key& k, const file_content& file, const environment& env,
              const fs::path& base, milliseconds patience, mistakes& wrong) {
  std::optional<raw_value> value = find_value(file, k.path(), from_environment(k, env, ""));
  if (k.is_secret) {
    std::optional<raw_value> path = find_value(file, k.file_path(), from_environment(k, env, "_FILE"));
    if (path && value) {
      wrong.push_back(fmt::format("{} = {} ({}), {} = {} ({}): allowed is one of the two", k.path(), mask,
                                  value->where, k.file_path(), toml_string(path->text), path->where));
      return;
    }
    if (path) value = read_file_form(s, k, *path, base, patience, wrong);
  }
  if (value && !k.read(s, *value))
    wrong.push_back(fmt::format("{} = {} ({}): allowed is {}", k.path(), quoted_value(k, *value),
                                value->where, k.allowed));
}

void warn_of_unknown_variables(const environment& env, std::vector<std::string>& warnings) {
  for (const auto& [name, value] : env) {
    if (!name.starts_with("SUIVI_") || name == "SUIVI_CONFIG") continue;
    bool known = false;
    for (const key& k : all_keys()) {
      known = known || name == k.variable() || name == k.alias;
      known = known ||
              (k.is_secret && (name == k.variable() + "_FILE" || name == std::string(k.alias) + "_FILE"));
    }
    if (!known)
      warnings.push_back(fmt::format("{}: no setting has this environment variable; it is ignored", name));
  }
}

// Two listeners at which the system cannot serve both: a wildcard is every address of its family.
bool is_one_address(std::string_view a, std::string_view b) {
  std::size_t port_of_a = a.rfind(':'), port_of_b = b.rfind(':');
  if (port_of_a == std::string_view::npos || port_of_b == std::string_view::npos) return false;
  if (a.substr(port_of_a) != b.substr(port_of_b) || a.ends_with(":0")) return false;
  std::string_view host_of_a = a.substr(0, port_of_a), host_of_b = b.substr(0, port_of_b);
  bool is_of_one_family = host_of_a.starts_with('[') == host_of_b.starts_with('[');
  auto is_wildcard = [](std::string_view host) { return host == "0.0.0.0" || host == "[::]"; };
  return host_of_a == host_of_b || (is_of_one_family && (is_wildcard(host_of_a) || is_wildcard(host_of_b)));
}

// What no single value shows.
void check_whole(program who, const settings& s, purpose use, mistakes& wrong) {
  if (s.database.url.empty())
    wrong.push_back(
        "database.url = (not set): required; give it in the settings file, as SUIVI_DATABASE_URL or as "
        "DATABASE_URL, or the path of a file that holds it as database.url_file or DATABASE_URL_FILE");
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
  const std::string& health = s.receiver.health_listen;
  if (is_one_address(health, s.receiver.listen))
    wrong.push_back(fmt::format(
        "receiver.health_listen = {}: allowed is another address than receiver.listen", toml_string(health)));
  if (who == program::reconciler || use == purpose::command) return; // the rest is the serving receiver's own
  for (const secret& each : s.receiver.webhook_secrets) masked(each, "receiver.webhook_secrets");
  masked(s.receiver.admin_token, "receiver.admin_token");
  if (s.receiver.webhook_secrets.empty() && !s.receiver.allow_open)
    wrong.push_back("receiver.webhook_secrets = (not set): at least one secret is required, as "
                    "SUIVI_RECEIVER_WEBHOOK_SECRETS or MAYSTRO_WEBHOOK_SECRET (or one a line in a file that "
                    "receiver.webhook_secrets_file names), or receiver.allow_open = true");
}

void make_absolute(settings& s, const fs::path& base) {
  for (std::string* path : {&s.receiver.spool, &s.receiver.tls_certificate, &s.receiver.tls_key})
    if (!path->empty()) *path = (base / *path).lexically_normal().string();
}

// A settings file that others may change, or that holds a secret itself and that they may read.
void warn_of_open_file(const std::string& path, const file_content& content,
                       std::vector<std::string>& warnings) {
  if (changeable_by_all(path))
    warnings.push_back(
        fmt::format("settings file = {}: every user of this machine can change it, and with it whom keys "
                    "are sent to; chmod o-w",
                    toml_string(path)));
  if (!readable_by_all(path)) return;
  for (const key& k : all_keys()) {
    auto found = content.values.find(k.path());
    if (!k.is_secret || found == content.values.end() || found->second.text == mask) continue;
    bool masked = !found->second.items.empty() && found->second.items.front() == mask;
    if (masked) continue;
    warnings.push_back(
        fmt::format("settings file = {}: it holds {}, and every user of this machine can read it; "
                    "chmod o-r",
                    toml_string(path), k.path()));
    return;
  }
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
  settings& s = result.values;
  if (stderr_is_terminal) s.log.format = "text";

  std::string path = choose_file(file, env);
  file_content content;
  milliseconds patience = use == purpose::run_again ? milliseconds(0) : pipe_patience;
  if (!path.empty()) content = read_file(path, patience, wrong);
  if (!content.is_readable) return wrong;
  std::error_code ignored;
  fs::path here = fs::current_path(ignored);
  fs::path base = path.empty() ? here : (here / path).parent_path();
  for (const key& k : all_keys()) read_key(s, k, content, env, base, patience, wrong);
  s.maystro.accounts = environment_accounts(env, base.string(), patience, result.warnings, wrong);
  if (!wrong.empty()) return wrong;
  check_whole(who, s, use, wrong);
  if (!wrong.empty()) return wrong;
  warn_of_unknown_variables(env, result.warnings);
  make_absolute(s, base);
  if (use == purpose::check) {
    warn_of_open_file(path, content, result.warnings);
    for (std::string& line : unsafe_settings(who, s)) result.warnings.push_back(std::move(line));
  }
  return result;
}

courier_addresses default_courier_addresses() {
  courier_addresses all;
  for (const courier_names& courier : courier_table) all[index_of(courier.which)] = courier.base_url;
  return all;
}

std::string to_toml(const settings& s) {
  std::string text;
  std::string_view section;
  for (const key& k : all_keys()) {
    if (k.section != section) text += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", k.section);
    section = k.section;
    std::string value = k.print(s);
    auto file = s.secret_files.find(k.path());
    if (file != s.secret_files.end())
      text += fmt::format("{}_file = {}\n", k.name, toml_string(file->second));
    else if (value.empty())
      text += fmt::format("# {} is not set\n", k.name);
    else
      text += fmt::format("{} = {}\n", k.name, value);
  }
  for (const environment_account& account : s.maystro.accounts)
    text += fmt::format("{}# account {} of the environment: name {}, key {}\n",
                        &account == &s.maystro.accounts.front() ? "\n" : "", account.id,
                        toml_string(account.name), mask);
  return text;
}

// Every value of the table is printed in the part of TOML that is JSON as well.
std::string to_json(const settings& s) {
  std::string text = "{";
  std::string_view section;
  for (const key& k : all_keys()) {
    bool first = k.section != section;
    if (first) text += fmt::format("{}{}:{{", section.empty() ? "" : "},", toml_string(k.section));
    section = k.section;
    std::string value = k.print(s);
    text += fmt::format("{}{}:{}", first ? "" : ",", toml_string(k.name), value.empty() ? "null" : value);
    auto file = s.secret_files.find(k.path());
    if (file != s.secret_files.end())
      text += fmt::format(",{}:{}", toml_string(std::string(k.name) + "_file"), toml_string(file->second));
  }
  text += "},\"accounts\":[";
  for (const environment_account& account : s.maystro.accounts)
    text += fmt::format("{}{{\"id\":{},\"name\":{},\"apiKey\":{}}}",
                        &account == &s.maystro.accounts.front() ? "" : ",", toml_string(account.id),
                        toml_string(account.name), toml_string(mask));
  return text + "]}";
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
