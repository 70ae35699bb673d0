// Cookies, origins and tries, without a socket.
#include "receiver/session/ended_sessions.hpp"
#include "receiver/session/request_origin.hpp"
#include "receiver/session/session_cookie.hpp"
#include "receiver/session/sign_in_limiter.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_instant("2026-03-01T12:00:00Z");
const steady_time start{1h};

boost::asio::ip::address at(const std::string& text) {
  return boost::asio::ip::make_address(text);
}

} // namespace

TEST_CASE("a session's cookie opens until it ends, whoever of the same token looks") {
  session_cookies one{secret("example-admin")};
  session_cookies other_receiver{secret("example-admin")};
  std::string value = one.make(noon);
  CHECK(other_receiver.verify(value, noon) == noon + 12h);
  CHECK(one.verify(value, noon + 12h - 1s).has_value());
  CHECK_FALSE(one.verify(value, noon + 12h).has_value());
  CHECK(one.make(noon) != value);
}

TEST_CASE("a cookie of another token, a changed one and anything else open nothing") {
  session_cookies mine{secret("example-admin")};
  std::string value = session_cookies{secret("example-former")}.make(noon);
  CHECK_FALSE(mine.verify(value, noon).has_value());
  value = mine.make(noon);
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string changed = value;
    changed[i] = changed[i] == '1' ? '2' : '1';
    CAPTURE(changed);
    CHECK_FALSE(mine.verify(changed, noon).has_value());
  }
  for (const char* text : {"", "v1", "v1.", "v1..", "v1.1.2", "v1.99999999999.x.", "v2.1.2.3"})
    CHECK_FALSE(mine.verify(text, noon).has_value());
}

TEST_CASE("sessions that were ended are known until their cookies would have ended, so many at most") {
  ended_sessions ended(2);
  CHECK_FALSE(ended.contains("a"));
  ended.add("a", noon + 1h, noon);
  ended.add("b", noon + 3h, noon);
  CHECK(ended.contains("a"));
  CHECK(ended.contains("b"));
  ended.add("b", noon + 3h, noon);
  CHECK(ended.contains("a"));
  ended.add("c", noon + 2h, noon); // the one that ends first gives way
  CHECK_FALSE(ended.contains("a"));
  CHECK(ended.contains("b"));
  CHECK(ended.contains("c"));
  ended.add("d", noon + 5h, noon + 2h); // c has ended by itself
  CHECK_FALSE(ended.contains("c"));
  CHECK(ended.contains("b"));
}

TEST_CASE("the cookie is out of reach of scripts and other sites, and secure where the connection is") {
  CHECK(set_session("x", false) == "suivi=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
  CHECK(set_session("x", true) == "__Host-suivi=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure");
  CHECK(clear_session(false) == "suivi=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
}

TEST_CASE("the session is found among other cookies, by the name that fits the connection") {
  http::header_list headers{{"cookie", "a=1; suivi=v1.x; b"}, {"Cookie", "__Host-suivi=v1.y"}};
  CHECK(session_of(headers, false) == "v1.x");
  CHECK(session_of(headers, true) == "v1.y");
  CHECK_FALSE(session_of({{"Cookie", "xsuivi=1; suivi2=1; suivi"}}, false).has_value());
}

TEST_CASE("a page of our own is known by its origin, and any other is foreign") {
  auto request = [](std::string origin, std::string host, std::string site = "") {
    http::header_list headers{{"Host", std::move(host)}};
    if (!origin.empty()) headers.emplace_back("Origin", std::move(origin));
    if (!site.empty()) headers.emplace_back("Sec-Fetch-Site", std::move(site));
    return headers;
  };
  CHECK(is_of_own_page(request("http://shop.example:8080", "shop.example:8080"), false));
  CHECK(is_of_own_page(request("https://shop.example", "Shop.Example:443", "same-origin"), true));
  CHECK_FALSE(is_of_own_page(request("http://shop.example", "shop.example"), true));
  CHECK_FALSE(is_of_own_page(request("https://shop.example", "shop.example"), false));
  CHECK_FALSE(is_of_own_page(request("http://shop.example:81", "shop.example"), false));
  CHECK_FALSE(is_of_own_page(request("http://shop.example.evil", "shop.example"), false));
  CHECK_FALSE(is_of_own_page(request("null", "shop.example"), false));
  CHECK_FALSE(is_of_own_page(request("http://shop.example", "shop.example", "same-site"), false));
  CHECK_FALSE(is_of_own_page(request("", "shop.example"), false));
  CHECK(is_not_foreign(request("", "shop.example"), false));
  CHECK_FALSE(is_not_foreign(request("", "shop.example", "cross-site"), false));
}

TEST_CASE("a connection is encrypted by our own TLS, or where a trusted proxy says so") {
  auto trusted = parse_networks({"192.0.2.0/24"});
  http::header_list https{{"X-Forwarded-Proto", "http, https"}};
  CHECK(is_encrypted(true, at("198.51.100.1"), {}, trusted));
  CHECK(is_encrypted(false, at("192.0.2.9"), https, trusted));
  CHECK_FALSE(is_encrypted(false, at("198.51.100.1"), https, trusted));
  CHECK_FALSE(is_encrypted(false, at("192.0.2.9"), {{"X-Forwarded-Proto", "https, http"}}, trusted));
  CHECK_FALSE(is_encrypted(false, at("192.0.2.9"), {}, trusted));
}

TEST_CASE("an address has so many tries a minute and others are not held up by it") {
  sign_in_limiter l({.wrong_per_address = 3, .wrong_in_all = 100, .addresses = 10});
  for (int left = 2; left >= 0; --left) CHECK(l.wrong(at("192.0.2.7"), start + (2 - left) * 1s) == left);
  CHECK(l.locked_out(at("192.0.2.7"), start + 10s) == 50s);
  CHECK(l.locked_out(at("::ffff:192.0.2.7"), start + 10s) == 50s);
  CHECK_FALSE(l.locked_out(at("192.0.2.8"), start + 10s).has_value());
  CHECK_FALSE(l.locked_out(at("192.0.2.7"), start + 60s).has_value());
  CHECK(l.wrong(at("192.0.2.7"), start + 60s) == 2);
}

TEST_CASE("an IPv6 client cannot get more tries by another address of its network") {
  sign_in_limiter l({.wrong_per_address = 1, .wrong_in_all = 100, .addresses = 10});
  l.wrong(at("2001:db8:0:1::1"), start);
  CHECK(l.locked_out(at("2001:db8:0:1:ffff::2"), start).has_value());
  CHECK_FALSE(l.locked_out(at("2001:db8:0:2::1"), start).has_value());
}

TEST_CASE("where all fail too often only addresses that never failed may try") {
  sign_in_limiter l({.wrong_per_address = 10, .wrong_in_all = 3, .addresses = 10});
  for (int n = 1; n <= 3; ++n) l.wrong(at("192.0.2." + std::to_string(n)), start);
  CHECK(l.locked_out(at("192.0.2.1"), start + 1s) == 59s);
  CHECK_FALSE(l.locked_out(at("192.0.2.200"), start + 1s).has_value());
  l.wrong(at("192.0.2.200"), start + 1s);
  CHECK(l.locked_out(at("192.0.2.200"), start + 1s).has_value());
  CHECK_FALSE(l.locked_out(at("192.0.2.1"), start + 60s).has_value());
}

TEST_CASE("the table of addresses stays bounded, the oldest going first") {
  sign_in_limiter l({.wrong_per_address = 1, .wrong_in_all = 100, .addresses = 2});
  for (int n = 1; n <= 3; ++n) l.wrong(at("192.0.2." + std::to_string(n)), start + n * 1s);
  CHECK_FALSE(l.locked_out(at("192.0.2.1"), start + 4s).has_value());
  CHECK(l.locked_out(at("192.0.2.2"), start + 4s).has_value());
  CHECK(l.locked_out(at("192.0.2.3"), start + 4s).has_value());
}
