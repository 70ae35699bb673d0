// Resolves host names. An IP address needs no look-up.
#include "common/http/client/resolve.hpp"

#include "common/runtime/name_lookup.hpp"

#include <charconv>

namespace suivi::http {
namespace {

using tcp = asio::ip::tcp;
using endpoints = std::vector<tcp::endpoint>;

} // namespace

task<result<endpoints>> resolve(std::string host, std::string port, steady_time deadline) {
  unsigned short number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  boost::system::error_code no_address;
  auto address = asio::ip::make_address(host, no_address);
  if (!no_address) co_return endpoints{tcp::endpoint(address, number)};
  auto answer = co_await runtime::name_lookup::shared().addresses_of(host, deadline);
  if (answer.failed == asio::error::timed_out)
    co_return transient("http:timeout", "looking up the host's address");
  if (answer.addresses.empty()) co_return transient("http:resolve", answer.failed.message());
  endpoints found;
  for (const asio::ip::address& each : answer.addresses) found.emplace_back(each, number);
  co_return found;
}

} // namespace suivi::http
