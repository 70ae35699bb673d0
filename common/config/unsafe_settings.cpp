// Finds settings that are unsafe, one function for each part of the settings.
#include "common/config/unsafe_settings.hpp"

#include "common/config/setting_table.hpp"
#include "common/network/ip_network.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace suivi::config {
namespace {

using lines = std::vector<std::string>;

std::string_view host_of(std::string_view listen) {
  return listen.substr(0, listen.rfind(':'));
}

// Of a host that is an address, in brackets or not; a name such as 127.example is none.
std::optional<ip_address> address_of(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return parse_ip_address(host);
}

bool is_loopback(std::string_view host) {
  std::optional<ip_address> address = address_of(host);
  return host == "localhost" || (address && unmapped(*address).is_loopback());
}

// An address of a network that is not routed on the internet; neither "all networks" nor a name.
bool is_inside(std::string_view host) {
  std::optional<ip_address> address = address_of(host);
  return address && is_private(*address);
}

// As good as every address; no network of anybody's is so wide.
bool is_everybody(const std::string& range) {
  constexpr unsigned bits_min_v4 = 8, bits_min_v6 = 7;
  std::optional<network> parsed = parse_network(range);
  return parsed && parsed->bits < (parsed->first.is_v4() ? bits_min_v4 : bits_min_v6);
}

// The host of http://HOST[:PORT][/PATH]; empty for https.
std::string_view plain_host(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return "";
  std::string_view rest = url.substr(scheme.size());
  if (rest.starts_with('[')) return rest.substr(0, rest.find(']') + 1);
  return rest.substr(0, rest.find_first_of(":/"));
}

bool is_short(const secret& value) {
  return !value.empty() && value.reveal() != mask && value.reveal().size() < secret_length_min;
}

// The papers' examples, which everybody can read.
bool is_printed(const secret& value) {
  constexpr std::string_view printed[] = {"a long random text", "another-long-random-text",
                                          "a-third-long-random-text"};
  return std::find(std::begin(printed), std::end(printed), value.reveal()) != std::end(printed);
}

void judge_examples(const settings& s, lines& unsafe) {
  constexpr std::string_view remedy =
      "is the example of Suivi's papers, which everybody knows; set one of your own";
  if (std::any_of(s.receiver.webhook_secrets.begin(), s.receiver.webhook_secrets.end(), is_printed))
    unsafe.push_back(fmt::format("receiver.webhook_secrets: a secret {}", remedy));
  if (is_printed(s.receiver.admin_token)) unsafe.push_back(fmt::format("receiver.admin_token {}", remedy));
}

// Who may write: the webhooks' door.
void judge_webhooks(const settings& s, lines& unsafe) {
  if (s.receiver.allow_open)
    unsafe.push_back(fmt::format(
        "receiver.allow_open = true: webhooks without a secret are taken{}; set receiver.webhook_secrets and "
        "leave it false",
        s.receiver.allow_from.empty() || std::ranges::any_of(s.receiver.allow_from, is_everybody)
            ? " from anybody"
            : ""));
  for (const secret& each : s.receiver.webhook_secrets)
    if (is_short(each)) {
      unsafe.push_back(fmt::format("receiver.webhook_secrets: a secret is shorter than {} characters and can "
                                   "be guessed; put a long random one first",
                                   secret_length_min));
      break;
    }
  if (is_short(s.receiver.admin_token))
    unsafe.push_back(
        fmt::format("receiver.admin_token is shorter than {} characters and can be guessed; set a "
                    "long random one",
                    secret_length_min));
  const secret& token = s.receiver.admin_token;
  bool known_as_secret = std::ranges::any_of(
      s.receiver.webhook_secrets, [&](const secret& one) { return one.reveal() == token.reveal(); });
  if (!token.empty() && token.reveal() != mask && known_as_secret)
    unsafe.push_back(
        "receiver.admin_token is one of receiver.webhook_secrets, which the courier knows and every log of "
        "addresses holds; set another one");
}

// What can be read on its way.
void judge_ways(const settings& s, lines& unsafe) {
  bool encrypted = !s.receiver.tls_certificate.empty();
  // One that is everybody is none.
  bool has_proxy = std::any_of(s.receiver.trusted_proxies.begin(), s.receiver.trusted_proxies.end(),
                               [](const std::string& range) { return !is_everybody(range); });
  if (!encrypted && !has_proxy && !is_loopback(host_of(s.receiver.listen)))
    unsafe.push_back(fmt::format("receiver.listen = {}: without TLS and without a proxy, webhook secrets and "
                                 "the admin token can be read on "
                                 "their way; set receiver.tls_certificate and receiver.tls_key, or listen at "
                                 "127.0.0.1 behind a proxy that "
                                 "receiver.trusted_proxies names",
                                 toml_string(s.receiver.listen)));
  for (const std::string& range : s.receiver.trusted_proxies)
    if (is_everybody(range))
      unsafe.push_back(
          fmt::format("receiver.trusted_proxies: {} believes X-Forwarded-For of anybody, so that "
                      "receiver.allow_from keeps nobody out; name the proxies only",
                      range));
}

// Both programs: the receiver is reached there, the reconciler registers it.
void judge_public_url(const settings& s, lines& unsafe) {
  std::string_view pushed_to = plain_host(s.receiver.public_url);
  if (!pushed_to.empty() && !is_loopback(pushed_to))
    unsafe.push_back(fmt::format(
        "receiver.public_url = {}: the courier would send the secret unencrypted; give an https address",
        toml_string(s.receiver.public_url)));
}

// Health and figures are served there unencrypted, figures to private addresses without a token.
void judge_figures(std::string_view key, const std::string& listen, lines& unsafe) {
  std::string_view host = host_of(listen);
  if (listen.empty() || is_loopback(host) || is_inside(host)) return;
  unsafe.push_back(fmt::format("{} = {}: whoever reaches it sees how the program is, and from a private "
                               "network or through a proxy there /metrics too, without a token; listen at "
                               "127.0.0.1 or at an address of a private network",
                               key, toml_string(listen)));
}

void judge_couriers(const settings& s, lines& unsafe) {
  for (courier_kind which : couriers) {
    const std::string& url = s.base_urls[index_of(which)];
    std::string_view host = plain_host(url);
    if (!host.empty() && !is_loopback(host))
      unsafe.push_back(
          fmt::format("{}.base_url = {}: the account's key is sent unencrypted; give an https address",
                      slug(which), toml_string(url)));
  }
}

void judge_files(program who, const settings& s, lines& unsafe) {
  for (const auto& [key, path] : s.secret_files)
    if (readable_by_all(path))
      unsafe.push_back(fmt::format("{}_file = {}: every user of this machine can read it; chmod o-r", key,
                                   toml_string(path)));
  if (who == program::receiver && readable_by_all(s.receiver.tls_key))
    unsafe.push_back(fmt::format("receiver.tls_key = {}: every user of this machine can read it; chmod o-r",
                                 toml_string(s.receiver.tls_key)));

  std::vector<std::pair<std::string, std::string>> own;
  for (const auto& [key, path] : s.secret_files) own.emplace_back(key + "_file", path);
  if (who == program::receiver)
    own.insert(own.end(), {{"receiver.tls_certificate", s.receiver.tls_certificate},
                           {"receiver.tls_key", s.receiver.tls_key},
                           {"receiver.spool", s.receiver.spool}});
  for (const auto& [key, path] : own)
    if (changeable_by_all(path))
      unsafe.push_back(fmt::format("{} = {}: every user of this machine can change it; chmod o-w", key,
                                   toml_string(path)));
}

} // namespace

bool readable_by_all(const std::string& path) {
  struct stat found{};
  return !path.empty() && ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         (found.st_mode & S_IROTH) != 0;
}

bool changeable_by_all(const std::string& path) {
  struct stat found{};
  return !path.empty() && ::stat(path.c_str(), &found) == 0 &&
         (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)) && (found.st_mode & S_IWOTH) != 0;
}

std::vector<std::string> unsafe_settings(program who, const settings& s) {
  lines unsafe;
  if (who == program::receiver) {
    judge_webhooks(s, unsafe);
    judge_examples(s, unsafe);
    judge_ways(s, unsafe);
    judge_figures("receiver.health_listen", s.receiver.health_listen, unsafe);
  } else {
    judge_figures("reconciler.listen", s.reconciler.listen, unsafe);
  }
  judge_public_url(s, unsafe);
  judge_couriers(s, unsafe);
  judge_files(who, s, unsafe);
  return unsafe;
}

} // namespace suivi::config
