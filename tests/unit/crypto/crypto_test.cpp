// Digests by known answers, base64 in every form that a sender may choose.
#include "common/crypto/crypto.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace std::string_view_literals;

namespace {

std::string hex_sha256(std::string_view bytes) {
  auto digest = crypto::sha256(bytes);
  return crypto::hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

} // namespace

TEST_CASE("SHA-256 gives the published answers") {
  CHECK(hex_sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex_sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("texts are equal in constant time only if they are the same bytes") {
  CHECK(crypto::equal_in_constant_time("example-secret-1", "example-secret-1"));
  CHECK(crypto::equal_in_constant_time("", ""));
  CHECK_FALSE(crypto::equal_in_constant_time("example-secret-1", "example-secret-2"));
  CHECK_FALSE(crypto::equal_in_constant_time("example-secret-1", "example-secret-"));
  CHECK_FALSE(crypto::equal_in_constant_time("a\0b"sv, "a\0c"sv));
}

TEST_CASE("base64 of RFC 4648 is written and read") {
  const std::pair<std::string_view, std::string_view> known[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (auto [plain, coded] : known) {
    CHECK(crypto::base64_encode(plain) == coded);
    CHECK(crypto::base64_decode(coded) == std::string(plain));
  }
}

TEST_CASE("base64 of any length is read, with a line's end or a foreign character wherever it stands") {
  for (std::size_t length = 0; length < 20; ++length) {
    std::string plain;
    for (std::size_t i = 0; i < length; ++i) plain += static_cast<char>(i * 37 + 200);
    std::string coded = crypto::base64_encode(plain);
    CHECK(crypto::base64_decode(coded) == plain);
    std::size_t characters = coded.find_last_not_of('=') + 1;
    for (std::size_t at = 0; at < characters; ++at) {
      CAPTURE(length);
      CAPTURE(at);
      CHECK(crypto::base64_decode(std::string(coded).insert(at, "\r\n")) == plain);
      CHECK_FALSE(crypto::base64_decode(std::string(coded).insert(at, "*")).has_value());
    }
  }
}

TEST_CASE("base64 is read in either alphabet, padded or not, broken into lines") {
  CHECK(crypto::base64_decode("-_-_") == crypto::base64_decode("+/+/"));
  CHECK(crypto::base64_decode("Zg") == "f");
  CHECK(crypto::base64_decode("Zm8") == "fo");
  CHECK(crypto::base64_decode(" \r\nZm9v\r\nYmFy\n ") == "foobar");
  CHECK(crypto::base64_decode("Zm9v\nYg==\n") == "foob");
  CHECK(crypto::base64_decode("Zm9vYg=\n=") == "foob");
}

TEST_CASE("what is no base64 is refused") {
  for (auto text : {"Z", "Zm9vY", "Zg=", "Zm8==", "Z===", "Zm9v=", "=", "Zm 9v", "Zm9v!", "{}",
                    "Zg==Zg==", "Zm9\xC3\xA9"}) {
    CAPTURE(text);
    CHECK_FALSE(crypto::base64_decode(text).has_value());
  }
}

TEST_CASE("any bytes survive base64") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t n = 0; n <= all.size(); ++n)
    CHECK(crypto::base64_decode(crypto::base64_encode(all.substr(0, n))) == all.substr(0, n));
}

TEST_CASE("random bytes come in the number asked for and differ") {
  CHECK(crypto::random_bytes(0).empty());
  CHECK(crypto::random_bytes(1000).size() == 1000);
  CHECK(crypto::random_bytes(32) != crypto::random_bytes(32));
}

TEST_CASE("the keyed digest is RFC 4231's") {
  auto digest = [](std::string_view key, std::string_view message) {
    auto bytes = crypto::hmac_sha256(key, message);
    return crypto::hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  CHECK(digest(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(digest("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(digest(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
