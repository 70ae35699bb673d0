// The courier's API against a scripted server on the loopback: what is asked, and what is made of each
// answer.
#include "common/maystro/api/maystro_api.hpp"

#include "common/http/server/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi;
using namespace suivi::courier;

namespace {

struct scripted_courier {
  http::response next;                 // the answer to every request
  std::vector<http::request> requests; // what came

  task<http::response> respond(http::request r) {
    requests.push_back(std::move(r));
    co_return next;
  }

  static task<void> talk(task<void> call, http::server& server, http::client& client) {
    co_await std::move(call);
    client.close();
    server.drain(milliseconds(0));
  }

  template <class T>
  static task<void> keep(task<answer<T>> call, std::optional<answer<T>>& into) {
    into = co_await std::move(call);
  }

  // Runs one call to its end, the server beside it. `call` gets a maystro_api whose key and address are
  // pasted untidily.
  template <class Call>
  auto run(Call call) {
    asio::io_context context;
    http::server server(context.get_executor(), {},
                        [this](http::request r) { return respond(std::move(r)); });
    REQUIRE(server.listen("127.0.0.1:0").has_value());
    http::client client(context.get_executor(), {});
    credentials who{maystro::normalize_base_url(fmt::format("http://127.0.0.1:{}/api/", server.port())),
                    secret(maystro::normalize_api_key("token example-key-1"))};
    maystro_api courier(client, who, milliseconds(30'000));
    using wanted = typename decltype(call(courier))::value_type;
    std::optional<wanted> got;
    asio::co_spawn(context, server.run(), [](std::exception_ptr thrown) { CHECK(!thrown); });
    asio::co_spawn(context, talk(keep(call(courier), got), server, client),
                   [](std::exception_ptr thrown) { CHECK(!thrown); });
    context.run();
    REQUIRE(got.has_value());
    return std::move(*got);
  }
};

http::response with(unsigned status, std::string body, http::header_list headers = {}) {
  http::response r;
  r.status = status;
  r.body = std::move(body);
  r.headers = std::move(headers);
  return r;
}

const std::string one_page =
    R"({"list":{"count":1,"next":null,"results":[{"id":"u","status":4,"wilaya":"Oran"}]}})";

} // namespace

TEST_CASE("a page is asked for with the account's token and read") {
  scripted_courier sim{with(200, one_page), {}};
  instant before = now();
  auto got = sim.run([](maystro_api& courier) { return courier.list(3); });
  REQUIRE(got.content.has_value());
  CHECK(got.content->rows.size() == 1);
  CHECK(got.content->count == 1);
  CHECK(got.how.status == 200);
  CHECK(got.how.requested_at >= before);
  CHECK(got.how.answered_at >= got.how.requested_at);
  REQUIRE(sim.requests.size() == 1);
  CHECK(sim.requests[0].method == "GET");
  CHECK(sim.requests[0].target == "/api/stores/orders/?page=3");
  CHECK(http::find_header(sim.requests[0].headers, "Authorization") == "Token example-key-1");
  CHECK(http::find_header(sim.requests[0].headers, "Accept") == "application/json");
  CHECK(http::find_header(sim.requests[0].headers, "Accept-Encoding") == "identity");
}

TEST_CASE("an answer that is packed though nobody asked for it is unpacked") {
  using namespace std::string_literals;
  const std::string packed =
      "\037\213\010\000\000\000\000\000\002\003\015\310\061\012\200\060\014\005\320\273\374\071\213\340"
      "\324\113\170\000\161\010\332\241\020\042\064\011\052\245\167\067\333\343\015\110\063\107\031\070"
      "\357\320\304\102\320\372\046\064\104\010\275\132\210\033\312\076\320\056\024\004\010\346\354\221"
      "\267\022\236\046\374\161\376\326\131\061\217\071\177\140\165\333\011\122\000\000\000"s;
  for (const char* name : {"gzip", "GZIP", "deflate"}) {
    scripted_courier sim{with(200, packed, {{"Content-Encoding", name}}), {}};
    auto got = sim.run([](maystro_api& courier) { return courier.list(1); });
    REQUIRE(got.content.has_value());
    CHECK(got.content->rows.size() == 1);
  }
  scripted_courier sim{with(200, one_page, {{"Content-Encoding", "gzip"}}), {}}; // it says so and is not
  CHECK(sim.run([](maystro_api& courier) { return courier.list(1); }).content.has_value());
  sim.next.body = packed.substr(0, 30);
  auto truncated = sim.run([](maystro_api& courier) { return courier.list(1); });
  REQUIRE(truncated.content.has_error());
  CHECK(truncated.content.error().code == "courier:malformed");
  CHECK(to_string(truncated.content.error()).find("cannot be unpacked") != std::string::npos);
}

TEST_CASE("a reference and an id are percent-encoded") {
  scripted_courier sim{with(200, one_page), {}};
  auto rows = sim.run([](maystro_api& courier) { return courier.find_by_reference("A&B #1/é+"); });
  CHECK(rows.content.has_value());
  CHECK(sim.requests[0].target == "/api/stores/orders/?external_order_id=A%26B%20%231%2F%C3%A9%2B");
  sim.next.body = R"({"id":"a/b","status":"41","wilaya":"Oran"})";
  auto order = sim.run([](maystro_api& courier) { return courier.one("a/b"); });
  REQUIRE(order.content.has_value());
  CHECK(order.content->status == 41);
  CHECK(order.content->metadata.empty());
  CHECK(sim.requests[1].target == "/api/stores/orders/a%2Fb/");
}

TEST_CASE("each refusal has its code and no key in its text") {
  const std::pair<unsigned, std::string_view> codes[] = {
      {401, "courier:unauthorized"}, {403, "courier:unauthorized"}, {404, "courier:not_found"},
      {429, "courier:throttled"},    {500, "courier:server"},       {503, "courier:server"},
      {400, "courier:refused"},      {302, "courier:refused"},      {200, "courier:malformed"},
  };
  for (auto [status, code] : codes) {
    scripted_courier sim{with(status, R"({"detail":"Token example-key-1"})"), {}};
    auto got = sim.run([](maystro_api& courier) { return courier.list(1); });
    CAPTURE(status);
    REQUIRE(got.content.has_error());
    CHECK(got.content.error().code == code);
    CHECK(to_string(got.content.error()).find("example-key") == std::string::npos);
    CHECK(got.how.status == status);
  }
}

TEST_CASE("Retry-After is read of 429 and 503 only, against the courier's own clock") {
  http::header_list dates{{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                          {"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"}};
  scripted_courier sim{with(429, "{}", dates), {}};
  auto throttled = sim.run([](maystro_api& courier) { return courier.list(1); });
  CHECK(throttled.how.server_date == parse_instant("1994-11-06T08:49:37Z"));
  CHECK(throttled.how.retry_after == milliseconds(10'000));
  sim.next = with(503, "", {{"Retry-After", "7"}});
  CHECK(sim.run([](maystro_api& courier) { return courier.list(1); }).how.retry_after == milliseconds(7'000));
  sim.next = with(500, "", {{"Retry-After", "7"}});
  CHECK_FALSE(sim.run([](maystro_api& courier) { return courier.list(1); }).how.retry_after.has_value());
  sim.next = with(429, "");
  CHECK_FALSE(sim.run([](maystro_api& courier) { return courier.list(1); }).how.retry_after.has_value());
}

TEST_CASE("hooks are listed, added, removed and tested at the courier's own paths") {
  scripted_courier sim{with(200, R"([{"id":"t1","name":"OrderDelivered"}])"), {}};
  CHECK(sim.run([](maystro_api& courier) { return courier.hook_types(); }).content->size() == 1);
  CHECK(sim.requests.back().target == "/api/stores/hooks/types/");

  sim.next.body = R"({"results":[{"id":5,"endpoint":"https://shop.example/w","trigger_type":"t1"}]})";
  CHECK(sim.run([](maystro_api& courier) { return courier.hooks(); }).content->size() == 1);
  CHECK(sim.requests.back().target == "/api/stores/hooks/costume/");

  sim.next = with(201, R"({"id":"h1","endpoint":"https://shop.example/w","trigger_type":{"id":"t1"}})");
  CHECK(sim.run([](maystro_api& courier) { return courier.add_hook("https://shop.example/w", "t1"); })
            .content->id == "h1");
  CHECK(sim.requests.back().method == "POST");
  CHECK(sim.requests.back().target == "/api/stores/hooks/costume/");
  CHECK(sim.requests.back().body == R"({"endpoint":"https://shop.example/w","trigger_type_id":"t1"})");
  CHECK(http::find_header(sim.requests.back().headers, "Content-Type") == "application/json");
  (void)sim.run([](maystro_api& courier) { return courier.add_hook("https://shop.example/w", "12"); });
  CHECK(sim.requests.back().body == R"({"endpoint":"https://shop.example/w","trigger_type_id":12})");

  sim.next = with(204, "");
  CHECK(sim.run([](maystro_api& courier) { return courier.remove_hook("h1"); }).content.value());
  CHECK(sim.requests.back().method == "DELETE");
  CHECK(sim.requests.back().target == "/api/stores/hooks/costume/h1/");
  sim.next = with(200, "sent");
  CHECK(sim.run([](maystro_api& courier) { return courier.test_hooks(); }).content.value());
  CHECK(sim.requests.back().method == "POST");
  CHECK(sim.requests.back().target == "/api/stores/hooks/test/request/");
}

TEST_CASE("a courier that cannot be reached is a transient error without status") {
  asio::io_context context;
  http::client client(context.get_executor(), {});
  maystro_api courier(client, {"http://127.0.0.1:1", secret("example-key-1")}, milliseconds(30'000));
  std::optional<answer<shipment_page>> got;
  asio::co_spawn(context, scripted_courier::keep(courier.list(1), got),
                 [](std::exception_ptr thrown) { CHECK(!thrown); });
  context.run();
  REQUIRE(got.has_value());
  REQUIRE(got->content.has_error());
  CHECK(got->content.error().kind == failure::transient);
  CHECK(got->how.status == 0);
}
