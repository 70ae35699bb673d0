// Reads sslmode from the address or PGSSLMODE and judges it.
#include "common/program/unsafe_database.hpp"

#include "common/network/ip_network.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

namespace suivi::program {
namespace {

bool is_remote(std::string_view host) {
  bool socket = host.empty() || host.front() == '/' || host.front() == '@';
  std::optional<ip_address> address = parse_ip_address(host);
  bool here = host == "localhost" || (address && unmapped(*address).is_loopback());
  return !socket && !here;
}

// What libpq takes where the address names no host: a list, separated by commas.
bool is_any_remote(std::string_view hosts) {
  while (!hosts.empty()) {
    std::size_t end = std::min(hosts.find(','), hosts.size());
    if (is_remote(hosts.substr(0, end))) return true;
    hosts.remove_prefix(std::min(end + 1, hosts.size()));
  }
  return false;
}

bool is_remote(const pg::host& one, const config::environment& env) {
  if (!one.address.empty() || !one.name.empty())
    return is_remote(one.address.empty() ? one.name : one.address);
  for (const char* variable : {"PGHOSTADDR", "PGHOST"})
    if (auto found = env.find(variable); found != env.end() && !found->second.empty())
      return is_any_remote(found->second);
  return false;
}

} // namespace

std::optional<std::string> unsafe_database(const pg::target& where, const config::environment& env) {
  if (std::ranges::none_of(where.hosts, [&](const pg::host& one) { return is_remote(one, env); }))
    return std::nullopt;
  std::string mode;
  for (const auto& [name, value] : where.others)
    if (name == "sslmode") mode = value;
  auto variable = env.find("PGSSLMODE");
  if (mode.empty() && variable != env.end()) mode = variable->second;
  if (mode == "verify-full" || mode == "verify-ca") return std::nullopt;
  return fmt::format(
      "sslmode{}: the database is on another machine and nothing verifies that it is yours, so that "
      "password and orders can be read on their way; add sslmode=verify-full and sslrootcert=FILE",
      mode.empty() ? " is not set" : " = " + mode);
}

} // namespace suivi::program
