// Objects compared as they are written.
#include "common/json/same_members.hpp"

#include <doctest/doctest.h>
#include <string>

using suivi::has_same_members;

TEST_CASE("members count in whatever order and with whatever blanks") {
  CHECK(has_same_members(R"({"id":"a","price":33.50,"wilaya":"Alger"})",
                         R"({"id": "a", "price": 33.50, "wilaya": "Alger"})"));
  CHECK(has_same_members(R"({"b":1,"a":true,"c":"x,}y"})", "{\"a\" : true,\n \"c\":\"x,}y\"\t, \"b\": 1}"));
  CHECK(has_same_members(R"({"a":"\"\\","b":"é"})", R"({"b": "é", "a": "\"\\"})"));
}

TEST_CASE("another value, another name, one member more or less is not the same") {
  CHECK_FALSE(has_same_members(R"({"a":1})", R"({"a":2})"));
  CHECK_FALSE(has_same_members(R"({"a":1})", R"({"a":"1"})"));
  CHECK_FALSE(has_same_members(R"({"a":1})", R"({"b":1})"));
  CHECK_FALSE(has_same_members(R"({"a":1})", R"({"a":1,"b":2})"));
  CHECK_FALSE(has_same_members(R"({"a":1,"b":2})", R"({"a":1})"));
  CHECK_FALSE(has_same_members(R"({"a":"x\"","b":"y"})", R"({"a":"x","b":"y"})"));
}

TEST_CASE("a name that comes twice stands for each of its values, in their order") {
  CHECK_FALSE(has_same_members(R"({"a":1,"a":1})", R"({"a":1,"b":2})"));
  CHECK_FALSE(has_same_members(R"({"a":1,"b":2})", R"({"a":1,"a":1})"));
  CHECK_FALSE(has_same_members(R"({"a":1,"a":2})", R"({"a":2,"a":1})"));
}

TEST_CASE("what is no object of scalars is left to those who read JSON") {
  for (const char* text : {"", "{", "{}", "null", "1", "[1]", R"({"a":[1]})", R"({"a":{"b":1}})", R"({"a")",
                           R"({"a":)", R"({"a":1)", R"({"a":1} x)", R"({"a":"b)", R"({"a":1,})"}) {
    CAPTURE(text);
    CHECK_FALSE(has_same_members(text, text));
  }
}

TEST_CASE("more members than anybody keeps are left to those who read JSON") {
  std::string text = "{\"m0\":0";
  for (int i = 1; i < 32; ++i) text += ",\"m" + std::to_string(i) + "\":0";
  CHECK(has_same_members(text + "}", text + "}"));
  CHECK_FALSE(has_same_members(text + ",\"m32\":0}", text + ",\"m32\":0}"));
}
