// A connection within five seconds, an account within one.
#include "receiver/api/call/endpoint.hpp"

#include "common/runtime/lifetime.hpp"

#include <utility>

namespace suivi::receiver {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

task<result<pg::pool::lease>> api_connection(api_context& api) {
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await api.connections.acquire(deadline);
  co_return db;
}

task<bool> look_for_account(api_context& api, std::string id) {
  for (int look = 0; look < 2; ++look) {
    if (look > 0) co_await runtime::sleep_for(1s);
    co_await api.accounts.refresh();
    for (const auto& known : api.accounts.list())
      if (known.id == id) co_return true;
  }
  co_return false;
}

} // namespace suivi::receiver
