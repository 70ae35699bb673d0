// Fixed text around a few numbers; the event is encoded in base64 once, as Pub/Sub does.
#include "tests/bench/webhook_text.hpp"

#include "common/crypto/crypto.hpp"

#include <array>
#include <fmt/format.h>
#include <iterator>
#include <numeric>

namespace suivi::bench {
namespace {

// Orders in turn, but far apart: neighbors in the table do not change together.
std::uint64_t order_of(std::uint64_t number, std::uint64_t orders) {
  std::uint64_t step = 61'803;
  while (std::gcd(step, orders) != 1) ++step;
  return number % orders * step % orders;
}

constexpr std::array<int, 9> way{5, 6, 15, 8, 9, 22, 31, 42, 41};

} // namespace

void write_request(std::string& out, const webhook_plan& plan, std::uint64_t number, instant published_at) {
  const auto reported = plan.bodies == 0 ? number : number % plan.bodies;
  const auto order = order_of(reported, plan.orders);
  const auto status = way[(reported / plan.orders + order) % way.size()];
  const auto event = fmt::format(
      R"({{"event":"OrderStatusChanged","instance_uuid":"00000000-0000-4000-8000-{0:012}","payload":{{)"
      R"("id":"00000000-0000-4000-8000-{0:012}","status":{1},"display_id_order":{2},"external_order_id":"BENCH-{0:07}",)"
      R"("alerted_at":null,"alert_reason":null,"abort_reason":null,"delivered_at":null}}}})",
      order, status, 5'000'000 + order);
  const auto id = fmt::format("{}-{}", plan.run, number);
  const auto body = fmt::format(
      R"({{"message":{{"data":"{0}","attributes":{{}},"messageId":"{1}","message_id":"{1}","publishTime":"{2}"}},)"
      R"("subscription":"projects/example-courier/subscriptions/example-hooks"}})",
      crypto::base64_encode(event), id, format_instant(published_at));
  out.clear();
  fmt::format_to(
      std::back_inserter(out),
      "POST {} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: APIs-Google\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      plan.target, body.size(), body);
}

} // namespace suivi::bench
