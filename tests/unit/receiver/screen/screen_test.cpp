// The screen's files: where they are, how they are sent, and what the browser is told to refuse.
#include "receiver/screen/screen.hpp"

#include "receiver/screen/screen_files.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>

using namespace suivi;
using namespace suivi::receiver;

namespace {

http::request get(const std::string& target, http::header_list headers = {}) {
  http::request request;
  request.method = "GET";
  request.target = target;
  request.headers = std::move(headers);
  return request;
}

std::string header(const http::response& response, std::string_view name) {
  return std::string(http::find_header(response.headers, name).value_or(""));
}

} // namespace

TEST_CASE("the screen's addresses are the root and what lies below assets, with any query") {
  CHECK(is_screen_address("/"));
  CHECK(is_screen_address("/?lang=ar"));
  CHECK(is_screen_address("/assets/js/app.js"));
  CHECK(is_screen_address("/assets/nothing"));
  CHECK_FALSE(is_screen_address(""));
  CHECK_FALSE(is_screen_address("/assets"));
  CHECK_FALSE(is_screen_address("/index.html"));
  CHECK_FALSE(is_screen_address("/api/v1/overview"));
  CHECK_FALSE(is_screen_address("/healthz"));
}

TEST_CASE("a file of the screen is sent with its type, and no other file is sent") {
  auto page = screen_response(get("/"));
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->content_type == "text/html; charset=utf-8");
  CHECK(page->bytes().starts_with("<!doctype html>"));
  auto library = screen_response(get("/assets/js/preact.js?x"));
  REQUIRE(library);
  CHECK(library->content_type == "text/javascript; charset=utf-8");
  CHECK(library->bytes().find("export{") != std::string::npos);
  CHECK_FALSE(screen_response(get("/assets/")));
  CHECK_FALSE(screen_response(get("/assets/index.html")));
  CHECK_FALSE(screen_response(get("/assets/../index.html")));
  CHECK_FALSE(screen_response(get("/assets/js")));
}

TEST_CASE("a browser is told to run, load and frame nothing but what comes from here") {
  for (const screen_file& file : screen_files()) {
    std::string address = file.name == "index.html" ? "/" : "/assets/" + std::string(file.name);
    auto response = screen_response(get(address));
    CAPTURE(address);
    REQUIRE(response);
    std::string policy = header(*response, "Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(policy.find("require-trusted-types-for 'script'; trusted-types 'none'") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(header(*response, "X-Content-Type-Options") == "nosniff");
    CHECK(header(*response, "Referrer-Policy") == "no-referrer");
    CHECK(header(*response, "Cross-Origin-Opener-Policy") == "same-origin");
    CHECK(header(*response, "Cross-Origin-Resource-Policy") == "same-origin");
    CHECK(header(*response, "Cache-Control") == "no-cache");
  }
}

TEST_CASE("a browser that takes gzip gets it, one that refuses it does not") {
  struct row {
    std::string accepted;
    bool gzip;
  };
  for (const auto& [accepted, gzip] :
       {row{"gzip", true}, row{"gzip, deflate, br, zstd", true}, row{"br;q=1, GZIP;q=0.5", true},
        row{"*", true}, row{"identity", false}, row{"", false}, row{"gzip;q=0", false}, row{"*;q=0", false},
        row{"gzip;q=0, *", false}, row{"xgzip", false}}) {
    auto response = screen_response(get("/", {{"Accept-Encoding", accepted}}));
    CAPTURE(accepted);
    REQUIRE(response);
    CHECK(header(*response, "Content-Encoding") == (gzip ? "gzip" : ""));
    CHECK(header(*response, "Vary") == "Accept-Encoding");
    CHECK(response->bytes().starts_with(gzip ? "\x1f\x8b" : "<!doctype html>"));
  }
}

TEST_CASE("a browser that has a file already is told so and gets no bytes") {
  std::string tag = header(*screen_response(get("/")), "ETag");
  REQUIRE(tag.size() > 2);
  CHECK(tag.front() == '"');
  CHECK(tag.back() == '"');
  for (const std::string& tags : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    auto response = screen_response(get("/", {{"If-None-Match", tags}}));
    CAPTURE(tags);
    REQUIRE(response);
    CHECK(response->status == 304);
    CHECK(response->bytes().empty());
    CHECK(header(*response, "ETag") == tag);
  }
  CHECK(screen_response(get("/", {{"If-None-Match", "\"other\""}}))->status == 200);
  // What is compressed is another representation.
  CHECK(screen_response(get("/", {{"If-None-Match", tag}, {"Accept-Encoding", "gzip"}}))->status == 200);
}

TEST_CASE("a file of the screen can be read only") {
  auto request = get("/");
  request.method = "HEAD";
  CHECK(screen_response(request)->status == 200);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    request.method = method;
    auto response = screen_response(request);
    REQUIRE(response);
    CHECK(response->status == 405);
    CHECK(header(*response, "Allow") == "GET, HEAD");
  }
  request.target = "/assets/nothing";
  CHECK_FALSE(screen_response(request));
}

TEST_CASE("what one reader loads is smaller than 150 KB even where nothing is compressed") {
  std::size_t shared = 0, longest_words = 0, compressed = 0;
  for (const screen_file& file : screen_files()) {
    compressed += file.gzip.size();
    if (file.name.ends_with(".txt")) continue; // read by whoever wants to
    if (file.name.starts_with("lang/"))
      longest_words = std::max(longest_words, file.plain.size());
    else
      shared += file.plain.size();
  }
  CAPTURE(shared);
  CHECK(longest_words > 0);
  CHECK(shared + longest_words < 150 * 1024);
  CHECK(compressed < 80 * 1024); // in all three languages
}
