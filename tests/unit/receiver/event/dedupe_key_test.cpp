// When two webhooks are the same event.
#include "receiver/event/dedupe_key.hpp"

#include "common/crypto/crypto.hpp"
#include "common/maystro/envelope.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using receiver::choose_key;

namespace {

courier_event order_event() {
  courier_event e;
  e.kind = event_kind::order;
  return e;
}

courier_event with_id(std::string id, std::string said) {
  auto e = order_event();
  e.message_id = std::move(id);
  e.body = boost::json::value(std::move(said));
  return e;
}

} // namespace

TEST_CASE("a redelivered message in another wrapper is the same event") {
  auto first = choose_key("{wrapper 1}", with_id("m-1", "said"));
  auto second = choose_key("{wrapper 2}", with_id("m-1", "said"));
  CHECK(first.bytes.size() == 16);
  CHECK(first.bytes == second.bytes);
  CHECK_FALSE(first.expiring);
}

TEST_CASE("the key of a message is the digest of its id and of what it said as JSON") {
  auto digest = [](const std::string& bytes) {
    crypto::sha256_digest hash = crypto::sha256(bytes);
    return std::string(hash.begin(), hash.end());
  };
  for (const char* said : {"", "c2FpZA+/-_==", "a b/~", "a\"b", "a\\b", "a\nb", "livr\u00e9", "\x7f"}) {
    CAPTURE(said);
    std::string as_json = boost::json::serialize(boost::json::value(said));
    CHECK(choose_key("x", with_id("m-1", said)).bytes == digest("m3:m-1" + digest(as_json)).substr(0, 16));
  }
}

TEST_CASE("the same message id over something else said is another event") {
  CHECK(choose_key("x", with_id("m-1", "said")).bytes != choose_key("x", with_id("m-1", "other")).bytes);
  CHECK(choose_key("x", with_id("m-1", "said")).bytes != choose_key("x", with_id("m-2", "said")).bytes);
}

TEST_CASE("without a message id the bytes and the publishing time are the key") {
  auto early = order_event();
  early.published_at = parse_instant("2026-01-31T09:30:00Z");
  auto late = order_event();
  late.published_at = parse_instant("2026-01-31T09:30:01Z");
  CHECK(choose_key("x", early).bytes == choose_key("x", early).bytes);
  CHECK(choose_key("x", early).bytes != choose_key("x", late).bytes);
  CHECK(choose_key("x", early).bytes != choose_key("y", early).bytes);
  CHECK_FALSE(choose_key("x", early).expiring);
}

TEST_CASE("with neither id nor time the bytes count for a day") {
  CHECK(choose_key("x", order_event()).bytes == choose_key("x", order_event()).bytes);
  CHECK(choose_key("x", order_event()).bytes != choose_key("y", order_event()).bytes);
  CHECK(choose_key("x", order_event()).expiring);
}

TEST_CASE("what is not understood has keys of its own by the same rules") {
  courier_event e;
  CHECK(choose_key("x", e).expiring);
  CHECK(choose_key("x", e).bytes == choose_key("x", e).bytes);
  CHECK(choose_key("x", e).bytes != choose_key("x", order_event()).bytes);
  auto timed = order_event();
  e.published_at = timed.published_at = parse_instant("2026-01-31T09:30:00Z");
  CHECK_FALSE(choose_key("x", e).expiring);
  CHECK(choose_key("x", e).bytes != choose_key("x", timed).bytes);
  e.message_id = "m-1";
  CHECK(choose_key("x", e).bytes != choose_key("x", with_id("m-1", "said")).bytes);
}

TEST_CASE("a redelivery of what cannot be decoded is the same event whatever its wrapper counts") {
  auto delivered = [](int attempt) {
    auto raw = R"({"deliveryAttempt":)" + std::to_string(attempt) +
               R"(,"message":{"data":"%%%","messageId":"m-1"}})";
    return choose_key(raw, maystro::decode(raw)).bytes;
  };
  CHECK(delivered(1) == delivered(2));
}

TEST_CASE("an empty message id is none") {
  CHECK(choose_key("x", with_id("", "said")).expiring);
}
