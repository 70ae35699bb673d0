// A member that names a wilaya holds one of few words: what else stands there may be anybody's name.
#include "receiver/api/redaction/redaction.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

namespace json = boost::json;

namespace {

std::string masked(const std::string& name) {
  json::value in =
      json::object{{"wilaya", name}, {"to_wilaya_name", name}, {"payload", {{"fromWilayaName", name}}}};
  suivi::receiver::mask(in);
  return json::serialize(in);
}

std::string all(const std::string& name) {
  return json::serialize(
      json::object{{"wilaya", name}, {"to_wilaya_name", name}, {"payload", {{"fromWilayaName", name}}}});
}

} // namespace

TEST_CASE("a wilaya's member shows a wilaya's name or number") {
  for (const char* name : {"Alger", "16 - ALGER", "Béjaïa (06)", "Tizi-Ouzou", "M'Sila", "M’sila", "El Oued",
                           "وهران", "أم البواقي", "Ain Témouchent", "58", "16", ""})
    CHECK_MESSAGE(masked(name) == all(name), name);
}

TEST_CASE("a wilaya's member shows no other word") {
  const std::string endless = "Alger" + std::string(100, '.');
  for (const std::string& name : {std::string("Example Person"), std::string("Person"), std::string("person"),
                                  std::string("Alger Example"), std::string("مثال"), std::string("lger"),
                                  std::string("mila alger"), endless})
    CHECK_MESSAGE(masked(name) == all("***"), name);
}
