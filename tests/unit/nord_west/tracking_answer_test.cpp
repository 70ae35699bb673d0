// Answers by tracking number, and which of a parcel's events is its state.
#include "common/nord_west/credentials.hpp"
#include "common/nord_west/tracking_answer.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi;
using namespace suivi::nord_west;

namespace {

constexpr std::string_view order_info =
    R"("OrderInfo":{"tracking":"ECS1","reference":"CMD-1","client":"Amine",
  "phone":"0550000000","phone_2":"","adresse":"12 rue","wilaya_id":16,"commune":"Bab Ezzouar","montant":2500,
  "remarque":"appeler","produit":"Montre","type_id":1,"created_at":"2026-01-30T09:00:00.000000Z"},
  "recipientName":"Amine","shippedBy":"Boutique")";

std::string entry(std::string_view key, std::string_view text, std::string_view at) {
  return fmt::format(R"({{"event_key":"{}","event":"{}","causer":"x","date":"{}"}})", key, text, at);
}

std::string answer_with(const std::string& entries) {
  return fmt::format(R"({{"ECS1":{{{},"activity":[{}]}}}})", order_info, entries);
}

parcel parcel_with(const std::string& entries) {
  return read_tracking_answer(answer_with(entries)).value().parcels.at(0);
}

const std::string uploaded = entry("upload", "Uploadé sur le système", "2026-01-30 10:00:00");
const std::string on_its_way = entry("fdr_activated", "En livraison", "2026-01-31 09:00:00");
const std::string arrived = entry("livre", "Livré", "2026-01-31 12:00:00");
const std::string repriced = entry("edit_price", "Prix modifié", "2026-02-01 08:00:00");

} // namespace

TEST_CASE("the state is the entry with the latest time, in whichever order the list is") {
  for (const std::string& entries :
       {uploaded + "," + on_its_way + "," + arrived, arrived + "," + on_its_way + "," + uploaded,
        on_its_way + "," + arrived}) {
    parcel one = parcel_with(entries);
    CHECK(one.state->text == "LIVRÉ");
    CHECK(one.state_at == parse_instant("2026-01-31T11:00:00Z"));
  }
}

TEST_CASE("among equal times the later in the list is the state") {
  std::string same_time = entry("colis_suspendu", "Suspendu", "2026-01-31 12:00:00");
  CHECK(parcel_with(arrived + "," + same_time).state->text == "SUSPENDU");
  CHECK(parcel_with(same_time + "," + arrived).state->text == "LIVRÉ");
}

TEST_CASE("edits, fees and requests say nothing of where the parcel is") {
  for (const char* key : {"edited_informations", "edit_price", "edit_wilaya", "extra_fee",
                          "ask_to_delete_by_admin", "ask_to_delete_by_hub"})
    CHECK(parcel_with(on_its_way + "," + entry(key, "", "2026-02-02 08:00:00")).state->text ==
          "EN LIVRAISON");
  std::string without_key = R"({"event":"prix modifie","date":"2026-02-02 08:00:00"})";
  CHECK(parcel_with(on_its_way + "," + without_key).state->text == "EN LIVRAISON");
  CHECK_FALSE(parcel_with(repriced).state);
}

TEST_CASE("money that moves after delivery leaves the parcel delivered") {
  for (const char* key : {"verssement_admin_cust", "verssement_admin_cust_canceled",
                          "verssement_hub_cust_canceled", "validation_reception_cash_by_partener"}) {
    parcel one = parcel_with(arrived + "," + entry(key, "", "2026-02-03 08:00:00"));
    CHECK(is_delivered(one.state->text));
    CHECK(one.state->text != "LIVRÉ");
  }
  CHECK_FALSE(is_delivered("ÉCHANGE VALIDÉ"));
  CHECK(is_final("MONTANT REÇU PAR LE PARTENAIRE"));
  CHECK(is_final("RETOUR VALIDÉ PAR LE PARTENAIRE"));
  CHECK_FALSE(is_final("LIVRÉ"));
}

TEST_CASE("the French text counts where the key is missing or nobody knows it") {
  CHECK(parcel_with(R"({"event":"livre","date":"2026-01-31 12:00:00"})").state->text == "LIVRÉ");
  CHECK(parcel_with(entry("livre_v2", "LIVRE", "2026-01-31 12:00:00")).state->text == "LIVRÉ");
  CHECK(parcel_with(entry(" Livre ", "whatever", "2026-01-31 12:00:00")).state->text == "LIVRÉ");
}

TEST_CASE("a state that nobody knows is its text in capitals, else its key") {
  parcel worded = parcel_with(entry("lost_key", "Perdu à la gare", "2026-01-31 12:00:00"));
  CHECK(worded.state->text == "PERDU À LA GARE");
  CHECK_FALSE(worded.state->known);
  CHECK(parcel_with(entry("lost_key", "", "2026-01-31 12:00:00")).state->text == "LOST_KEY");
}

TEST_CASE("an entry without a time that can be read is no state") {
  CHECK_FALSE(parcel_with(entry("livre", "Livré", "hier")).state);
  CHECK_FALSE(parcel_with("").state);
  CHECK(parcel_with(R"({"event_key":"livre"},3,)" + on_its_way).state->text == "EN LIVRAISON");
}

TEST_CASE("every known event has its text, by key and by text") {
  for (const event& known : all_events()) {
    CAPTURE(known.key);
    CHECK(read_event(known.key, "")->text == known.text);
    CHECK(read_event("", known.text)->text == known.text);
    CHECK(read_event("", known.text)->says_where == known.says_where);
  }
  CHECK_FALSE(read_event(" ", ""));
}

TEST_CASE("what is kept beside the order holds no persons, phones, addresses or remarks") {
  parcel one = parcel_with(arrived);
  CHECK(one.reference == "CMD-1");
  CHECK(one.created_at == parse_instant("2026-01-30T09:00:00Z"));
  CHECK(
      one.metadata ==
      R"({"commune":"Bab Ezzouar","created_at":"2026-01-30T09:00:00.000000Z","montant":2500,"produit":"Montre",)"
      R"("reference":"CMD-1","tracking":"ECS1","type_id":1,"wilaya_id":16})");
}

TEST_CASE("nothing may come as an empty list, and unknown numbers are missing") {
  CHECK(read_tracking_answer("[]").value().parcels.empty());
  CHECK(read_tracking_answer("{}").value().parcels.empty());
  auto two = read_tracking_answer(
      fmt::format(R"({{"ECS2":{{"activity":[]}},"ECS1":{{{},"activity":[{}]}}}})", order_info, arrived));
  REQUIRE(two->parcels.size() == 2);
  CHECK(two->parcels[0].tracking == "ECS2");
  CHECK_FALSE(two->parcels[0].state);
}

TEST_CASE("of a number that was asked for null and an empty list say that it is not known") {
  const std::vector<std::string> requested{"ecs1 ", "ECS2"};
  std::string both = answer_with(arrived);
  both.insert(both.size() - 1, R"(,"ECS2":null)");
  for (const std::string& body :
       {both, std::string(R"({"ECS1":null,"ECS2":[]})"), std::string(R"({"ECS2":[]})")}) {
    CAPTURE(body);
    auto read = read_tracking_answer(body, requested);
    REQUIRE(read.has_value());
    CHECK(read->parcels.size() == (body == both ? 1 : 0));
    CHECK(read->unreadable == 0);
  }
  CHECK_FALSE(read_tracking_answer(R"({"message":null,"data":[]})", requested).has_value());
  CHECK(read_tracking_answer(both).value().unreadable == 1);
}

TEST_CASE("an answer may spell the number otherwise than its key") {
  std::string body = answer_with(arrived);
  body.replace(body.find("ECS1"), 4, "ecs1");
  CHECK(read_tracking_answer(body).value().parcels.at(0).tracking == "ecs1");
}

TEST_CASE("an element that is about another parcel than its key is counted, not read") {
  auto read = read_tracking_answer(fmt::format(R"({{"ECS9":{{{},"activity":[{}]}}}})", order_info, arrived));
  REQUIRE(read.has_value());
  CHECK(read->parcels.empty());
  CHECK(read->unreadable == 1);
}

TEST_CASE("an error's JSON and a web page are no answer") {
  for (const char* body : {R"({"message":"Unauthenticated."})", R"({"errors":{"api_token":["required"]}})",
                           "<html>", "", "[1]", "null"}) {
    CAPTURE(body);
    auto read = read_tracking_answer(body);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == "nord_west:malformed");
  }
}

TEST_CASE("Nord West's credentials are read in every spelling") {
  for (const char* text : {R"({"apiToken":"t","userGuid":" g "})", R"({"api_token":"t","user_guid":"g"})"}) {
    credentials read = read_credentials(boost::json::parse(text).as_object());
    CHECK(read.api_token.reveal() == "t");
    CHECK(read.user_guid.reveal() == "g");
  }
}
