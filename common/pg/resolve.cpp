// Resolves the host names of a database URL. Addresses and socket folders stay as they are.
#include "common/pg/resolve.hpp"

#include "common/runtime/name_lookup.hpp"

#include <fmt/format.h>
#include <utility>

namespace suivi::pg {
namespace {

bool needs_no_lookup(const host& h) {
  if (h.name.empty() || !h.address.empty() || h.name.front() == '/' || h.name.front() == '@') return true;
  boost::system::error_code unreadable;
  asio::ip::make_address(h.name, unreadable);
  return !unreadable;
}

} // namespace

task<result<std::vector<host>>> look_up(std::vector<host> hosts, steady_time deadline) {
  std::vector<host> found;
  bool late = false;
  for (const host& h : hosts) {
    if (needs_no_lookup(h)) {
      found.push_back(h);
      continue;
    }
    auto answer = co_await runtime::name_lookup::shared().addresses_of(h.name, deadline);
    late = late || answer.failed == asio::error::timed_out;
    for (const asio::ip::address& address : answer.addresses)
      found.push_back({h.name, address.to_string(), h.port});
  }
  if (found.empty() && late)
    co_return transient("pg:refused",
                        fmt::format("no name server says in time where {} is", hosts.front().name));
  if (found.empty())
    co_return transient("pg:refused", fmt::format("host {} is not found", hosts.front().name));
  co_return found;
}

} // namespace suivi::pg
