// Bytes that claim to be UTF-8.
#include "common/base/utf8.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace std::string_view_literals;

TEST_CASE("well-formed text of one to four bytes a character is accepted") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("LIVRÉ \xE2\x82\xAC \xF0\x9F\x98\x80 \xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF"));
  CHECK(is_utf8("a\0b"sv));
}

TEST_CASE("overlong forms, surrogates, too large and cut characters are refused") {
  for (auto bytes :
       {"\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x80\x80"sv, "\xED\xA0\x80"sv, "\xF0\x80\x80\x80"sv,
        "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xFF"sv, "\x80"sv, "abc\xC3"sv, "\xE2\x82"sv}) {
    CHECK_FALSE(is_utf8(bytes));
  }
}

TEST_CASE("one bad byte is found wherever it stands, and a good character is none") {
  for (std::size_t at = 0; at < 40; ++at) {
    CAPTURE(at);
    std::string text(40, 'a');
    text[at] = '\x80';
    CHECK_FALSE(is_utf8(text));
    CHECK(is_utf8(text.replace(at, 1, "\xC3\xA9")));
  }
}

TEST_CASE("each maximal ill-formed part becomes one replacement character") {
  CHECK(to_storable_text("a\xC3") == "a\xEF\xBF\xBD");
  CHECK(to_storable_text("\xE2\x82z") == "\xEF\xBF\xBDz");
  CHECK(to_storable_text("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(to_storable_text("\xF0\x9F\x98\xE9") == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("U+0000 is dropped and good text stays as it is") {
  CHECK(to_storable_text("a\0b"sv) == "ab");
  CHECK(to_storable_text("LIVRÉ") == "LIVRÉ");
  CHECK(to_storable_text("\0"sv).empty());
}
