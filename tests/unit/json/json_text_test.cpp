// Parsing the courier's JSON without losing digits or losing the program.
#include "common/json/json_text.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;

namespace {

std::string reread(std::string_view text, half_surrogates how = half_surrogates::fail) {
  auto value = parse_json(text, how);
  return value ? boost::json::serialize(*value) : value.error().code;
}

std::string mended(std::string_view text) {
  return reread(text, half_surrogates::mend);
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("integers of any length keep their digits") {
  CHECK(reread("[0,-1,41]") == "[0,-1,41]");
  CHECK(reread("9223372036854775807") == "9223372036854775807");
  CHECK(reread("-9223372036854775808") == "-9223372036854775808");
  CHECK(reread("18446744073709551615") == "18446744073709551615");
  CHECK(reread("18446744073709551616") == "\"18446744073709551616\"");
  CHECK(reread("{\"id\":12345678901234567890123456789012345678901234567890,\"n\":1}") ==
        "{\"id\":\"12345678901234567890123456789012345678901234567890\",\"n\":1}");
  CHECK(reread("[-99999999999999999999]") == "[\"-99999999999999999999\"]");
}

TEST_CASE("other numbers are the nearest double") {
  CHECK(parse_json("2500.50")->as_double() == 2500.50);
  CHECK(parse_json("1e3")->as_double() == 1000.0);
  CHECK(parse_json("0.1")->as_double() == 0.1);
  CHECK(parse_json("1234567890123456.7")->as_double() == 1234567890123456.7);
  CHECK(parse_json("1e-999")->as_double() == 0.0);
}

TEST_CASE("a number that is not finite fails the document") {
  CHECK(reread("{\"a\":1e999}") == "json:number");
  CHECK(reread("[-1e999]") == "json:number");
  CHECK(reread("[1e99999999999999999999]") == "json:number");
  CHECK(reread("[NaN]") == "json:syntax");
  CHECK(reread("[Infinity]") == "json:syntax");
}

TEST_CASE("a byte-order mark and white space around are dropped") {
  CHECK(reread("\xEF\xBB\xBF{\"a\":1}") == "{\"a\":1}");
  CHECK(reread(" \r\n\t{\"a\":1}\n ") == "{\"a\":1}");
  CHECK(reread("\xEF\xBB\xBF  ") == "json:empty");
  CHECK(reread("") == "json:empty");
}

TEST_CASE("U+0000 is dropped from texts and names, other escapes are read") {
  CHECK(reread(R"({"a\u0000b":"c\u0000\u0000d"})") == R"({"ab":"cd"})");
  CHECK(reread(R"("\u0000")") == R"("")");
  CHECK(parse_json(R"("\u00e9\ud83d\ude00\n")")->as_string() == "\xC3\xA9\xF0\x9F\x98\x80\n");
}

TEST_CASE("half a surrogate pair fails the document where nobody says otherwise") {
  for (auto text : {R"("\ud800")", R"({"a":"x\udc00y","b":41})", R"({"\uDBFF":1})", R"("\ude00\ud83d")"}) {
    CAPTURE(text);
    CHECK(reread(text) == "json:surrogate");
  }
  CHECK(reread(R"(["\\ud800","\ud83d\ude00"])") == R"(["\\ud800","😀"])");
}

TEST_CASE("half a surrogate pair spoils its own character and nothing else where it is mended") {
  const std::string lost = "\xEF\xBF\xBD";
  for (std::string half : {R"(\ud800)", R"(\uDBFF)", R"(\udc00)", R"(\uDFFF)"}) {
    CAPTURE(half);
    CHECK(mended("\"" + half + "\"") == "\"" + lost + "\"");
    CHECK(mended("{\"a\":\"x" + half + "y\",\"b\":41}") == "{\"a\":\"x" + lost + "y\",\"b\":41}");
    CHECK(mended("{\"" + half + "\":1}") == "{\"" + lost + "\":1}");
    CHECK(mended("\"" + half + "\\n\"") == "\"" + lost + "\\n\"");
  }
  CHECK(mended(R"("\ud83d\ud83d\ude00")") == "\"" + lost + "\xF0\x9F\x98\x80\"");
  CHECK(mended(R"("\ude00\ud83d")") == "\"" + lost + lost + "\"");
  CHECK(mended(R"("\ud800\\udc00")") == "\"" + lost + R"(\\udc00")");
  CHECK(mended(R"(["\ud800","\\ud800","\ud83d\ude00"])") ==
        "[\"" + lost + R"(","\\ud800",")" + "\xF0\x9F\x98\x80\"]");
  for (auto text : {R"("\ud800)", R"(\ud800)", R"("\ud80")", R"("\ud800\u12")", R"({"a":"\ud800",})"}) {
    CAPTURE(text);
    CHECK(mended(text) == "json:syntax");
  }
}

TEST_CASE("bytes that are not UTF-8 fail the document") {
  CHECK(reread("{\"a\":\"\xC3\"}") == "json:utf8");
  CHECK(reread("\"\xED\xA0\x80\"") == "json:utf8");
  CHECK(reread("\xFF\xFE{\x00") == "json:utf8");
}

TEST_CASE("nesting is read to 32 deep and refused beyond without recursion") {
  CHECK(reread(nested(32)) == nested(32));
  CHECK(reread(nested(33)) == "json:depth");
  CHECK(reread(std::string(1'000'000, '[')) == "json:depth");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(reread(objects) == "json:depth");
}

TEST_CASE("what is not one JSON document is refused") {
  for (auto text : {"{", "{\"a\":}", "{\"a\":1,}", "[1,]", "{'a':1}", "{} {}", "[] x", "hello", "01", "+1",
                    "1.", ".5", "\"open", "nul", "// c\n1", "{\"a\" 1}"}) {
    CAPTURE(text);
    CHECK(reread(text) == "json:syntax");
  }
}

TEST_CASE("numbers are written as people write them and everything else as it was") {
  auto again = [](std::string_view text) { return write_json(*parse_json(text)); };
  for (const char* same :
       {"33.33", "-0.5", "100.0e0", "[]", "{}", "null", R"({"a":[1,2.5,{"b":"\"x\\é"}],"c":true,"d":{}})",
        "18446744073709551615", "[[],[{}]]"})
    CHECK(again(same) == (std::string_view(same) == "100.0e0" ? "100" : same));
  CHECK(parse_json(again("1.7976931348623157e308"))->as_double() == 1.7976931348623157e308);
}

TEST_CASE("an object of more than a thousand members is refused, whoever asks") {
  std::string members = R"("a":1)";
  for (int i = 1; i < 1'000; ++i) members += ",\"m" + std::to_string(i) + "\":1";
  CHECK(parse_json("{" + members + "}").has_value());
  CHECK(reread("[{" + members + ",\"z\":1}]") == "json:size");
}

TEST_CASE("a document lies in the memory that was named for it, with all its parts") {
  auto where = boost::json::make_shared_resource<boost::json::monotonic_resource>();
  for (const char* text :
       {R"({"a longer name than fits":{"b":["a longer text than fits in place",1]}})",
        R"({"a longer name than fits":{"b":["a longer text \ud800 than fits in place",1]}})"}) {
    auto read = parse_json(text, half_surrogates::mend, {}, where);
    REQUIRE(read.has_value());
    CHECK(read->storage().get() == where.get());
    const auto& list = read->at("a longer name than fits").at("b");
    CHECK(list.storage().get() == where.get());
    CHECK(list.at(0).storage().get() == where.get());
  }
}
