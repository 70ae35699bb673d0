// Gets a connection within five seconds and finds an account within one.
#include "receiver/api/call/endpoint.hpp"

#include "common/runtime/lifetime.hpp"
#include "receiver/api/call/answers.hpp"

#include <utility>

namespace suivi::receiver {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

task<result<pg::pool::lease>> api_connection(api_context& api) {
  auto deadline = steady_clock::now() + 5s;
  auto db = co_await api.connections.acquire(deadline);
  co_return db;
}

task<bool> find_account(api_context& api, std::string id) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (attempt > 0) co_await runtime::sleep_for(1s);
    co_await api.accounts.refresh();
    for (const auto& known : api.accounts.list())
      if (known.id == id) co_return true;
  }
  co_return false;
}

task<std::optional<http::response>> refuse_unknown_account(api_context& api, std::string id) {
  if (id.empty()) co_return std::nullopt;
  bool known = co_await find_account(api, std::move(id));
  if (known) co_return std::nullopt;
  if (!api.accounts.loaded()) co_return unavailable(accounts_unread);
  co_return unknown("account");
}

} // namespace suivi::receiver
