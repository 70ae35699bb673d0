// Text in, text out: escapes, targets, URLs, heads.
#include "common/http/message/message.hpp"
#include "common/http/message/response_head.hpp"
#include "common/http/message/url.hpp"

#include <doctest/doctest.h>

using namespace suivi::http;
using namespace std::string_literals;

TEST_CASE("header names compare without case and the first one counts") {
  header_list headers{{"X-A", "1"}, {"x-a", "2"}};
  CHECK(find_header(headers, "X-a") == "1");
  CHECK(!find_header(headers, "X-AB"));
  CHECK(!find_header(headers, ""));
}

TEST_CASE("percent escapes are decoded or refused as a whole") {
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("a%20b+c") == "a b+c");
  CHECK(percent_decode("%e2%82%AC") == "\xE2\x82\xAC");
  CHECK(percent_decode("%00") == "\0"s);
  CHECK(percent_decode("%2541") == "%41"); // once, not twice
  for (std::string bad : {"%", "%4", "%4g", "%g4", "a%", "%%41", "% 41", "%-1", "%+1", "%0x"}) {
    CAPTURE(bad);
    CHECK(!percent_decode(bad));
  }
}

TEST_CASE("whatever is encoded decodes to itself") {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  CHECK(percent_decode(percent_encode(every)) == every);
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b/%\n\xff") == "a%20b%2F%25%0A%FF");
}

TEST_CASE("a target is taken apart into decoded segments and pairs") {
  auto t = parse_target("/a/b%20c?x=1&y&z=%26+%2B&x=2");
  REQUIRE(t);
  CHECK(t->path == "/a/b%20c");
  CHECK(t->segments == std::vector<std::string>{"a", "b c"});
  CHECK(t->query ==
        std::vector<std::pair<std::string, std::string>>{{"x", "1"}, {"y", ""}, {"z", "& +"}, {"x", "2"}});
  CHECK(t->find("x") == "1");
  CHECK(t->find("y") == "");
  CHECK(!t->find("w"));
}

TEST_CASE("slashes in a target are taken literally and escaped ones do not split") {
  CHECK(parse_target("/")->segments.empty());
  CHECK(parse_target("/a/")->segments == std::vector<std::string>{"a"});
  CHECK(parse_target("//a//b")->segments == std::vector<std::string>{"", "a", "", "b"});
  CHECK(parse_target("/a%2Fb/%2e%2e")->segments == std::vector<std::string>{"a/b", ".."});
  CHECK(parse_target("/a+b")->segments == std::vector<std::string>{"a+b"});
}

TEST_CASE("odd queries are read as they stand") {
  CHECK(parse_target("/?")->query.empty());
  CHECK(parse_target("/?&&a&&")->query == std::vector<std::pair<std::string, std::string>>{{"a", ""}});
  CHECK(parse_target("/?=v")->query == std::vector<std::pair<std::string, std::string>>{{"", "v"}});
  CHECK(parse_target("/?a=b=c?d")->query == std::vector<std::pair<std::string, std::string>>{{"a", "b=c?d"}});
}

TEST_CASE("targets that are malformed or not in origin form are refused") {
  for (std::string bad :
       {"", "*", "a", "http://h/a", "h:443", "/a%", "/%zz", "/?a=%", "/?%=1", "/a b", "/a\r\nX: y", "/a#b"}) {
    CAPTURE(bad);
    CHECK(!parse_target(bad));
  }
  CHECK(!parse_target("/a\0b"s));
}

TEST_CASE("a URL says where to connect and what to ask") {
  auto u = parse_url("https://api.example.test/a%20b?c=d&e#f");
  REQUIRE(u.has_value());
  CHECK(u->tls);
  CHECK(u->host == "api.example.test");
  CHECK(u->port == "443");
  CHECK(u->authority == "api.example.test");
  CHECK(u->target == "/a%20b?c=d&e");
  auto bare = parse_url("HTTP://127.0.0.1:8080");
  REQUIRE(bare.has_value());
  CHECK(!bare->tls);
  CHECK(bare->authority == "127.0.0.1:8080");
  CHECK(bare->target == "/");
  auto six = parse_url("http://[::1]:81?q");
  REQUIRE(six.has_value());
  CHECK(six->host == "::1");
  CHECK(six->port == "81");
  CHECK(six->authority == "[::1]:81");
  CHECK(six->target == "/?q");
  CHECK(parse_url("https://h:443/")->authority == "h");
}

TEST_CASE("URLs of no use are permanent errors that do not repeat their text") {
  for (std::string bad : {"",
                          "/a",
                          "h",
                          "h/a",
                          "ftp://h/",
                          "http:///a",
                          "http:a",
                          "http://",
                          "http://u:example-key-1@h/",
                          "http://u@h/",
                          "http://h:0/",
                          "http://h:65536/",
                          "http://h:65537/", // not port 1
                          "http://h:99999/",
                          "http://h:99999999999/",
                          "http://h:x/",
                          "http://[::1/",
                          "http://h/a b",
                          "http://h/\r\nX: y",
                          "http://h\r\n/",
                          "http://h/%zz",
                          "mailto:a@b"}) {
    CAPTURE(bad);
    auto u = parse_url(bad);
    REQUIRE(!u.has_value());
    CHECK(u.error().code == "http:url");
    CHECK(u.error().kind == suivi::failure::permanent);
    CHECK(u.error().detail.find("example-key") == std::string::npos);
  }
}

TEST_CASE("headers that could forge a line are told from those that cannot") {
  CHECK(can_be_sent({{"X-A", "b\tc \xC3\xA9"}}));
  CHECK(can_be_sent({}));
  for (auto value : {"a\r\nB: c", "a\n", "\r", "a\x7f", "\x01"}) CHECK(!can_be_sent({{"X", value}}));
  CHECK(!can_be_sent({{"X", "\0"s}}));
  for (auto name : {"", "X:", "X Y", "X\r\n", "\xC3\xA9"}) CHECK(!can_be_sent({{name, "a"}}));
}

TEST_CASE("dates are written as they are read") {
  auto text = "Sun, 06 Nov 1994 08:49:37 GMT";
  auto at = suivi::parse_http_date(text);
  REQUIRE(at);
  CHECK(format_http_date(*at) == text);
  CHECK(format_http_date(*at + suivi::microseconds(999'999)) == text);
}

TEST_CASE("an answer's head has the length of its body except where none is allowed") {
  response answer;
  answer.body = "abc";
  answer.headers = {
      {"Allow", "GET"}, {"Content-Length", "99"}, {"Transfer-Encoding", "chunked"}, {"Connection", "x"}};
  std::string out;
  append_answer_head(out, answer, {}, "D");
  CHECK(out == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: 3\r\nAllow: "
               "GET\r\n\r\n");
  out.clear();
  response none;
  none.status = 204;
  none.headers = {{"date", "mine"}};
  append_answer_head(out, none, {.http_1_1 = false, .keep_alive = true}, "D");
  CHECK(out == "HTTP/1.0 204 No Content\r\nConnection: keep-alive\r\ndate: mine\r\n\r\n");
}
