// Every courier's part is in the list, in its place, and holds all that is asked of it.
#include "common/courier_list/parts.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::courier;

TEST_CASE("each courier has a part of its own, in the order of the couriers") {
  REQUIRE(all_parts().size() == couriers.size());
  for (courier_kind which : couriers) {
    CAPTURE(slug(which));
    CHECK(all_parts()[index_of(which)]->which == which);
    CHECK(&part_of(which) == all_parts()[index_of(which)]);
  }
}

TEST_CASE("a part says what its states mean and reads accounts, of whichever courier") {
  for (const courier_part* part : all_parts()) {
    CAPTURE(slug(part->which));
    const state_meanings& means = part->meanings();
    REQUIRE(!means.all.empty());
    for (const parcel_state& state : means.all) CHECK(means.is_known(state));
    bool is_whole =
        means.is_delivered != nullptr && means.is_terminal != nullptr && means.is_final != nullptr;
    CHECK(is_whole);
    bool has_texts = means.text_of_number != nullptr;
    CHECK(has_texts == part->can.numbers_states);
    CHECK_FALSE(part->credential_names.empty());
    credentials none = part->read_credentials({}, "", "http://127.0.0.1:1/v1");
    CHECK(none.courier == part->which);
    CHECK(none.base_url == "http://127.0.0.1:1/v1");
    CHECK_FALSE(is_complete(none));
    CHECK(part->read_credentials({}, "http://127.0.0.1:2/", "http://127.0.0.1:1").base_url ==
          "http://127.0.0.1:2");
    const boost::json::object stored{{"baseUrl", "http://127.0.0.1:3/"}}; // beside the keys
    CHECK(part->read_credentials(stored, "", "http://127.0.0.1:1").base_url == "http://127.0.0.1:3");
    CHECK(part->read_credentials(stored, "http://127.0.0.1:2", "http://127.0.0.1:1").base_url ==
          "http://127.0.0.1:2");
  }
}

TEST_CASE("a part that sends webhooks reads them, and where they are signed all of that is there") {
  for (const courier_part* part : all_parts()) {
    CAPTURE(slug(part->which));
    bool decodes = part->decode != nullptr;
    CHECK(decodes == part->can.sends_webhooks);
    CHECK(event_source(part->which).empty() != part->can.sends_webhooks);
    bool signs = part->signs != nullptr;
    CHECK(signs == part->can.signs_webhooks);
    if (part->signs == nullptr) continue;
    bool is_whole = part->signs->is_signed != nullptr && part->signs->challenge_answer != nullptr &&
                    part->signs->split != nullptr;
    CHECK(is_whole);
    CHECK_FALSE(part->signs->signature_header.empty());
    CHECK_FALSE(part->signs->challenge_parameter.empty());
    CHECK(event_type_prefix(part->which).size() > 0);
  }
}

TEST_CASE("only what has no states as numbers reads them again from the bytes") {
  const char* body = R"({"type":"parcel_status_updated","events":[{"event_id":"e1",
      "data":{"tracking":"yal-1","status":"Livré"}}]})";
  for (courier_kind which : couriers)
    CHECK(reported_states(which, body).size() == (which == courier_kind::guepex ? 1 : 0));
}
