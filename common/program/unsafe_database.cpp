// Reads sslmode from the address or PGSSLMODE and judges it.
#include "common/program/unsafe_database.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::program {
namespace {

bool is_remote(const pg::host& one) {
  const std::string& name = one.address.empty() ? one.name : one.address;
  bool socket = name.empty() || name.front() == '/' || name.front() == '@';
  return !socket && name != "localhost" && name != "::1" && !name.starts_with("127.");
}

} // namespace

std::optional<std::string> unsafe_database(const pg::target& where, const config::environment& env) {
  if (std::none_of(where.hosts.begin(), where.hosts.end(), is_remote)) return std::nullopt;
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
