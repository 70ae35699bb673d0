// Webhooks in every wrapping the courier has been seen to use, and some it has not.
#include "common/maystro/envelope.hpp"

#include "common/crypto/crypto.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <vector>

using namespace suivi;
using namespace suivi::maystro;

namespace {

const std::string uuid = "00000000-0000-4000-8000-000000000001";
const std::string plain =
    R"({"event":"OrderStatusChanged","instance_uuid":")" + uuid + R"(","payload":{"id":")" + uuid +
    R"(","status":41,"display_id_order":1203,"external_order_id":"REF-1","alerted_at":null,)"
    R"("abort_reason":null}})";
const std::string order_only =
    R"({"id":")" + uuid + R"(","status":41,"display_id":1203,"external_id":"REF-1"})";

std::string b64(std::string_view text) {
  return crypto::base64_encode(text);
}
std::string url_safe_unpadded(std::string_view text) {
  std::string out = b64(text);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}
std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string(text));
}

void check_is_the_order(std::string_view bytes) {
  CAPTURE(bytes);
  event e = decode(bytes);
  CHECK(e.why == "");
  REQUIRE(e.kind == event_kind::order);
  CHECK(e.shipment.uuid == uuid);
  CHECK(e.shipment.display_id == "1203");
  CHECK(e.shipment.reference == "REF-1");
  CHECK(e.shipment.status == 41);
  CHECK(e.shipment.metadata.empty());
  CHECK(e.body.has_value());
}

std::string why(std::string_view bytes) {
  event e = decode(bytes);
  CHECK(e.kind == event_kind::not_understood);
  CHECK_FALSE(e.why.empty());
  return e.why;
}

} // namespace

TEST_CASE("the same order is found in every wrapping") {
  for (const std::string& event : {plain, order_only}) {
    check_is_the_order(event);
    check_is_the_order("\xEF\xBB\xBF \n" + event + "\n");
    check_is_the_order(quoted(event));
    check_is_the_order(quoted(quoted(event)));
    check_is_the_order(quoted(quoted(quoted(event))));
    check_is_the_order(b64(event));
    check_is_the_order(b64(b64(event)));
    check_is_the_order(b64(b64(b64(event))));
    check_is_the_order(url_safe_unpadded(event));
    check_is_the_order(quoted(b64(event)));
    check_is_the_order(quoted(b64(quoted(event))));
    check_is_the_order(b64("\xEF\xBB\xBF" + event));
    for (auto frame : {R"({{"message":{{"data":{}}},"subscription":"projects/p/subscriptions/s"}})",
                       R"({{"data":{}}})", R"({{"payload":{}}})"}) {
      for (const std::string& content :
           {event, quoted(event), quoted(b64(event)), quoted(b64(b64(event))), quoted(b64(b64(b64(event)))),
            quoted(url_safe_unpadded(event)), quoted(b64(quoted(event))), quoted(quoted(event))}) {
        std::string framed = fmt::format(fmt::runtime(frame), content);
        check_is_the_order(framed);
        check_is_the_order(b64(framed));
      }
    }
  }
}

TEST_CASE("base64 broken into lines is read") {
  std::string broken = b64(plain);
  for (std::size_t at = 76; at < broken.size(); at += 78) broken.insert(at, "\r\n");
  check_is_the_order(broken);
  check_is_the_order(R"({"message":{"data":)" + quoted(broken) + "}}");
}

TEST_CASE("base64 with spaces between and around its lines is read") {
  std::string lines = "  ";
  std::string whole = b64(plain);
  for (std::size_t at = 0; at < whole.size(); at += 64) lines += whole.substr(at, 64) + "\n\t  ";
  check_is_the_order(lines);
  check_is_the_order(R"({"payload":)" + quoted(lines) + "}");
}

TEST_CASE("an order is read whatever U+0000 some text of it holds") {
  for (auto text : {R"(caf\u00e9 \u0000!)", R"(\u0000)"}) {
    std::string body = R"({"event":"OrderStatusChanged","payload":{"id":")" + uuid +
                       R"(","status":41,"display_id":1203,"external_id":"REF-1","customer_name":")" + text +
                       R"(","alert_reason":")" + text + R"("}})";
    check_is_the_order(body);
    check_is_the_order(R"({"message":{"data":")" + b64(body) + "\"}}");
  }
}

TEST_CASE("half a surrogate pair anywhere in it keeps an event from being understood") {
  CHECK(why(R"({"id":"u","status":4,"alert_reason":"a\ud83d"})").find("surrogate") != std::string::npos);
  CHECK(why(R"({"message":{"data":")" + b64(R"({"id":"u\udc00","status":4})") + "\"}}").find("surrogate") !=
        std::string::npos);
}

TEST_CASE("the event name survives each wrapping") {
  for (const std::string& bytes : std::vector<std::string>{
           plain, b64(plain), R"({"message":{"data":")" + b64(plain) + "\"}}",
           R"({"event":"OrderStatusChanged","payload":)" + quoted(b64(order_only)) + "}",
           R"({"type":"OrderStatusChanged","data":)" + order_only + "}",
           R"({"name":"OrderStatusChanged","order":)" + order_only + "}",
           R"({"trigger_type":{"id":3,"name":"OrderStatusChanged"},"payload":)" + order_only + "}",
           R"({"name":"OrderStatusChanged","id":"u","status":4})",
           R"({"event":"OrderStatusChanged","id":"u","status":4})"}) {
    CAPTURE(bytes);
    event e = decode(bytes);
    CHECK(e.kind == event_kind::order);
    CHECK(e.name == "OrderStatusChanged");
  }
}

TEST_CASE("the name of a person or of nothing is not taken for an event's") {
  CHECK_FALSE(decode(R"({"id":"u","status":4,"name":"Somebody"})").name.has_value());
  CHECK_FALSE(decode(R"({"name":"Some Body"})").name.has_value());
  CHECK_FALSE(decode(R"({"event":"","id":"u","status":4})").name.has_value());
  CHECK_FALSE(decode(R"({"event":7,"id":"u","status":4})").name.has_value());
}

TEST_CASE("any event with identity and status is an order, whatever its name") {
  for (auto name : {"OrderDelivered", "OrderFieldUpdated", "DeliveryInfoUpdated", "orderCreated",
                    "InventoryMovement", "x y z"}) {
    event e = decode(fmt::format(R"({{"event":"{}","payload":{{"id":"u","status":"31"}}}})", name));
    CHECK(e.kind == event_kind::order);
    CHECK(e.shipment.status == 31);
    CHECK(e.name == name);
  }
}

TEST_CASE("an inventory movement concerns no order") {
  for (auto name : {"InventoryMovement", "inventorymovement", "INVENTORY_MOVEMENT"}) {
    event e = decode(fmt::format(
        R"({{"event":"{}","payload":{{"product_id":"p","direction":"in","quantity":3}}}})", name));
    CHECK(e.kind == event_kind::ignored);
    CHECK(e.why.empty());
  }
  CHECK(decode(R"({"type":"InventoryMovement","product":"p","quantity":3})").kind == event_kind::ignored);
  CHECK(decode(b64(R"({"event":"InventoryMovement","payload":{}})")).kind == event_kind::ignored);
}

TEST_CASE("an undecodable content is never ignored, whatever the event is called") {
  CHECK(decode(R"({"event":"InventoryMovement","payload":"%%%"})").kind == event_kind::not_understood);
}

TEST_CASE("the wrapper's message id and time of publishing are read under both names") {
  for (auto siblings : {R"("messageId":"9001","publishTime":"2026-01-31T09:30:00.25Z")",
                        R"("message_id":9001,"publish_time":"2026-01-31T10:30:00.25+01:00")",
                        R"("messageId":9001,"message_id":"other","publishTime":"2026-01-31 09:30:00.25")"}) {
    event e = decode(fmt::format(R"({{"message":{{"data":"{}",{}}}}})", b64(plain), siblings));
    CHECK(e.message_id == "9001");
    CHECK(e.published_at == parse_instant("2026-01-31T09:30:00.25Z"));
    e = decode(fmt::format(R"({{"data":"{}",{}}})", b64(plain), siblings));
    CHECK(e.message_id == "9001");
  }
  event big = decode(R"({"message":{"data":")" + b64(plain) +
                     R"(","messageId":98765432109876543210987,"publishTime":"later"}})");
  CHECK(big.message_id == "98765432109876543210987");
  CHECK_FALSE(big.published_at.has_value());
  CHECK_FALSE(decode(plain).message_id.has_value());
  CHECK_FALSE(decode(R"({"message":{"data":"","messageId":""}})").message_id.has_value());
}

TEST_CASE("message id and time are known of what is not understood too") {
  event e = decode(R"({"message":{"data":"%%%","messageId":"9001","publishTime":"2026-01-31T09:30:00Z"}})");
  CHECK(e.kind == event_kind::not_understood);
  CHECK(e.message_id == "9001");
  CHECK(e.published_at.has_value());
  CHECK(e.body.has_value());
}

TEST_CASE("identity is read under every name it has had") {
  CHECK(decode(R"({"payload":{"order_id":"o","status":4}})").shipment.uuid == "o");
  CHECK(decode(R"({"payload":{"instance_uuid":"i","status":4}})").shipment.uuid == "i");
  CHECK(decode(R"({"instance_uuid":"i","payload":{"status":4}})").shipment.uuid == "i");
  CHECK(decode(R"({"payload":{"external_order_id":"R","status":4}})").shipment.reference == "R");
  CHECK(decode(R"({"payload":{"external_id":"R","status":4}})").shipment.reference == "R");
  CHECK(decode(R"({"payload":{"display_id":5,"status":4}})").shipment.display_id == "5");
  CHECK(decode(R"({"payload":{"tracking":"T","status":4}})").shipment.tracking == "T");
  CHECK(decode(R"({"payload":{"id":98765432109876543210,"status":4}})").shipment.uuid ==
        "98765432109876543210");
}

TEST_CASE("instance_uuid outranks id, as in list rows") {
  CHECK(decode(R"({"instance_uuid":")" + uuid + R"(","payload":{"id":1203,"status":4}})").shipment.uuid ==
        uuid);
  CHECK(decode(R"({"payload":{"id":1203,"instance_uuid":")" + uuid + R"(","status":4}})").shipment.uuid ==
        uuid);
  CHECK(decode(R"({"id":"event-7","payload":{"id":"o","status":4}})").shipment.uuid == "o");
  CHECK(decode(R"({"id":")" + uuid + R"(","status":4,"data":{"id":7}})").shipment.uuid == uuid);
}

TEST_CASE("status is read under every name it has had") {
  CHECK(decode(R"({"payload":{"id":"u","status_code":"41"}})").shipment.status == 41);
  CHECK(decode(R"({"payload":{"id":"u","order":{"status":41}}})").shipment.status == 41);
  CHECK(decode(R"({"order":{"id":"u","status":41}})").shipment.status == 41);
  CHECK(decode(R"({"event":"x","status":41,"payload":{"id":"u","alert_reason":"a"}})").shipment.status == 41);
  CHECK(decode(R"({"event":"x","status":41,"payload":{"id":"u","alert_reason":"a"}})")
            .shipment.alert_reason.value == "a");
  CHECK(decode(R"({"payload":{"id":"u","status":77}})").shipment.status == 77);
  CHECK(decode(R"({"status":200,"payload":{"id":"u"}})").kind == event_kind::not_understood);
  CHECK(decode(R"({"status":"ok","payload":{"id":"u","status":4}})").shipment.status == 4);
}

TEST_CASE("every name of the order, its identity, its status and the event is read at every place") {
  auto id_of = [](const shipment& s) {
    return s.uuid ? s.uuid : s.display_id ? s.display_id : s.tracking ? s.tracking : s.reference;
  };
  for (std::string place : {"payload", "data", "order", ""}) {
    for (std::string id : {"id", "order_id", "instance_uuid", "external_id", "external_order_id",
                           "display_id", "display_id_order", "tracking", "tracking_number"}) {
      for (std::string status :
           {R"("status":41)", R"("status":"41")", R"("status_code":41)", R"("status_code":" 41 ")",
            R"("order":{"status":41})", R"("order":{"status":"41"})"}) {
        for (std::string name : {"event", "type", "name", "trigger_type"}) {
          std::string order = "\"" + id + R"(":"X1",)" + status;
          std::string body = "{\"" + name + R"(":"OrderDelivered",)";
          body += place.empty() ? order + "}" : "\"" + place + "\":{" + order + "}}";
          CAPTURE(body);
          event e = decode(body);
          REQUIRE(e.kind == event_kind::order);
          CHECK(id_of(e.shipment) == "X1");
          CHECK(e.shipment.status == 41);
          CHECK(e.name == "OrderDelivered");
        }
      }
    }
  }
}

TEST_CASE("orders two levels down are found") {
  CHECK(decode(R"({"data":{"event":"e","payload":{"id":"u","status":41}}})").shipment.uuid == "u");
  CHECK(decode(R"({"data":{"event":"e","payload":{"id":"u","status":41}}})").name == "e");
  CHECK(decode(R"({"payload":{"order":{"id":"u","status":41}}})").shipment.status == 41);
}

TEST_CASE("null and missing fields of a webhook are kept apart") {
  auto s =
      decode(
          R"({"payload":{"id":"u","status":32,"alerted_at":"2026-01-31T09:30:00Z","alert_reason":7,"abort_reason":null,
                      "created_at":"2026-01-01"}})")
          .shipment;
  CHECK(s.alerted_at.value == parse_instant("2026-01-31T09:30:00Z"));
  CHECK(s.alert_reason == field<std::string>{true, "7"});
  CHECK(s.abort_reason == field<std::string>{true, std::nullopt});
  CHECK(s.created_at == parse_instant("2026-01-01"));
  auto bare = decode(R"({"payload":{"id":"u","status":32}})").shipment;
  CHECK_FALSE(bare.alerted_at.present);
  CHECK_FALSE(bare.alert_reason.present);
  CHECK_FALSE(bare.abort_reason.present);
}

TEST_CASE("the decoded body is the event without its wrapper") {
  auto body = [](std::string_view bytes) { return boost::json::serialize(decode(bytes).body.value()); };
  CHECK(body(R"({"message":{"data":")" + b64(R"({"event":"e","payload":{"id":1,"status":4}})") + "\"}}") ==
        R"({"event":"e","payload":{"id":1,"status":4}})");
  CHECK(body(R"({"event":"e","payload":")" + b64(R"({"id":1,"status":4})") + "\"}") ==
        R"({"event":"e","payload":{"id":1,"status":4}})");
  CHECK(body("[1,2]") == "[1,2]");
  CHECK_FALSE(decode("no json").body.has_value());
  CHECK(body(R"({"id":"a\u0000b","status":4})") == R"({"id":"ab","status":4})");
}

TEST_CASE("a list of exactly one event is that event, and a form with a payload its payload") {
  check_is_the_order("[" + plain + "]");
  check_is_the_order("[" + quoted(b64(plain)) + "]");
  check_is_the_order(b64("[" + plain + "]"));
  check_is_the_order(R"({"payload":[)" + order_only + R"(],"event":"x"})");
  check_is_the_order("payload=" + b64(plain));
  check_is_the_order("data=" + url_safe_unpadded(plain) + "&x=%41");
  check_is_the_order("event=OrderStatusChanged&payload=" + order_only);
  check_is_the_order(b64("x=1&data=" + plain));
  CHECK(decode("event=OrderStatusChanged&payload=" + order_only).name == "OrderStatusChanged");
  CHECK(why("[" + plain + "," + plain + "]") == "The body is a list, not one event.");
  CHECK_FALSE(why("payload=").empty());
  CHECK_FALSE(why("payload=%zz").empty());
  CHECK_FALSE(why("id=u1&status=41").empty());
}

TEST_CASE("a body that would cost more to build than it says is not built") {
  std::string members, values;
  for (int n = 0; n < 1'001; ++n) members += (n > 0 ? ",\"k" : "\"k") + std::to_string(n) + "\":1";
  for (int n = 0; n < 20'000; ++n) values += n > 0 ? ",1" : "1";
  CHECK(why(R"({"id":"u","status":41,"x":{)" + members + "}}") ==
        "The body cannot be decoded: it has too many values or members.");
  CHECK(why(R"({"id":"u","status":41,"x":[)" + values + "]}") ==
        "The body cannot be decoded: it has too many values or members.");
}

TEST_CASE("what is wrong with a body is said in a sentence of its own") {
  CHECK(why("") == "The body cannot be decoded: it is empty.");
  CHECK(why(" \n") == "The body cannot be decoded: it is empty.");
  CHECK(why("{\"id\":\"\xC3\"}") == "The body cannot be decoded: it is not UTF-8.");
  CHECK(why("hello, world") == "The body cannot be decoded: it is neither JSON nor base64 of JSON.");
  CHECK(why("abcd") == "The body cannot be decoded: it is neither JSON nor base64 of JSON.");
  CHECK(why("{\"id\":") == "The body cannot be decoded: it is not JSON.");
  CHECK(why(b64("{\"id\":")) == "The body cannot be decoded: it is not JSON.");
  CHECK(why(R"({"id":"u","status":1e999})") == "The body cannot be decoded: a number in it is too large.");
  CHECK(why(b64(b64(b64(b64(plain))))) ==
        "The body cannot be decoded: it is neither JSON nor base64 of JSON.");
  CHECK(why(quoted(quoted(quoted(quoted(plain))))) ==
        "The body cannot be decoded: it is wrapped more than three times.");
  CHECK(why("[" + plain + "," + plain + "]") == "The body is a list, not one event.");
  CHECK(why("null") == "The body is a single value, not an event.");
  CHECK(why("41") == "The body is a single value, not an event.");
  CHECK(why("{}") == "There is no order in it: no id, number or reference that would name one.");
  CHECK(why(R"({"event":"orderCreated","payload":{"status":4}})") == why("{}"));
  CHECK(why(R"({"payload":{"id":"u"}})") == "The order in it has no usable status.");
  CHECK(why(R"({"payload":{"id":"u","status":"LIVRE"}})") == "The order in it has no usable status.");
  CHECK(why(R"({"message":{"data":null,"attributes":{}}})") ==
        "The body has an envelope, but its message.data is no text.");
  CHECK(why(R"({"message":{"data":""}})") ==
        "The body has an envelope, but its message.data cannot be decoded: it is empty.");
  CHECK(why(R"({"message":{"data":"[1]"}})") ==
        "The body has an envelope, but its message.data holds no object.");
}

TEST_CASE("nesting bombs and long bodies are refused without harm") {
  std::string open(200'000, '[');
  CHECK(why(open) == "The body cannot be decoded: it is nested too deep.");
  CHECK(why(b64(open)) == "The body cannot be decoded: it is nested too deep.");
  std::string orders;
  for (int i = 0; i < 20'000; ++i) orders += R"({"order":)";
  CHECK(why(orders) == "The body cannot be decoded: it is nested too deep.");
  std::string deep = R"({"id":"u"})";
  for (int i = 0; i < 25; ++i) deep = R"({"payload":)" + deep + R"(,"data":{"id":"v"},"order":{"id":"w"}})";
  (void)why(deep);
  std::string wrapped = plain;
  for (int i = 0; i < 8; ++i) wrapped = R"({"payload":)" + quoted(b64(wrapped)) + "}";
  (void)why(wrapped);
  (void)why(std::string(300'000, 'A'));
  (void)why(std::string(300'000, '"'));
}

TEST_CASE("no prefix and no single changed byte of a webhook upsets the decoder") {
  auto is_consistent = [](std::string_view bytes) {
    event e = decode(bytes);
    bool order = e.kind == event_kind::order && e.shipment.has_identity() && e.shipment.status && e.body &&
                 e.why.empty();
    bool ignored = e.kind == event_kind::ignored && e.body && e.why.empty();
    return order || ignored || (e.kind == event_kind::not_understood && e.why.ends_with('.'));
  };
  for (const std::string& whole :
       {plain, R"({"message":{"data":")" + b64(plain) + R"(","messageId":"1"}})", b64(b64(plain))}) {
    std::size_t odd = 0;
    for (std::size_t n = 0; n < whole.size(); ++n) {
      odd += !is_consistent(std::string_view(whole).substr(0, n));
      for (char c : {'\0', '\xFF', '"', '{', '\\', '9'}) {
        std::string changed = whole;
        changed[n] = c;
        odd += !is_consistent(changed);
      }
    }
    CHECK(odd == 0);
  }
}
