// Shapes in which a name or a number comes beside the usual ones: forms' own names, signs, prefixes, pairs.
#include "common/crypto/crypto.hpp"
#include "receiver/api/redaction/private_names.hpp"
#include "receiver/api/redaction/redaction.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <string>

using namespace suivi;
using namespace suivi::receiver;

namespace json = boost::json;

namespace {

// As both of the answers about an event show it.
std::string listed(const std::string& body) {
  json::error_code none;
  json::value decoded = json::parse(body, none);
  std::optional<json::value> read;
  if (!none) read = decoded;
  std::string all = json::serialize(redacted_payload(body, std::move(read))) + " " + masked_body(body);
  return all + " " + json::serialize(redacted_payload(crypto::base64_encode(body), std::nullopt));
}

bool tells(const std::string& body, const std::string& secret) {
  return listed(body).find(secret) != std::string::npos;
}

} // namespace

TEST_CASE("a form's own names are shown as those of members are") {
  CHECK(masked_body("Amina=1&status=4") == "***=***&status=4");
  CHECK(masked_body("status=4&Zo%C3%A9=1") == "***");
  CHECK(masked_body("status=4&order[id]=u1") == "status=4&order[id]=u1");
}

TEST_CASE("a phone number with a sign before it is one, and as an event's type it is no type") {
  for (const char* body : {R"({"x":-550112233})", R"({"x":-213550112233})", R"({"x":-550112233.0})",
                           R"([[-550112233],"cut)", R"({"event":550112233})", R"({"type":213550112233})",
                           R"({"name":550112233})", R"({"event":550112233,"cut)"}) {
    CAPTURE(body);
    CHECK_FALSE(tells(body, "550112233"));
  }
  for (const char* body :
       {R"({"x":-12,"event":7,"message_id":2070443601311540})", R"({"order_id":550112233})"})
    CHECK(masked_body(body) == body);
}

TEST_CASE("hexadecimal of words is hidden with its prefix too") {
  CHECK_FALSE(tells(R"({"doc":"0x4578616d706c6520506572736f6e"})", "4578616d"));
  CHECK_FALSE(tells(R"({"doc":"see 4578616d706c6520506572736f6e"})", "4578616d"));
  CHECK(masked_body(R"({"doc":"0x507f1f77bcf86cd799439011"})") == R"({"doc":"0x507f1f77bcf86cd799439011"})");
}

TEST_CASE("of members that are told as pairs the values of private ones are hidden") {
  for (const char* body :
       {R"({"fields":[{"key":"customer_name","value":"amina"}]})", R"({"x":[["client_name","amina"]]})",
        R"([{"name":"nom","old":"x","new":"amina"}])", R"({"field":"Phone","from":null,"to":["amina"]})"}) {
    CAPTURE(body);
    CHECK_FALSE(tells(body, "amina"));
  }
  for (const char* body : {R"({"fields":[{"key":"status","value":"4"},{"field":"zone","value":"west"}]})",
                           R"({"name":"AddressChanged","id":"u1","status":4})"})
    CHECK(masked_body(body) == body);
}

TEST_CASE("who did it, who has it now, and where people are found beside the telephone is hidden") {
  for (const char* member :
       {"by", "who", "causer", "received_by", "recuPar", "remis_a", "nom_de_famille", "facebook", "instagram",
        "Telegram", "viber", "addr", "iban", "delivery_note", "orderComment", "receiver_info"}) {
    CAPTURE(member);
    CHECK_FALSE(tells("{\"" + std::string(member) + "\":\"amina\"}", "amina"));
    CHECK_FALSE(tells(std::string(member) + "=amina&status=4", "amina"));
  }
}

TEST_CASE("a member whose name has a word for the customer is private, wherever in it") {
  for (const char* member : {"client_info", "clientData", "the-client", "shipping_customer", "recipient_data",
                             "mainRecipient", "adr_destinataire"}) {
    CAPTURE(member);
    CHECK_FALSE(tells("{\"" + std::string(member) + "\":{\"x\":\"amina\"}}", "amina"));
  }
  for (const char* body :
       {R"({"destination_id":"u1","receipt":"r"})", R"({"status":"client","client_count":7})"})
    CHECK(masked_body(body) == body);
}

TEST_CASE("an id that is a phone number written as one, or beside a name, is hidden") {
  CHECK(masked_body(R"({"reference":"+213550112233"})") == R"({"reference":"***"})");
  CHECK(masked_body(R"({"external_order_id":"Amina-0550112233"})") == R"({"external_order_id":"***"})");
  for (const char* body : {R"({"order_id":"0550112233"})", R"({"order_id":"MD-0550112233"})",
                           R"({"reference":"Commande-0550112233"})"})
    CHECK(masked_body(body) == body);
}

TEST_CASE("a message's id of which names are the greater part is none") {
  for (const char* id : {"Amina-Benali-1", "AminaBenali2"}) CHECK_FALSE(is_like_message_id(id));
  for (const char* id : {"Qm9iQWxpY2U1-Xk2", "msg-Abc-12345678", "Order-17", "f3Kz9QpLmX"})
    CHECK(is_like_message_id(id));
}
