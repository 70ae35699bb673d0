// Asio's resolver calls getaddrinfo on a thread of its own. That call cannot be interrupted, so its handler
// shares the state with the waiting coroutine, which may have left by then.
#include "common/pg/resolve.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <memory>

namespace suivi::pg {
namespace {

struct query {
  explicit query(const asio::any_io_executor& executor) : resolver(executor), answered(executor) {}
  asio::ip::tcp::resolver resolver;
  asio::steady_timer answered;
  bool done = false;
  std::vector<std::string> addresses;
};

bool needs_no_lookup(const host& h) {
  if (h.name.empty() || !h.address.empty() || h.name.front() == '/' || h.name.front() == '@') return true;
  boost::system::error_code unreadable;
  asio::ip::make_address(h.name, unreadable);
  return !unreadable;
}

task<std::vector<std::string>> addresses_of(std::string name, steady_time deadline) {
  auto executor = co_await asio::this_coro::executor;
  auto state = std::make_shared<query>(executor);
  auto answered = [state](boost::system::error_code, const asio::ip::tcp::resolver::results_type& found) {
    for (const auto& entry : found) state->addresses.push_back(entry.endpoint().address().to_string());
    state->done = true;
    state->answered.cancel();
  };
  state->resolver.async_resolve(name, "", std::move(answered));
  while (!state->done && std::chrono::steady_clock::now() < deadline) {
    state->answered.expires_at(deadline);
    boost::system::error_code ended;
    co_await state->answered.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return state->addresses;
}

} // namespace

task<result<std::vector<host>>> look_up(std::vector<host> hosts, steady_time deadline) {
  std::vector<host> found;
  for (const host& h : hosts) {
    if (needs_no_lookup(h)) {
      found.push_back(h);
      continue;
    }
    auto addresses = co_await addresses_of(h.name, deadline);
    for (auto& address : addresses) found.push_back({h.name, std::move(address), h.port});
  }
  if (found.empty())
    co_return transient("pg:refused", fmt::format("host {} is not found", hosts.front().name));
  co_return found;
}

} // namespace suivi::pg
