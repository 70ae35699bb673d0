// Whose fault a 422 of Nord West is.
#include "common/nord_west/refusal.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace suivi::nord_west;

namespace {

std::string blamed(std::string_view body) {
  std::vector<std::string> requested{"ECS1", " ecs17 ", "A venir"};
  refusal read = read_refusal(body, requested);
  return read.of_key ? "key" : fmt::format("{}", fmt::join(read.numbers, ","));
}

} // namespace

TEST_CASE("fields that are no tracking numbers are the key's, whatever else is named") {
  CHECK(blamed(R"({"errors":{"api_token":["The selected api token is invalid."]}})") == "key");
  CHECK(blamed(R"({"errors":{"user_guid":["x"],"trackings.0":["y"]}})") == "key");
  CHECK(blamed(R"({"message":"The user_guid field is required."})") == "key");
  CHECK(blamed(R"({"errors":{"token":["wrong"]}})") == "key");
}

TEST_CASE("a number is named by its place in the list, or by itself as a word") {
  CHECK(blamed(R"({"message":"The given data was invalid.","errors":{"trackings.1":["invalid"]}})") ==
        " ecs17 ");
  CHECK(blamed(R"({"message":"Le colis ECS17 est invalide"})") == " ecs17 ");
  CHECK(blamed(R"({"errors":{"trackings":["A VENIR: inconnu"]}})") == "A venir");
  CHECK(blamed(R"({"errors":{"ECS1":["inconnu"]}})") == "ECS1");
  CHECK(blamed("colis ECS1 et ECS17") == "ECS1, ecs17 ");
}

TEST_CASE("a body that names nothing of it blames nobody") {
  CHECK(blamed("").empty());
  CHECK(blamed("<html>").empty());
  CHECK(blamed(R"({"errors":{"trackings":["The trackings field is invalid."]}})").empty());
  CHECK(blamed(R"({"errors":{"trackings.7":["x"],"trackings.x":["y"]}})").empty());
  CHECK(blamed(R"({"message":"Le colis ECS171 est invalide"})").empty());
}
