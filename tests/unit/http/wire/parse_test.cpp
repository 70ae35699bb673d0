// The parser without sockets: limits to the byte, any split, any garbage.
#include "common/http/wire/parse.hpp"

#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <random>

using namespace suivi::http;

namespace {

void put(beast::flat_buffer& in, std::string_view bytes) {
  std::memcpy(in.prepare(bytes.size()).data(), bytes.data(), bytes.size());
  in.commit(bytes.size());
}

struct parsed {
  step end;
  std::string body;
  std::size_t left;
};

// Feeds `bytes` in pieces of `piece`.
parsed parse(std::string_view bytes, std::size_t max_head, std::size_t max_body, std::size_t piece) {
  request_parser parser(max_head, max_body);
  beast::flat_buffer in;
  step got = step::more;
  while (got == step::more && !bytes.empty()) {
    put(in, bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    got = parser.feed(in);
  }
  return {got, parser.body, in.size() + bytes.size()};
}

std::string post(std::string_view header, std::string_view body) {
  return "POST / HTTP/1.1\r\n" + std::string(header) + "\r\nHost: x\r\n\r\n" + std::string(body);
}

} // namespace

TEST_CASE("the head limit is exact whatever the pieces") {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(100, 'a') + "\r\n\r\n";
  for (std::size_t piece : {1, 2, 3, 7, 64, 4096}) {
    CAPTURE(piece);
    CHECK(parse(head, head.size(), 10, piece).end == step::done);
    CHECK(parse(head, head.size() + 1, 10, piece).end == step::done);
    CHECK(parse(head, head.size() - 1, 10, piece).end == step::head_too_large);
  }
  std::string endless = "GET /" + std::string(500, 'a');
  CHECK(parse(endless, 200, 10, 1).end == step::head_too_large);
  CHECK(parse(endless, 200, 10, 4096).end == step::head_too_large);
}

TEST_CASE("the body limit is exact for declared and for chunked bodies") {
  for (std::size_t piece : {1, 5, 4096}) {
    CAPTURE(piece);
    for (std::size_t size : {0, 1, 99, 100}) {
      std::string body(size, 'b');
      auto declared = parse(post("Content-Length: " + std::to_string(size), body), 1000, 100, piece);
      CHECK(declared.end == step::done);
      CHECK(declared.body == body);
    }
    CHECK(parse(post("Content-Length: 101", ""), 1000, 100, piece).end == step::body_too_large);
    CHECK(parse(post("Content-Length: 18446744073709551615", ""), 1000, 100, piece).end ==
          step::body_too_large);
    auto chunked = "Transfer-Encoding: chunked";
    std::string half(50, 'c');
    std::string two_halves = "32\r\n" + half + "\r\n32;x=y\r\n" + half + "\r\n";
    auto whole = parse(post(chunked, two_halves + "0\r\nTrailer-Field: t\r\n\r\n"), 1000, 100, piece);
    CHECK(whole.end == step::done);
    CHECK(whole.body == half + half);
    CHECK(whole.left == 0);
    CHECK(parse(post(chunked, two_halves + "1\r\nd\r\n0\r\n\r\n"), 1000, 100, piece).end ==
          step::body_too_large);
    CHECK(parse(post(chunked, "65\r\n"), 1000, 100, piece).end == step::body_too_large);
    CHECK(parse(post(chunked, "ffffffffffffffff\r\n"), 1000, 100, piece).end == step::body_too_large);
  }
}

TEST_CASE("what could be read as two different requests is refused") {
  for (std::string header :
       {"Content-Length: 1\r\nContent-Length: 2", "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 1", "Content-Length: -1", "Content-Length: +1",
        "Content-Length: 1 1", "Content-Length: 0x1", "Content-Length: 99999999999999999999",
        "Content-Length:", "Content-Length : 1", " Content-Length: 1", "NoColon", ": empty",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "X: a\rb"}) {
    CAPTURE(header);
    CHECK(parse(post(header, "1"), 1000, 100, 4096).end == step::malformed);
  }
  for (std::string coding :
       {"gzip", "gzip, chunked", "chunked, gzip", "identity", "xchunked", "\"chunked\""}) {
    CAPTURE(coding);
    CHECK(parse(post("Transfer-Encoding: " + std::string(coding), "0\r\n\r\n"), 1000, 100, 4096).end ==
          step::unknown_coding);
  }
}

TEST_CASE("HTTP 1.0 knows no transfer coding and whoever sends one means something else") {
  auto head = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n";
  CHECK(parse(std::string(head) + "\r\n0\r\n\r\n", 1000, 100, 4096).end == step::malformed);
  CHECK(parse(std::string(head) + "Connection: keep-alive\r\n\r\n0\r\n\r\n", 1000, 100, 7).end ==
        step::malformed);
}

TEST_CASE("control characters in a head are refused") {
  using namespace std::string_literals;
  for (const std::string& header : {"X: a\0b"s, "X\0: a"s, "X: a\x01"s, "X: a\x7f"s, "X: a\nY: b"s}) {
    CAPTURE(header);
    CHECK(parse(post(header, ""), 1000, 100, 4096).end == step::malformed);
  }
  for (const std::string& target : {"/a\0b"s, "/a\tb"s, "/a\x7f"s}) {
    CAPTURE(target);
    CHECK(parse("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n", 1000, 100, 4096).end == step::malformed);
  }
}

TEST_CASE("a request of HTTP 1.1 names one host, and none names two") {
  auto end = [](const std::string& version, const std::string& headers) {
    return parse("GET / " + version + "\r\n" + headers + "\r\n", 1000, 100, 4096).end;
  };
  CHECK(end("HTTP/1.1", "Host: x\r\n") == step::done);
  CHECK(end("HTTP/1.1", "host:\r\n") == step::done);
  CHECK(end("HTTP/1.1", "") == step::malformed);
  CHECK(end("HTTP/1.1", "X-Host: x\r\n") == step::malformed);
  CHECK(end("HTTP/1.1", "Host: x\r\nHost: x\r\n") == step::malformed);
  CHECK(end("HTTP/1.0", "") == step::done);
  CHECK(end("HTTP/1.0", "Host: x\r\nHost: y\r\n") == step::malformed);
}

TEST_CASE("what can be no host is refused, whatever stands in its place") {
  auto end = [](std::string_view version, const std::string& host) {
    return parse("GET / " + std::string(version) + "\r\nHost: " + host + "\r\n\r\n", 1000, 100, 4096).end;
  };
  for (const char* host : {"", "x", "shop.example", "x:", "x:8080", "127.0.0.1:80", "[::1]", "[::1]:80",
                           "a_b", "xn--a.example", "[fe80::1%25eth0]"}) {
    CAPTURE(host);
    CHECK(end("HTTP/1.1", host) == step::done);
    CHECK(end("HTTP/1.0", host) == step::done);
  }
  for (const char* host : {"a b", "a\tb",  "a, b",   "x:y",     "x:1:2", "x: 80", "http://x", "x/y",
                           "x?y", "x#y",   "u@x",    "<x>",     "\"x\"", "a\\b",  "\xc3\xa9", "[::1",
                           "[]",  "[]:80", "[::1]x", "[::1]:x", "::1]",  ":]",    "]:80"}) {
    CAPTURE(host);
    CHECK(end("HTTP/1.1", host) == step::malformed);
    CHECK(end("HTTP/1.0", host) == step::malformed);
  }
}

TEST_CASE("a folded header line is one value and never two readings") {
  request_parser parser(1000, 100);
  beast::flat_buffer in;
  put(in, post("X-Folded: a\r\n  b\r\nContent-Length: 1", "c"));
  CHECK(parser.feed(in) == step::done);
  CHECK(find_header(parser.headers, "X-Folded") == "a b");
  CHECK(parser.body == "c");
  CHECK(parse(post("Content-Length: 1\r\n 0", "c"), 1000, 100, 4096).end == step::malformed);
  CHECK(parse(post("Transfer-Encoding: chunked\r\n ,gzip", "c"), 1000, 100, 4096).end ==
        step::unknown_coding);
}

TEST_CASE("a target in absolute form is brought into origin form") {
  struct form {
    std::string sent, read;
  };
  for (const auto& [sent, read] :
       {form{"http://shop.example/a/b?c=d", "/a/b?c=d"}, form{"HTTPS://shop.example:8443/a", "/a"},
        form{"http://shop.example", "/"}, form{"http://shop.example?c=d", "/?c=d"},
        form{"/http://x/", "/http://x/"}, form{"*", "*"}, form{"ftp://x/a", "ftp://x/a"},
        form{"http://", "http://"}}) {
    CAPTURE(sent);
    request_parser parser(1000, 100);
    beast::flat_buffer in;
    put(in, "GET " + sent + " HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(parser.feed(in) == step::done);
    CHECK(parser.target == read);
  }
}

TEST_CASE("bad chunks and endless chunk lines are refused") {
  for (std::string chunk :
       {"x\r\n", "-1\r\n", "\r\n", "1\r\nabcd\r\n", "1 \r\na\r\n0\r\n\r\n", "1ffffffffffffffff\r\n",
        "1\na\r\n0\r\n\r\n", "1;x\ny\r\na\r\n0\r\n\r\n", "0x1\r\na\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n"}) {
    CAPTURE(chunk);
    CHECK(parse(post("Transfer-Encoding: chunked", chunk), 1000, 100, 4096).end == step::malformed);
  }
  auto endless = "1;" + std::string(100'000, 'x');
  CHECK(parse(post("Transfer-Encoding: chunked", endless), 1000, 100, 4096).end == step::malformed);
  auto trailers = "0\r\n" + std::string("A: b\r\n") + std::string(100'000, 'y');
  CHECK(parse(post("Transfer-Encoding: chunked", trailers), 1000, 100, 4096).end == step::malformed);
}

TEST_CASE("a chunked body without content is read in any pieces, also where assertions are on") {
  for (std::size_t piece : {1, 2, 3, 4, 5, 4096}) {
    CAPTURE(piece);
    auto empty = parse(post("Transfer-Encoding: chunked", "0\r\n\r\n"), 1000, 100, piece);
    CHECK(empty.end == step::done);
    CHECK(empty.left == 0);
    CHECK(parse(post("Transfer-Encoding: chunked", "0\r\nA: b\r\n\r\n"), 1000, 100, piece).end == step::done);
    auto like_a_last_chunk =
        parse(post("Transfer-Encoding: chunked", "3\r\n0\r\n\r\n0\r\n\r\n"), 1000, 100, piece);
    CHECK(like_a_last_chunk.end == step::done);
    CHECK(like_a_last_chunk.body == "0\r\n");
  }
}

TEST_CASE("line breaks before a request are skipped and trailers are not headers") {
  CHECK(parse("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 100, 10, 1).end == step::done);
  request_parser parser(1000, 100);
  beast::flat_buffer in;
  put(in, post("Transfer-Encoding: chunked", "0\r\nX-Late: 1\r\n\r\nGET"));
  CHECK(parser.feed(in) == step::done);
  CHECK(!find_header(parser.headers, "X-Late"));
  CHECK(in.size() == 3);
}

TEST_CASE("no garbage brings the parser down or over its limits") {
  std::mt19937 random(20'240'501);
  const std::string seeds[] = {
      post("Host: x\r\nContent-Length: 5", "hello"),
      post("Transfer-Encoding: chunked", "3\r\nabc\r\n2;a=\"b\"\r\nde\r\n0\r\nT: u\r\n\r\n"),
      "GET /a?b HTTP/1.0\r\nConnection: keep-alive, x\r\nX-Folded: a\r\n b\r\n\r\n"};
  const std::string marks = "\r\n :;,0159aAfF\"%\t\xff\x01";
  auto upto = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n)(random); };
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[upto(2)];
    for (auto changes = upto(6); changes > 0; --changes) {
      auto at = upto(text.size() - 1);
      switch (upto(3)) {
      case 0:
        text[at] = marks[upto(marks.size() - 1)];
        break;
      case 1:
        text.insert(at, 1, marks[upto(marks.size() - 1)]);
        break;
      case 2:
        text.erase(at, 1 + upto(3));
        break;
      default:
        text.insert(at, text.substr(upto(text.size() - 1), upto(20)));
        break;
      }
      if (text.empty()) text = "G";
    }
    auto got = parse(text, 120, 8, 1 + upto(20));
    CHECK(got.body.size() <= 8);
  }
}
