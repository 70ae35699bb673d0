// Signatures, challenges, quotas and credentials.
#include "common/guepex/credentials.hpp"
#include "common/guepex/quota.hpp"
#include "common/guepex/signature.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <map>

using namespace suivi::guepex;

namespace {

// HMAC-SHA256 of the body under the key "key", by another program.
constexpr std::string_view body = "The quick brown fox jumps over the lazy dog";
constexpr std::string_view signature = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";

} // namespace

TEST_CASE("a signature is the body's HMAC, in any case and with its name before it") {
  CHECK(is_signed(body, signature, "key"));
  CHECK(is_signed(body, "sha256=" + std::string(signature), "key"));
  CHECK(is_signed(body, "SHA256=F7BC83F430538424B13298E6AA6FB143EF4D59A14946175997479DBC2D1A3CD8", "key"));
}

TEST_CASE("another body, key or signature is not signed") {
  CHECK_FALSE(is_signed("another", signature, "key"));
  CHECK_FALSE(is_signed(body, signature, "other"));
  CHECK_FALSE(is_signed(body, signature.substr(1), "key"));
  CHECK_FALSE(is_signed(body, "", "key"));
  CHECK_FALSE(is_signed(body, signature, ""));
}

TEST_CASE("a challenge is answered with its token") {
  CHECK(challenge_answer("abc-123") == R"({"crc_token":"abc-123"})");
  CHECK(challenge_answer("a\"b") == R"({"crc_token":"a\"b"})");
  CHECK(challenge_answer(std::string(512, 'x')).has_value());
}

TEST_CASE("a token that is empty, too long or not printable is no challenge") {
  CHECK_FALSE(challenge_answer(""));
  CHECK_FALSE(challenge_answer(std::string(513, 'x')));
  CHECK_FALSE(challenge_answer("a\nb"));
  CHECK_FALSE(challenge_answer("é"));
}

TEST_CASE("quotas are read from the answer's headers, each for itself") {
  std::map<std::string_view, std::string_view> headers{{"x-second-quota-left", "4"},
                                                       {"x-minute-quota-left", " 49 "},
                                                       {"x-hour-quota-left", "-1"},
                                                       {"x-day-quota-left", "many"}};
  quota left = read_quota([&](std::string_view name) -> std::optional<std::string_view> {
    auto found = headers.find(name);
    return found == headers.end() ? std::nullopt : std::optional(found->second);
  });
  CHECK(left == quota{4, 49, 0, std::nullopt}); // below 0 nothing is left
}

TEST_CASE("credentials are read in every spelling") {
  for (const char* text : {R"({"apiId":" 12 ","apiToken":"t","webhookSecret":"s"})",
                           R"({"api_id":12,"api_token":"t\n","webhook_secret":"s"})",
                           R"({"X-API-ID":"12","X-API-TOKEN":"t","webhookSecret":"s"})"}) {
    CAPTURE(text);
    credentials read = read_credentials(boost::json::parse(text).as_object());
    CHECK(read.api_id.reveal() == "12");
    CHECK(read.api_token.reveal() == "t");
    CHECK(read.webhook_secret.reveal() == "s");
    CHECK(read.base_url.empty());
  }
  CHECK(read_credentials(boost::json::parse(R"({"baseUrl":"http://h/v1/"})").as_object()).base_url ==
        "http://h/v1");
  CHECK(read_credentials({}).api_id.empty());
}
