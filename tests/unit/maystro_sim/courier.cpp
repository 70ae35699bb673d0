// The courier's answers without sockets: paging, shapes, look-ups, faults, hooks, and the control face's
// settings.
#include "tests/maystro_sim/courier/courier.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <set>

using namespace suivi;
using namespace suivi::sim;
namespace json = boost::json;

namespace {

constexpr instant noon{std::chrono::sys_days{std::chrono::year(2026) / 1 / 31} + std::chrono::hours(12)};

struct fixture {
  explicit fixture(std::uint64_t known = 100) : of(shape(known), {{"a", "example-key-1", "A"}}, settings()) {}

  static world_shape shape(std::uint64_t known) {
    world_shape s;
    s.first = {7, known, 1, 0.02};
    s.start = noon;
    return s;
  }

  http::response ask(std::string target, std::string method = "GET", std::string body = "",
                     std::string token = "example-key-1") {
    http::request r;
    r.method = std::move(method);
    r.target = std::move(target);
    r.body = std::move(body);
    r.headers.emplace_back("Authorization", "Token " + token);
    clock += milliseconds(1);
    return of.answer(r, clock, chance);
  }

  json::array page(int n) {
    const auto r = ask("/api/stores/orders/?page=" + std::to_string(n));
    REQUIRE(r.status == 200);
    return json::parse(r.body).at("list").at("results").as_array();
  }

  // uuids of a whole paged reading
  std::multiset<std::string> read_all() {
    std::multiset<std::string> listed;
    for (int n = 1;; ++n) {
      const auto r = ask("/api/stores/orders/?page=" + std::to_string(n));
      if (r.status == 404) return listed;
      REQUIRE(r.status == 200);
      const auto body = json::parse(r.body);
      for (const auto& row : body.at("list").at("results").as_array())
        listed.insert(std::string(row.at("id").as_string()));
    }
  }

  courier of;
  draw chance{5};
  instant clock = noon + seconds(1);
};

} // namespace

TEST_CASE("pages hold twenty rows with the newest first and end with 404") {
  fixture f;
  const auto total = f.of.all.count(0, noon);
  const auto all = f.read_all();
  CHECK(all.size() == total);
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == total);
  const auto first = f.page(1);
  REQUIRE(first.size() == 20);
  for (std::size_t i = 1; i < first.size(); ++i)
    CHECK(std::string_view(first[i - 1].at("created_at").as_string()) >=
          std::string_view(first[i].at("created_at").as_string()));
  CHECK(f.ask("/api/stores/orders/?page=99").status == 404);
  CHECK(f.ask("/api/stores/orders/?page=99").body == R"({"detail":"Invalid page."})");
  CHECK(f.ask("/api/stores/orders/?page=x").status == 404);
}

TEST_CASE("every other list shape holds the same rows") {
  fixture f;
  const auto rows = json::serialize(f.page(2));
  const auto shaped = [&](const char* shape) {
    f.of.set.list_envelope = shape;
    return json::parse(f.ask("/api/stores/orders/?page=2").body);
  };
  CHECK(json::serialize(shaped("results").at("results")) == rows);
  CHECK(json::serialize(shaped("list").at("list")) == rows);
  CHECK(json::serialize(shaped("bare")) == rows);
}

TEST_CASE("insertions while paging repeat rows and lose none") {
  fixture f;
  const auto before = f.read_all();
  f.of.set.shift_insert = 1;
  const auto listed = f.read_all();
  const std::set<std::string> distinct(listed.begin(), listed.end());
  for (const auto& uuid : before) CHECK(distinct.count(uuid) == 1);
  CHECK(listed.size() > distinct.size());
  CHECK(!f.of.take_news().empty());
}

TEST_CASE("removals while paging let rows slip through and never touch what the shop knows") {
  fixture f(400);
  for (int i = 0; i < 30; ++i) f.of.all.insert_foreign(0, noon);
  const auto before = f.read_all();
  f.of.set.shift_remove = 1;
  const auto listed = f.read_all();
  CHECK(std::set<std::string>(listed.begin(), listed.end()).size() < before.size());
  std::size_t known = 0;
  for (order_index i = 0; i < f.of.all.order_count(); ++i)
    if (const auto t = f.of.all.truth_of(i); t && t->known) ++known;
  CHECK(known == 400);
}

TEST_CASE("a look-up is exact unless the filter is ignored") {
  fixture f;
  const auto reference = shared_reference(7, 3);
  auto found =
      json::parse(f.ask("/api/stores/orders/?external_order_id=" + reference).body).at("list").at("results");
  REQUIRE(!found.as_array().empty());
  for (const auto& row : found.as_array()) CHECK(row.at("external_order_id").as_string() == reference);
  found = json::parse(f.ask("/api/stores/orders/?external_order_id=nobody").body).at("list").at("results");
  CHECK(found.as_array().empty());
  f.of.set.unknown_unfiltered = true;
  found = json::parse(f.ask("/api/stores/orders/?external_order_id=nobody").body).at("list").at("results");
  CHECK(found.as_array().size() == 20);
  f.of.set.filter_ignored = 1;
  found =
      json::parse(f.ask("/api/stores/orders/?external_order_id=" + reference).body).at("list").at("results");
  CHECK(found.as_array().size() == 20);
}

TEST_CASE("one order and its history are found by uuid only") {
  fixture f;
  const auto row = f.page(1)[0].as_object();
  const std::string uuid(row.at("id").as_string());
  CHECK(json::parse(f.ask("/api/stores/orders/" + uuid + "/").body) == json::value(row));
  const auto history = json::parse(f.ask("/api/stores/history_order/" + uuid).body).as_array();
  CHECK(history.back().at("status") == row.at("status"));
  CHECK(f.ask("/api/stores/orders/" + std::to_string(row.at("display_id").as_int64()) + "/").status == 404);
}

TEST_CASE("a wrong token and a refused one are answered 401") {
  fixture f;
  CHECK(f.ask("/api/stores/orders/?page=1", "GET", "", "example-key-2").status == 401);
  CHECK(f.ask("/api/stores/orders/?page=1").status == 200);
  f.of.set.refused_tokens = {"example-key-1"};
  CHECK(f.ask("/api/stores/orders/?page=1").status == 401);
}

TEST_CASE("faults come as they are set") {
  fixture f;
  f.of.set.fail_pages = {2};
  f.of.set.fail_kinds = {"html"};
  CHECK(f.ask("/api/stores/orders/?page=1").status == 200);
  CHECK(f.ask("/api/stores/orders/?page=2").status == 500);
  f.of.set.fail_kinds = {"cut"};
  CHECK(f.ask("/api/stores/orders/?page=2").status == 0);
  f.of.set.fail_kinds = {"truncated"};
  boost::system::error_code bad;
  const auto truncated = f.ask("/api/stores/orders/?page=2");
  json::parse(truncated.body, bad);
  CHECK(truncated.status == 200);
  CHECK(bad);
  f.of.set.throttle = 1;
  f.of.set.retry_after_s = 7;
  const auto throttled = f.ask("/api/stores/orders/?page=1");
  CHECK(throttled.status == 429);
  CHECK(http::find_header(throttled.headers, "Retry-After") == "7");
  f.of.set.retry_after_date = true;
  const auto dated = f.ask("/api/stores/orders/?page=1");
  CHECK(http::find_header(dated.headers, "Retry-After") == "Sat, 31 Jan 2026 12:00:08 GMT");
}

TEST_CASE("requests beyond the limit of a second are throttled") {
  fixture f;
  f.of.set.requests_per_second = 3;
  for (int i = 0; i < 3; ++i) CHECK(f.ask("/api/stores/orders/?page=1").status == 200);
  CHECK(f.ask("/api/stores/orders/?page=1").status == 429);
}

TEST_CASE("hooks are listed and added and deleted") {
  fixture f;
  const auto types = json::parse(f.ask("/api/stores/hooks/types/").body).at("results").as_array();
  REQUIRE(types.size() == 4);
  const std::string id(types[2].at("id").as_string());
  const auto made = f.ask("/api/stores/hooks/costume/", "POST",
                          R"({"endpoint":"https://shop.example/hook","trigger_type_id":")" + id + R"("})");
  CHECK(made.status == 201);
  CHECK(f.ask("/api/stores/hooks/costume/", "POST", R"({"trigger_type_id":"x"})").status == 400);
  f.of.set.hooks_envelope = "bare";
  const auto mine = json::parse(f.ask("/api/stores/hooks/costume/").body).as_array();
  REQUIRE(mine.size() == 1);
  CHECK(mine[0].at("trigger_type").at("name").as_string() == "OrderStatusChanged");
  CHECK(f.ask("/api/stores/hooks/test/request/", "POST").status == 200);
  CHECK(f.of.test_requests.size() == 1);
  const std::string hook_id(mine[0].at("id").as_string());
  CHECK(f.ask("/api/stores/hooks/costume/" + hook_id + "/", "DELETE").status == 204);
  CHECK(f.ask("/api/stores/hooks/costume/" + hook_id + "/", "DELETE").status == 404);
}

TEST_CASE("the fleet makes as many changes as its rate and the time ask for") {
  fixture f(1000);
  f.of.set.changes_per_second = 50;
  for (int i = 0; i < 100; ++i) f.of.move(std::chrono::duration<double>(0.1), noon);
  CHECK(f.of.changes >= 499);
  CHECK(f.of.changes <= 500);
  CHECK(f.of.take_news().size() == f.of.changes);
}

TEST_CASE("settings are changed all together or not at all") {
  settings s;
  CHECK(!apply(s, json::parse(R"({"webhook_loss":0.2,"latency_ms":30})").as_object()));
  CHECK(s.webhook_loss == 0.2);
  CHECK(apply(s, json::parse(R"({"webhook_loss":0.5,"nonsense":1})").as_object()));
  CHECK(apply(s, json::parse(R"({"webhook_loss":"much"})").as_object()));
  CHECK(apply(s, json::parse(R"({"webhook_styles":["letter:1"]})").as_object()));
  CHECK(s.webhook_loss == 0.2);
  settings copy;
  CHECK(!apply(copy, to_json(s)));
  CHECK(to_json(copy) == to_json(s));
}
