// HMAC-SHA256 against the test cases of RFC 4231.
#include "common/crypto/hmac.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace suivi::crypto;

namespace {

std::string hex_of(std::string_view key, std::string_view bytes) {
  sha256_digest made = hmac_sha256(key, bytes);
  return hex({reinterpret_cast<const char*>(made.data()), made.size()});
}

} // namespace

TEST_CASE("HMAC-SHA256 agrees with RFC 4231, with short and long keys") {
  CHECK(hex_of(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex_of("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_of(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
