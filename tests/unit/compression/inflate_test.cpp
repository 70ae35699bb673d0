// What is packed comes out whole, or is an error; never more than the bound is made of it.
#include "common/compression/inflate.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace suivi;
using namespace std::string_literals;

namespace {

const std::string text =
    R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":31,"external_order_id":"R1"}})";
// As gzip, zlib and their like have packed it.
const std::string as_gzip =
    "\037\213\010\000\000\000\000\000\002\003\253\126\112\055\113\315\053\121\262\122\362\057\112\111\055\012\056\111\054\051\055\166\316\110\314\113\117\115\121\322\121\052\110\254\314\311\117\114\121\262\252\126\312\004\222\112\245\206\100\301\142\260\042\045\053\143\103\035\245\324\212\222\324\242\274\304\234\370\174\220\366\170\260\242\040\103\245\332\132\000\157\255\062\363\131\000\000\000"s;
const std::string as_gzip_with_name =
    "\037\213\010\010\001\000\000\000\002\377\141\040\156\141\155\145\000\253\126\112\055\113\315\053\121\262\122\362\057\112\111\055\012\056\111\054\051\055\166\316\110\314\113\117\115\121\322\121\052\110\254\314\311\117\114\121\262\252\126\312\004\222\112\245\206\100\301\142\260\042\045\053\143\103\035\245\324\212\222\324\242\274\304\234\370\174\220\366\170\260\242\040\103\245\332\132\000\157\255\062\363\131\000\000\000"s;
const std::string as_zlib =
    "\170\234\253\126\112\055\113\315\053\121\262\122\362\057\112\111\055\012\056\111\054\051\055\166\316\110\314\113\117\115\121\322\121\052\110\254\314\311\117\114\121\262\252\126\312\004\222\112\245\206\100\301\142\260\042\045\053\143\103\035\245\324\212\222\324\242\274\304\234\370\174\220\366\170\260\242\040\103\245\332\132\000\130\047\035\365"s;
const std::string as_raw_deflate =
    "\253\126\112\055\113\315\053\121\262\122\362\057\112\111\055\012\056\111\054\051\055\166\316\110\314\113\117\115\121\322\121\052\110\254\314\311\117\114\121\262\252\126\312\004\222\112\245\206\100\301\142\260\042\045\053\143\103\035\245\324\212\222\324\242\274\304\234\370\174\220\366\170\260\242\040\103\245\332\132\000"s;
// gzip in gzip, that in zlib's format, and that in gzip.
const std::string as_two =
    "\037\213\010\000\000\000\000\000\002\003\223\357\346\140\000\001\046\346\325\141\136\272\336\147\265\003\067\005\175\322\367\362\324\345\322\363\324\321\324\055\073\347\161\306\333\337\067\360\122\240\226\307\232\063\047\375\175\002\067\255\012\073\305\062\311\153\151\233\303\301\244\015\112\252\332\311\316\262\113\257\164\115\272\262\150\317\221\071\077\152\046\174\253\330\260\110\301\171\351\255\050\206\374\265\106\237\043\201\046\003\000\042\132\114\342\142\000\000\000"s;
const std::string as_three =
    "\170\234\001\167\000\210\377\037\213\010\000\000\000\000\000\002\003\223\357\346\140\000\001\046\346\325\141\136\272\336\147\265\003\067\005\175\322\367\362\324\345\322\363\324\321\324\055\073\347\161\306\333\337\067\360\122\240\226\307\232\063\047\375\175\002\067\255\012\073\305\062\311\153\151\233\303\301\244\015\112\252\332\311\316\262\113\257\164\115\272\262\150\317\221\071\077\152\046\174\253\330\260\110\301\171\351\255\050\206\374\265\106\237\043\201\046\003\000\042\132\114\342\142\000\000\000\116\073\070\350"s;
const std::string as_four =
    "\037\213\010\000\000\000\000\000\002\003\001\202\000\175\377\170\234\001\167\000\210\377\037\213\010\000\000\000\000\000\002\003\223\357\346\140\000\001\046\346\325\141\136\272\336\147\265\003\067\005\175\322\367\362\324\345\322\363\324\321\324\055\073\347\161\306\333\337\067\360\122\240\226\307\232\063\047\375\175\002\067\255\012\073\305\062\311\153\151\233\303\301\244\015\112\252\332\311\316\262\113\257\164\115\272\262\150\317\221\071\077\152\046\174\253\330\260\110\301\171\351\255\050\206\374\265\106\237\043\201\046\003\000\042\132\114\342\142\000\000\000\116\073\070\350\177\154\137\274\202\000\000\000"s;
// A million zeros, twice in gzip.
const std::string as_bomb =
    "\037\213\010\000\000\000\000\000\002\003\223\357\346\140\000\001\046\346\267\007\033\101\214\303\012\113\177\136\226\175\022\312\310\060\012\106\301\050\030\362\140\075\133\160\226\241\227\203\023\077\003\000\222\071\276\172\354\003\000\000"s;

std::string code(const std::string& bytes, std::size_t limit) {
  auto out = inflated(bytes, limit);
  return out ? "" : out.error().code;
}

} // namespace

TEST_CASE("gzip, zlib's format and raw deflate are undone") {
  for (const auto& packed : {as_gzip, as_gzip_with_name, as_zlib, as_raw_deflate}) {
    auto out = inflated(packed, 1000);
    REQUIRE(out);
    CHECK(*out == text);
  }
  CHECK(looks_compressed(as_gzip));
  CHECK(looks_compressed(as_zlib));
  CHECK_FALSE(looks_compressed(text));
  CHECK_FALSE(looks_compressed(""));
  CHECK_FALSE(looks_compressed("payload=1"));
}

TEST_CASE("an end of few bits is found, whatever follows it") {
  // Its last code, 0000000, ends a bit before the byte's end.
  const std::string framed =
      "\170\234\253\126\112\055\113\315\053\121\262\122\362\057\112\111\055\012\056\111\054\051\055\166\316\110\314\113\117\115\121\322\121\052\110\254\314\311\117\114\121\262\252\126\312\004\222\112\245\272\025\046\146\206\106\026\106\006\100\311\142\260\142\045\053\143\103\035\245\324\212\222\324\242\274\304\234\370\174\220\061\361\140\305\101\046\006\006\112\265\265\000\160\075\040\063"s;
  const std::string text_of_it =
      R"({"event":"OrderStatusChanged","payload":{"id":"u-x4612820","status":31,"external_order_id":"R400"}})";
  const std::string raw = framed.substr(2, framed.size() - 6);
  for (const auto& packed : {framed, raw}) {
    auto out = inflated(packed, 1000);
    REQUIRE(out);
    CHECK(*out == text_of_it);
    for (std::size_t length = 0; length < packed.size(); ++length)
      CHECK(code(packed.substr(0, length), 1000) != "");
    CHECK(code(packed + "xy", 1000) == "inflate:malformed");
  }
}

TEST_CASE("up to three layers are undone, each within the bound") {
  for (const auto& packed : {as_two, as_three}) {
    auto out = inflated(packed, 1000);
    REQUIRE(out);
    CHECK(*out == text);
  }
  auto left = inflated(as_four, 1000);
  REQUIRE(left);
  CHECK(looks_compressed(*left));
  CHECK(code(as_bomb, 999'999) == "inflate:too_large");
  CHECK(code(as_bomb, 1'000'000) == "");
}

TEST_CASE("what only looks packed once more is left as it is") {
  std::string inner = "hC is no stream";
  CHECK(looks_compressed(inner));
  std::string stored =
      "\x01"s + static_cast<char>(inner.size()) + '\0' + static_cast<char>(~inner.size()) + '\xff' + inner;
  auto out = inflated(stored, 1000);
  REQUIRE(out);
  CHECK(*out == inner);
}

TEST_CASE("the bound is exact") {
  for (const auto& packed : {as_gzip, as_zlib, as_raw_deflate}) {
    CHECK(code(packed, text.size()) == "");
    CHECK(code(packed, text.size() - 1) == "inflate:too_large");
  }
}

TEST_CASE("what is cut off, changed or followed by something is an error") {
  for (const auto& packed : {as_gzip, as_gzip_with_name, as_zlib, as_raw_deflate}) {
    for (std::size_t length = 0; length < packed.size(); ++length)
      CHECK(code(packed.substr(0, length), 1000) != "");
    CHECK(code(packed + "x", 1000) == "inflate:malformed");
  }
  for (const auto& packed : {as_gzip, as_zlib}) {
    auto changed = packed;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    CHECK(code(changed, 1000) == "inflate:malformed");
  }
  CHECK(code("\x1f\x8b\x08\x1c\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1000) ==
        "inflate:malformed");
}

TEST_CASE("gzip of several members is one text, within one bound, and zeros behind it are nothing") {
  auto whole = inflated(as_gzip + as_gzip_with_name, 1000);
  REQUIRE(whole);
  CHECK(*whole == text + text);
  CHECK(code(as_gzip + as_gzip, 2 * text.size()) == "");
  CHECK(code(as_gzip + as_gzip, 2 * text.size() - 1) == "inflate:too_large");
  CHECK(code(as_gzip + std::string(50, '\0'), 1000) == "");
  CHECK(code(as_gzip + as_gzip.substr(0, 40), 1000) == "inflate:malformed");
  std::string many;
  for (int i = 0; i < 101; ++i) many += as_gzip;
  CHECK(code(many, 1'000'000) == "inflate:malformed");
}
