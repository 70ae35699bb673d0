// Values that may be missing, as JSON and out of JSON.
#include "common/json/json_values.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;

TEST_CASE("what is missing is written as null and what is there as itself") {
  CHECK(or_null(std::optional<std::string>()) == nullptr);
  CHECK(or_null(std::optional<std::string>("")) == "");
  CHECK(or_null(std::optional<std::int64_t>()) == nullptr);
  CHECK(or_null(std::optional<std::int64_t>(0)) == 0);
  CHECK(or_null(std::optional<instant>()) == nullptr);
  CHECK(or_null(parse_instant("2026-03-01T12:00:00Z")) == boost::json::value("2026-03-01T12:00:00Z"));
}

TEST_CASE("a member that is not there is null, and no point in time") {
  boost::json::object row = object_of(R"({"at":"2026-03-01T13:00:00+01:00","n":1,"word":"soon"})");
  CHECK(member(row, "n") == 1);
  CHECK(member(row, "m") == nullptr);
  CHECK(instant_in(row, "at") == parse_instant("2026-03-01T12:00:00Z"));
  CHECK_FALSE(instant_in(row, "n"));
  CHECK_FALSE(instant_in(row, "word"));
  CHECK_FALSE(instant_in(row, "m"));
}

TEST_CASE("what is no object reads as an empty one") {
  CHECK(object_of("null").empty());
  CHECK(object_of("[1]").empty());
  CHECK(object_of("{").empty());
  CHECK(object_of(R"({"a":1})").size() == 1);
}
