// The states that the screen offers to filter orders by are those that the couriers' tables have.
#include "common/guepex/status.hpp"
#include "common/maystro/status.hpp"
#include "common/nord_west/event.hpp"
#include "receiver/screen/screen.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace suivi;
using namespace suivi::receiver;

namespace {

// What stands between `maystro:[` and the next `]`.
std::string states_of(std::string_view courier) {
  http::request request;
  request.method = "GET";
  request.target = "/assets/js/app.js";
  auto file = screen_response(request);
  REQUIRE(file);
  std::string all(file->bytes());
  std::size_t from = all.find(std::string(courier) + ":[");
  REQUIRE(from != std::string::npos);
  return all.substr(from, all.find(']', from) - from);
}

bool has(const std::string& list, std::string_view text) {
  return list.find("\"" + std::string(text) + "\"") != std::string::npos;
}

} // namespace

TEST_CASE("orders can be filtered by each state that a courier's parcels can be in, and by nothing else") {
  std::string maystro_states = states_of("maystro"), guepex_states = states_of("guepex"),
              nord_west_states = states_of("nord_west");
  for (const maystro::status& one : maystro::all_statuses()) CHECK(has(maystro_states, one.text));
  for (const guepex::status& one : guepex::all_statuses()) CHECK(has(guepex_states, one.text));
  for (const nord_west::event& one : nord_west::all_events())
    CHECK(has(nord_west_states, one.text) == one.says_where);
}
