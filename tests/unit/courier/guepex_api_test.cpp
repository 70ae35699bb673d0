// Guepex's API asks the account's gate before each request, and says of each whose turn it is.
#include "common/guepex/api/guepex_api.hpp"

#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::courier;

namespace {

// Lets nothing through, so that nothing is sent.
struct closed_gate final : request_gate {
  std::vector<bool> singles;

  task<std::optional<refusal>> admit(std::string, request_limits, bool single) override {
    singles.push_back(single);
    co_return refusal{transient("courier:throttled", "the courier's quota is used up"), milliseconds(7'000)};
  }
  task<void> note(std::string, request_limits, quota_answer) override { co_return; }
};

task<void> ask_all(closed_gate& gate, std::vector<error>& refused) {
  auto executor = co_await asio::this_coro::executor;
  http::client client(executor, http::client_limits());
  credentials who{"http://127.0.0.1:1", secret("example-key-1"), courier_kind::guepex};
  guepex_api api(client, who, milliseconds(1'000), "g", &gate);
  const std::vector<std::string> with_comma{"A,B"};
  auto looked_up = co_await api.find_by_references(with_comma, false);
  auto for_one = co_await api.find_by_references(with_comma, true);
  auto listed = co_await api.list(1);
  auto changed = co_await api.list_changes("2026-01-31", 1);
  auto read = co_await api.one("yal-1");
  CHECK(read.how.retry_after == milliseconds(7'000));
  for (const error& one : {looked_up.content.error(), for_one.content.error(), listed.content.error(),
                           changed.content.error(), read.content.error()})
    refused.push_back(one);
  client.close();
}

} // namespace

TEST_CASE("a look-up of one reference is a sweep's batch, and only what is waited for may use up the quota") {
  closed_gate gate;
  std::vector<error> refused;
  test::run(ask_all(gate, refused));
  CHECK(gate.singles == std::vector<bool>{false, true, false, false, true});
  REQUIRE(refused.size() == 5);
  for (const error& one : refused) CHECK(one.code == "courier:throttled");
}
