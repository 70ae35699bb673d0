// Pages of the order list, single orders and hooks, in the shapes the courier has been seen to answer with.
#include "common/maystro/hook.hpp"
#include "common/maystro/page.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi::maystro;

TEST_CASE("a page is read from each of the four envelopes") {
  const std::string rows = R"([{"id":"a","status":4},{"id":"b","status":"41"}])";
  for (const std::string& body :
       {R"({"list":{"count":2,"next":null,"previous":null,"results":)" + rows + "}}",
        R"({"count":2,"results":)" + rows + "}", R"({"list":)" + rows + "}", rows}) {
    CAPTURE(body);
    auto read = read_page(body);
    REQUIRE(read.has_value());
    REQUIRE(read->rows.size() == 2);
    CHECK(read->rows[0].uuid == "a");
    CHECK(read->rows[1].status == 41);
    CHECK(read->unreadable == 0);
    CHECK_FALSE(read->has_next);
  }
}

TEST_CASE("count and next stand beside the rows and may be odd") {
  auto page_with = [](std::string_view members) {
    return read_page(fmt::format(R"({{"list":{{{},"results":[]}}}})", members)).value();
  };
  CHECK(page_with(R"("count":157000,"next":"http://example.org/?page=2")").count == 157000);
  CHECK(page_with(R"("count":157000,"next":"http://example.org/?page=2")").has_next);
  CHECK(page_with(R"("count":"12","next":"")").count == 12);
  CHECK_FALSE(page_with(R"("count":"12","next":"")").has_next);
  for (auto members : {R"("count":9223372036854775807)", R"("count":99999999999999999999)"})
    CHECK(page_with(members).count == 1'000'000'000'000'000); // more than is there, and no sum overflows
  for (auto members : {R"("count":-1)", R"("count":-99999999999999999999)", R"("count":null)",
                       R"("count":1.5)", R"("count":"many")"}) {
    CAPTURE(members);
    CHECK_FALSE(page_with(members).count.has_value());
  }
}

TEST_CASE("rows without identity or status, and what is no row, are counted and left out") {
  auto read = read_page(
      R"({"list":{"count":7,"results":[{"id":"a","status":4},null,"x",[],{"status":4},{"id":"b"},{"id":"c","status":"?"}]}})");
  REQUIRE(read.has_value());
  CHECK(read->rows.size() == 1);
  CHECK(read->unreadable == 6);
}

TEST_CASE("what is no list of orders is malformed and may be asked for again") {
  for (auto body : {"", "<html>Bad gateway</html>", R"({"detail":"Invalid page."})", "{}", "null",
                    R"({"list":{}})", R"({"list":null})", R"({"list":{"results":null}})", R"({"results":{}})",
                    R"({"list":{"results":[)", R"([{"id":1e999}])", "\"text\""}) {
    CAPTURE(body);
    auto read = read_page(body);
    REQUIRE(read.has_error());
    CHECK(read.error().code == "courier:malformed");
    CHECK(read.error().kind == suivi::failure::transient);
  }
}

TEST_CASE("one order is read plain or one level down, without metadata") {
  for (auto body : {R"({"id":"a","status":4,"wilaya":"Oran"})", R"({"data":{"id":"a","status":4}})",
                    R"({"order":{"id":"a","status":4}})"}) {
    auto read = read_one(body);
    REQUIRE(read.has_value());
    CHECK(read->uuid == "a");
    CHECK(read->metadata.empty());
  }
  for (auto body : {"", "[]", "{}", R"({"id":"a"})", R"({"detail":"Not found."})"})
    CHECK(read_one(body).has_error());
}

TEST_CASE("hooks are read in both shapes, with ids as numbers or texts") {
  auto hooks =
      read_hooks(R"([{"id":"h1","endpoint":"https://shop.example/w","trigger_type":{"id":"t1","name":"n"}},
    {"id":2,"endpoint":"https://shop.example/w","triggers":[{"id":7},8,"9"]},{"id":3,"trigger_type":4},{"endpoint":"x"},5])");
  REQUIRE(hooks.has_value());
  REQUIRE(hooks->size() == 3);
  CHECK((*hooks)[0].id == "h1");
  CHECK((*hooks)[0].trigger_ids == std::vector<std::string>{"t1"});
  CHECK((*hooks)[1].id == "2");
  CHECK((*hooks)[1].endpoint == "https://shop.example/w");
  CHECK((*hooks)[1].trigger_ids == std::vector<std::string>{"7", "8", "9"});
  CHECK((*hooks)[2].trigger_ids == std::vector<std::string>{"4"});
  CHECK(read_hooks(R"({"results":[]})")->empty());
  CHECK(read_hooks(R"({"detail":"no"})").has_error());
}

TEST_CASE("hook types are read in both shapes") {
  for (auto body :
       {R"([{"id":1,"name":"all"},{"id":"u","name":"OrderDelivered"},{"id":5}])",
        R"({"results":[{"id":1,"name":"all"},{"id":"u","name":"OrderDelivered"},{"name":"x"}]})"}) {
    auto types = read_hook_types(body);
    REQUIRE(types.has_value());
    REQUIRE(types->size() == 2);
    CHECK((*types)[0].id == "1");
    CHECK((*types)[1].name == "OrderDelivered");
  }
  CHECK(read_hook(R"({"id":5,"endpoint":"e"})")->id == "5");
  CHECK(read_hook("[]").has_error());
}
