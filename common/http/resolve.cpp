// Asio's resolver behind a look-up that both the waiting coroutine and the resolver's handler own.
#include "common/http/resolve.hpp"

#include "common/runtime/wakeup.hpp"

#include <charconv>

namespace suivi::http {
namespace {

using tcp = asio::ip::tcp;
using endpoints = std::vector<tcp::endpoint>;

struct look_up {
  explicit look_up(const asio::any_io_executor& executor) : resolver(executor), answered(executor) {}
  tcp::resolver resolver;
  runtime::wakeup answered;
  boost::system::error_code failed;
  endpoints found;
};

} // namespace

task<result<endpoints>> resolve(std::string host, std::string port, steady_time deadline) {
  boost::system::error_code no_address;
  auto address = asio::ip::make_address(host, no_address);
  if (!no_address) {
    unsigned short number = 0;
    std::from_chars(port.data(), port.data() + port.size(), number);
    co_return endpoints{tcp::endpoint(address, number)};
  }
  auto executor = co_await asio::this_coro::executor;
  auto lookup = std::make_shared<look_up>(executor);
  lookup->resolver.async_resolve(
      host, port, tcp::resolver::numeric_service,
      [lookup](const boost::system::error_code& failed, const tcp::resolver::results_type& results) {
        lookup->failed = failed;
        for (const auto& each : results) lookup->found.push_back(each.endpoint());
        lookup->answered.notify();
      });
  bool in_time = co_await lookup->answered.wait_until(deadline);
  if (!in_time) co_return transient("http:timeout", "looking up the host's address");
  if (lookup->failed || lookup->found.empty()) co_return transient("http:resolve", lookup->failed.message());
  co_return std::move(lookup->found);
}

} // namespace suivi::http
