// A request in JSON means one thing or is refused.
#include "common/json/request_json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;

TEST_CASE("a request is read as any JSON") {
  for (const char* text : {R"({"a":[{"b":1},{"b":2}],"c":{"a":"\\u0000 is no NUL"}})", "[1,2]", "\"x\"", "7"})
    CHECK(boost::json::serialize(parse_request(text).value()) ==
          boost::json::serialize(boost::json::parse(text)));
  CHECK(parse_request("\xEF\xBB\xBF {} ")->is_object());
  CHECK(parse_request("{").error().code == "json:syntax");
  CHECK(parse_request("").error().code == "json:empty");
  CHECK(parse_request(R"({"a":"\ud800"})").error().code == "json:surrogate");
}

TEST_CASE("a name that stands twice in one object, and U+0000, are refused") {
  for (const char* text : {R"({"a":1,"a":1})", R"([{"b":{"x":1,"y":2,"x":3}}])", R"({"a":1,"\u0061":2})"})
    CHECK(parse_request(text).error().code == "json:twice");
  for (const char* text :
       {R"("\u0000")", R"({"a":["x\u0000"]})", R"({"a\u0000":1})", R"({"a":1,"a\u0000":1})"})
    CHECK(parse_request(text).error().code == "json:nul");
}
