// Nothing of a customer's is shown, however a webhook is wrapped, broken or spelled.
#include "receiver/api/redaction/redaction.hpp"

#include "common/crypto/crypto.hpp"
#include "common/http/message/message.hpp"
#include "receiver/api/events/event_json.hpp"
#include "receiver/api/redaction/contacts.hpp"
#include "receiver/api/redaction/order_columns.hpp"
#include "receiver/api/redaction/private_names.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

namespace json = boost::json;

namespace {

std::string redacted(std::string_view raw) {
  event_summary e;
  e.raw = raw;
  e.outcome = "applied";
  return json::serialize(event_json(e, true, {}).at("payload"));
}

std::string quoted(std::string_view text) {
  return json::serialize(json::string(text));
}

bool tells(std::string_view shown_text, std::string_view secret) {
  std::string all(shown_text);
  // Whoever reads it may unwrap it.
  for (int i = 0; i < 4; ++i) {
    if (all.find(secret) != std::string::npos) return true;
    std::string more;
    std::string word;
    for (char c : all + " ") {
      bool of_word = std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/' || c == '=' ||
                     c == '-' || c == '_';
      if (of_word) {
        word += c;
        continue;
      }
      if (auto bytes = crypto::base64_decode(word); bytes && word.size() > 7) more += *bytes + " ";
      if (auto plain = http::percent_decode(word)) more += *plain + " ";
      word.clear();
    }
    all = more;
  }
  return all.find(secret) != std::string::npos;
}

} // namespace

TEST_CASE("customers' values read three stars at any depth and whatever they are") {
  CHECK(
      redacted(
          R"({"event":"x","payload":{"id":"u1","status":31,"customer_name":"Example","customer_phone":550,
                  "Phone2":["a"],"destination_text":{"x":1},"address":null,"list":[{"customer_x":1,"ok":2}]}})") ==
      R"({"event":"x","payload":{"id":"u1","status":31,"customer_name":"***","customer_phone":"***","Phone2":"***",)"
      R"("destination_text":"***","address":"***","list":[{"customer_x":"***","ok":2}]}})");
}

namespace {

// clang-format off
constexpr const char* private_in_any_spelling[] = {
    "customer_", "CUSTOMER_NAME", "customerName", "customer-email", "phone", "second_phone_number",
    "Telephone", "mobile", "MobileNumber", "Address", "shipping_address", "addresses", "adresse",
    "Adresse", "first_name", "firstName", "FamilyName", "family-name", "recipientName",
    "recipient_name", "client", "client.name", "order[client][city]", "note_to_driver", "noteToDriver",
    "label", "Labels", "PIN", "destinationText", "nom", "Prénom", "NOM_CLIENT", "full_name",
    "lastName", "tel", "gsm", "whatsapp", "contact", "e_mail", "billingEmail", "lat", "Lng"};
// clang-format on

} // namespace

TEST_CASE("a private name is one in any spelling of case, underscore and hyphen") {
  for (const char* name : private_in_any_spelling) CHECK_MESSAGE(is_private_name(name), name);
  for (const char* name : {"display_id", "external_order_id", "status", "wilaya", "pinned", "clients_count",
                           "id", "nombre", "hotel"})
    CHECK_MESSAGE(!is_private_name(name), name);
}

TEST_CASE("JSON kept as a text within is masked too") {
  CHECK(redacted(R"({"id":"u1","status":1,"note":"{\"customer_name\":\"Example\",\"a\":[1]}"})") ==
        R"({"id":"u1","status":1,"note":"{\"customer_name\":\"***\",\"a\":[1]}"})");
  auto thrice = R"({"customer_name":"Example"})";
  CHECK_FALSE(
      tells(redacted(R"({"id":"u1","status":1,"note":)" + quoted(quoted(quoted(thrice))) + "}"), "Example"));
}

TEST_CASE("base64 in a payload is masked whatever it decodes to") {
  for (const char* inner :
       {R"([{"customerName":"Example","status":31}])", R"({"customer_name":"Example","status":)",
        R"({"a":{"client":{"city":"Example"}})", R"({"customer_name":"Exam)",
        "customer_name=Example&status=31", "reference,name,phone\nR1,Example,0550",
        R"("Example of somebody")", "Example of somebody"}) {
    CAPTURE(inner);
    auto once = crypto::base64_encode(inner);
    auto twice = crypto::base64_encode(once);
    for (const auto& wrapped : {once, twice, crypto::base64_encode(twice)})
      for (const char* member : {"payload", "data", "note"}) {
        CAPTURE(member);
        CHECK_FALSE(tells(redacted("{\"" + std::string(member) + "\":\"" + wrapped + "\"}"), "Example"));
        CHECK_FALSE(tells(
            redacted(R"({"id":"u1","status":1,"x":[{")" + std::string(member) + "\":\"" + wrapped + "\"}]}"),
            "Example"));
        CHECK_FALSE(tells(redacted(wrapped), "Example"));
        CHECK_FALSE(tells(masked_body(wrapped), "Example"));
      }
  }
}

TEST_CASE("what base64 holds is masked and wrapped again as it was") {
  auto inner = R"([{"customerName":"Example","status":31},1])";
  auto expected = crypto::base64_encode(R"([{"customerName":"***","status":31},1])");
  CHECK(redacted("{\"payload\":\"" + crypto::base64_encode(inner) + "\"}") ==
        "{\"payload\":\"" + expected + "\"}");
  CHECK(masked_body(crypto::base64_encode(inner)) == expected);
  CHECK(masked_body(R"({"message":{"data":")" + crypto::base64_encode(inner) + "\"}}") ==
        R"({"message":{"data":")" + expected + "\"}}");
}

TEST_CASE("ids that happen to be base64 are shown") {
  CHECK(redacted(R"({"id":"0b1f6a9e-93a1-4b62-8b51-5ad0c4b5a6c1","display_id":"YAL12345678","status":31,)"
                 R"("tracking":"R2D2C3PO","external_order_id":"ORDER-1001","order_number":12345678})") ==
        R"({"id":"0b1f6a9e-93a1-4b62-8b51-5ad0c4b5a6c1","display_id":"YAL12345678","status":31,)"
        R"("tracking":"R2D2C3PO","external_order_id":"ORDER-1001","order_number":12345678})");
  CHECK(redacted(R"({"id":"u1","status":31,"alert_reason":"Client injoignable, adresse incomplète"})") ==
        R"({"id":"u1","status":31,"alert_reason":"Client injoignable, adresse incomplète"})");
}

TEST_CASE("broken JSON is shown up to where it breaks and without what it names") {
  CHECK(redacted(R"({"customer_name": "Ex\"ample", "id": "u1", "phone":0550, "address":"Rue)") ==
        quoted(R"({"customer_name": "***", "id": "u1", "phone":"***"***)"));
  CHECK(redacted(R"({"id":"u1","city":"Exam)") == quoted(R"({"id":"u1","city":"***")"));
  CHECK(redacted(R"({"a":)") == quoted(R"({"a":)"));
  CHECK(redacted(R"({"cust\u006fmer_name":"Example","id":)") ==
        quoted(R"({"cust\u006fmer_name":"***","id":)"));
  CHECK(redacted(R"({"note":"{\"client\":{\"x\":\"Example\"}}","id":)") ==
        quoted(R"({"note":"{\"client\":\"***\"}","id":)"));
  CHECK(redacted(R"({"id":"u1"} {"x":"Example"})") == quoted(R"({"id":"u1"} ***)"));
  CHECK(redacted("{'customer_name': 'Example', 'status': 31}") == quoted("{***"));
}

TEST_CASE("broken JSON within JSON is hidden as other broken JSON is") {
  CHECK(redacted(R"({"id":"u1","status":1,"note":"{\"customer_name\":\"Example\",\"a\":"})") ==
        R"({"id":"u1","status":1,"note":"{\"customer_name\":\"***\",\"a\":"})");
}

TEST_CASE("a form is shown without what it names") {
  CHECK(redacted("customer_phone=0550111111&status=31&address=Rue 1, Alger&x=1") ==
        "\"customer_phone=***&status=31&address=***&x=1\"");
  CHECK(redacted("order[customer_name]=Example&a=1") == "\"order[customer_name]=***&a=1\"");
  CHECK(redacted("customer%5Fname=Example&note=\xff") == "\"customer%5Fname=***&note=***\"");
  CHECK_FALSE(tells(redacted("x=%7B%22clientName%22%3A1%2C%22client%22%3A%22Example%22%7D"), "Example"));
}

TEST_CASE("what cannot be read in parts is three stars") {
  for (const char* raw :
       {"Example of somebody", "no \xff JSON", "reference,name,phone\nR1,Example,0550",
        "--x\r\nContent-Disposition: form-data; name=\"customer_name\"\r\n\r\nExample\r\n--x--\r\n",
        "<customer_phone>0550111111</customer_phone><name>Example</name>", "0550999999",
        "a phone, and nothing"})
    CHECK(redacted(raw) == "\"***\"");
  CHECK(redacted("") == "\"\"");
  CHECK(redacted(R"({"payload":"Example of somebody"})") == R"({"payload":"***"})");
  CHECK(redacted(R"({"id":"u1","status":1,"note":"name: x; phone: 0550"})") ==
        R"({"id":"u1","status":1,"note":"***"})");
  CHECK(redacted(R"({"id":"u1","status":1,"note":"reference,phone\nR1,0550"})") ==
        R"({"id":"u1","status":1,"note":"***"})");
}

TEST_CASE("a text is cut at 64 KiB and never within a character") {
  std::string raw = "state=" + std::string(64 * 1024 - 7, 'x') + "\xc3\xa9 more";
  auto text = json::parse(redacted(raw)).as_string();
  CHECK(text.size() == 64 * 1024 - 1);
  CHECK(text.find("\xef\xbf\xbd") == json::string::npos);
}

TEST_CASE("a person's name is shown neither as an event's type nor as a message's id") {
  event_summary e;
  e.name = "Example Person";
  e.message_id = "Example Person";
  e.raw = R"({"event":"Example Person","messageId":"Example Person","payload":{"id":"u1","status":31}})";
  e.outcome = "applied";
  auto one = json::serialize(event_json(e, true, {}));
  CHECK(one.find("Example") == std::string::npos);
  CHECK(one.find(R"("eventType":"***")") != std::string::npos);
  CHECK(one.find(R"("messageId":"***")") != std::string::npos);
  for (const char* name : {"OrderStatusChanged", "all", "order.delivered", "parcel_status_updated", "test",
                           "E1", "parcel_moved_by_hand", "orderReadyToShip", "ORDER_CREATED"})
    CHECK(is_like_event_type(name));
  for (const char* name : {"Karim", "Karim Benali", "karim.benali", "0550999999", "", "OrderFor_Karim_Benali",
                           "order.karim.benali"})
    CHECK_FALSE(is_like_event_type(name));
  for (const char* id : {"2070443601311540", "m-1", "0b1f6a9e-93a1-4b62-8b51-5ad0c4b5a6c1"})
    CHECK(is_like_message_id(id));
  for (const char* id : {"Karim", "karim.benali", "Karim 1", "0550999999", "213550999999", "+213550999999"})
    CHECK_FALSE(is_like_message_id(id));
  std::vector<event_count> counts{{"Example Person", "applied", 2}, {"Other Person", "applied", 1}};
  CHECK(json::serialize(stats_json(counts, "24h").at("eventsByType")) ==
        R"([{"eventType":"***","count":3}])");
}

TEST_CASE(
    "phone numbers and e-mail addresses are hidden whatever the member is called and however they are kept") {
  for (const char* member : {"x", "note", "comment", "abort_reason", "remarque"}) {
    CAPTURE(member);
    auto with = [&](const std::string& value) {
      return redacted("{\"" + std::string(member) + "\":" + value + "}");
    };
    std::string stars = "{\"" + std::string(member) + "\":\"***\"}";
    for (const char* phone : {R"("0550112233")", R"("+213550112233")", R"("00213 550 11 22 33")",
                              R"("05 50 11 22 33")", R"("021.23.45.67")", "550112233", "213550112233"})
      CHECK_MESSAGE(with(phone) == stars, phone);
    std::string remark = with(R"("appeler 0550-11-22-33 ou a.b@example.org svp")");
    bool is_reason = std::string_view(member) == "abort_reason";
    CHECK(remark == (is_reason ? R"({"abort_reason":"appeler *** ou *** svp"})" : stars));
    CHECK_FALSE(tells(redacted("{\"" + std::string(member) + "\":550112233,\"cut"), "550112233"));
    CHECK_FALSE(tells(redacted("[{\"" + std::string(member) + "\":[[550112233]]}]"), "550112233"));
  }
}

TEST_CASE("what is made like a phone number and is an id, a date, a price or part of a word is shown") {
  for (const char* text :
       {R"({"external_order_id":"0550112233"})", R"({"tracking":"0550112233","order_id":550112233})",
        R"({"display_id_order":550112233,"total":550112233})",
        R"({"updated_at":"31-01-2026 10:00","date":"05.11.2026 10"})",
        R"({"id":"A0550112233","y":"0b1f6a9e-93a1-4b62-8b51-055011223344","total_price":"05501122334"})",
        R"({"order_code":12345678,"time":1767225600,"z":"2026-01-31T12:00:00Z"})",
        R"({"reason":"a@b","status":"@","state":"10:30@16"})"})
    CHECK(redacted(text) == text);
  CHECK(redacted(R"({"tracking":"somebody@example.org"})") == R"({"tracking":"***"})");
  CHECK(without_contacts("") == "");
  CHECK(without_contacts("@@a@b.c@@ 0550112233") == "@@***@@ ***");
}

TEST_CASE("a name that no member bears is hidden with its value") {
  CHECK(redacted(R"({"id":"u1","Example Person":1,"somebody@example.org":{"a":1},"0550112233":[1]})") ==
        R"({"id":"u1","***":"***"})");
  CHECK(redacted(R"({"people":{"\u0627\u0633\u0645":"Example"},"a.b":1,"order[x]":2})") ==
        R"({"people":{"***":"***"},"a.b":1,"order[x]":2})");
  CHECK(redacted(R"({"Example Person":{"x":"Example"},"cut)") == quoted(R"({"***":"***",***)"));
}

TEST_CASE("a list of texts that is the whole body, and words in hexadecimal, are hidden") {
  CHECK(redacted(R"(["Example Person","x"])") == R"(["***","***"])");
  CHECK(redacted(R"(["Example Person","x)") == quoted(R"(["***","***")"));
  CHECK(redacted(R"({"doc":"4578616d706c6520506572736f6e"})") == R"({"doc":"***"})");
  CHECK(redacted(R"({"doc_id":"507f1f77bcf86cd799439011"})") == R"({"doc_id":"507f1f77bcf86cd799439011"})");
}

namespace {

constexpr const char* remarks[] = {"receiver",
                                   "receiverFullName",
                                   "destination",
                                   "comment",
                                   "comments",
                                   "commentaire",
                                   "note",
                                   "notes",
                                   "remark",
                                   "remarque",
                                   "consignee",
                                   "deliver_to",
                                   "consignee_name",
                                   "to",
                                   "livrerA",
                                   "beneficiaire",
                                   "b\u00e9n\u00e9ficiaire",
                                   "acheteur",
                                   "owner",
                                   "user",
                                   "username",
                                   "driverName",
                                   "signed-by",
                                   "title",
                                   "subject",
                                   "description",
                                   "text",
                                   "observation"};

} // namespace

TEST_CASE("of a member that holds a name or a remark only what says nothing of anybody is shown") {
  for (const std::string member : remarks) {
    CAPTURE(member);
    std::string named = "{\"" + member + "\":";
    for (const char* value :
         {R"("Example")", R"("Example Person")", R"(["Example","Person"])", R"([["Example"]])",
          R"({"x":"Example"})", R"({"fr":{"en":["Example"]}})", R"("{\"x\":\"Example\"}")",
          R"("Example=1&x=Example")", R"("Example\nPerson")"}) {
      CAPTURE(value);
      for (const std::string& body :
           {named + value + "}", R"({"event":"OrderStatusChanged","payload":)" + named + value + "}}",
            named + value + ",\"cut", "[" + named + value + "}]"}) {
        CHECK_FALSE(tells(redacted(body), "Example"));
        CHECK_FALSE(tells(masked_body(body), "Example"));
        CHECK_FALSE(tells(redacted(crypto::base64_encode(body)), "Example"));
      }
    }
    for (const char* figure :
         {"36.752887", "19900131", "109990101000000001"}) // a place, a birthday, a person's
      CHECK_MESSAGE(redacted(named + figure + "}").find(figure) == std::string::npos, figure);
  }
  CHECK(redacted(R"({"x":1,"y":true,"z":null,"a":"","b":"16","c":"2026-01-31","d":[2],"e":{"ok":3}})") ==
        R"({"x":1,"y":true,"z":null,"a":"","b":"16","c":"2026-01-31","d":[2],"e":{"ok":3}})");
}

TEST_CASE("of a member that nobody knows one word or a number is shown, but nothing that may be a remark") {
  for (const char* text :
       {R"({"x":"EXPRESS","zone":"A-12","weight_class":3,"ratio":0.25,"extra":{"k":["v"]}})",
        R"({"n":12345678,"batch":"2026-01-31 12:00","x":"https"})"})
    CHECK(json::parse(redacted(text)) == json::parse(text));
  CHECK(redacted(R"({"x":"Example Person","y":"12 rue Example Person","z":"0550112233","n":550112233})") ==
        R"({"x":"***","y":"***","z":"***","n":"***"})");
}

TEST_CASE("what an operator needs of a webhook is shown") {
  for (
      const char* text :
      {R"({"event":"OrderStatusChanged","instance_uuid":"u-1","payload":{"id":"u-1","status":32,)"
       R"("display_id_order":"MD12","external_order_id":"Commande 12","alerted_at":"2026-01-31T12:00:00+01:00",)"
       R"("alert_reason":"Client injoignable","abort_reason":21,"delivered_at":null,"postponed_to":"2026-02-01",)"
       R"("wilaya":16,"wilaya_name":"Alger","commune_name":"Bab El Oued","product_name":"Montre","total_price":12500.5,)"
       R"("delivery_type":"home","express":false,"source":4,"status_label":"EN COURS"}})",
       R"({"type":"parcel_status_updated","events":[{"event_id":"e-1","occurred_at":"2026-01-31 12:00:00","data":)"
       R"({"tracking":"yal-AB12","status":"Livr\u00e9","reason":"T\u00e9l\u00e9phone injoignable","to_wilaya_name":"Oran",)"
       R"("current_center_name":"Oran Centre","payment_status":"not-ready","price":3500}}]})",
       R"({"message":{"messageId":"2070443601311540","publishTime":"2026-01-31T12:00:00.123Z"},)"
       R"("subscription":"projects/example/subscriptions/hooks"})",
       R"({"event":"InventoryMovement","payload":{"product_id":"SKU-1","direction":"in","quantity":25}})",
       R"({"hello":"world","maystro_id":"x1","import_id":12,"tags":["cold","urgent"],"zone":"west"})",
       R"({"foo":"bar","quux":{"corge":1},"external_order_id":"ponctuel","sku":"bleu","is_gift":false})"})
    CHECK(json::parse(redacted(text)) == json::parse(text));
}

TEST_CASE("a reference of several words is shown unless it may be a person") {
  CHECK(redacted(R"({"reference":" R-12 ","order_id":"#1001","tracking":"ABC","id":"Commande 12/A"})") ==
        R"({"reference":" R-12 ","order_id":"#1001","tracking":"ABC","id":"Commande 12/A"})");
  CHECK(redacted(R"({"reference":"Example Person","order_id":"12 Example Person"})") ==
        R"({"reference":"***","order_id":"***"})");
}

TEST_CASE("a name of one word is shown neither as a member's name, nor as a reference, nor as a text nobody "
          "knows") {
  for (const char* name : {"Amina", "AMINA", "Ali", "Djamel-Eddine", "Amina_Benali",
                           "\\u0623\\u0645\\u064a\\u0646\\u0629", "Zo\\u00e9", "k550112233", "Karim0550"}) {
    CAPTURE(name);
    std::string quotes = "\"" + std::string(name) + "\"";
    CHECK(redacted("{\"id\":\"u1\"," + quotes + ":{\"a\":1}}") == R"({"id":"u1","***":"***"})");
    CHECK(redacted("{\"id\":\"u1\"," + quotes + ":1,\"cut") == quoted(R"({"id":"u1","***":"***",***)"));
  }
  for (const char* member :
       {"external_order_id", "reference", "order_id", "tracking", "x", "hub", "causer", "zone", "list"})
    for (const char* name : {"Amina", "AMINA", "Ali", "\u0623\u0645\u064a\u0646\u0629", "Zo\u00e9"}) {
      CAPTURE(member);
      CAPTURE(name);
      std::string named = "{\"" + std::string(member) + "\":";
      CHECK(redacted(named + quoted(name) + "}") == named + "\"***\"}");
      CHECK(redacted(named + "[[" + quoted(name) + ",\"12\"]]}") == named + R"([["***","12"]]})");
    }
}

TEST_CASE("a name within a courier's reason is hidden, and the reason is not") {
  struct row {
    const char *text, *expected;
  };
  for (const row& each :
       {row{"Amina injoignable", "*** injoignable"},
        row{"Client Amina Benali ne r\u00e9pond pas", "Client *** *** ne r\u00e9pond pas"},
        row{"client amina absent, appeler 0550112233", "client *** absent, appeler ***"},
        row{"AMINA REFUSE", "*** REFUSE"}, row{"report\u00e9 par Ali", "report\u00e9 par ***"},
        row{"\u0627\u0644\u0632\u0628\u0648\u0646 \u0623\u0645\u064a\u0646\u0629 \u0644\u0627 "
            "\u064a\u0631\u062f",
            "\u0627\u0644\u0632\u0628\u0648\u0646 *** \u0644\u0627 \u064a\u0631\u062f"}}) {
    CAPTURE(each.text);
    CHECK(redacted(R"({"alert_reason":)" + quoted(each.text) + "}") ==
          R"({"alert_reason":)" + quoted(each.expected) + "}");
    CHECK(shown_text("abortReason", std::string(each.text)) == each.expected);
  }
  for (const char* reason :
       {"T\u00e9l\u00e9phone injoignable", "Client ne r\u00e9pond pas", "Faux num\u00e9ro",
        "Client absent (report\u00e9)", "Annul\u00e9 par le client", "Commande double",
        "Client incapable de payer", "Wilaya / Commune erronée", "Client no-show",
        "Produit interdit / dangereux", "Le client n'a pas command\u00e9", "Adresse incompl\u00e8te", "21",
        "nobody there", "Client refused the parcel", "no answer", "wrong address", "Busy",
        "\u0627\u0644\u0632\u0628\u0648\u0646 \u0644\u0627 \u064a\u062c\u064a\u0628"})
    CHECK(shown_text("alertReason", std::string(reason)) == reason);
  CHECK(shown_text("shippingStatus", std::string("INCONNU (7)")) == "INCONNU (7)");
}
