// A browser's session at the real receiver: signing in and out, what a page of another origin may not do, who
// is locked out and who is not, and what a proxy that is trusted changes.
#include "receiver/session/session_cookie.hpp"
#include "tests/programs/operations_client.hpp"
#include "tests/support/loopback.hpp"

using namespace suivi;
using namespace suivi::test;

namespace {

reply sign_in(const operations_client& s, const std::string& token, http::header_list headers = {}) {
  return ask("POST", s.base + "/api/v1/session", "", R"({"token":")" + token + "\"}", std::move(headers));
}

// `suivi=v1.…`, as a browser sends it back.
std::string cookie_of(const reply& got) {
  std::string set = got.header("Set-Cookie");
  return set.substr(0, set.find(';'));
}

reply with_cookie(const operations_client& s, std::string method, const std::string& path,
                  const std::string& cookie, http::header_list headers = {}) {
  headers.emplace_back("Cookie", cookie);
  return ask(std::move(method), s.base + "/api/v1/" + path, "", "", std::move(headers));
}

bool is_refused(const reply& got, unsigned status, std::string_view code) {
  return got.status == status && is_error(got) && got.at("/error/code").as_string() == code;
}

} // namespace

TEST_CASE("the right token opens a session, its cookie opens what the token opens, and signing out ends it") {
  operations_client s;
  auto none = ask("GET", s.base + "/api/v1/session");
  CHECK(none.status == 200);
  CHECK(none.body == R"({"success":true,"data":null})");

  auto in = sign_in(s, "example-admin");
  CHECK(in.status == 204);
  CHECK(in.body.empty());
  std::string set = in.header("Set-Cookie");
  CHECK(set.starts_with("suivi=v1."));
  for (const char* attribute : {"; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"})
    CHECK(set.find(attribute) != std::string::npos);
  CHECK(set.find("Secure") == std::string::npos);
  CHECK(in.header("Cache-Control") == "no-store");
  CHECK(in.header("X-Content-Type-Options") == "nosniff");
  CHECK(in.header("Cross-Origin-Resource-Policy") == "same-origin");

  std::string cookie = cookie_of(in);
  auto session = with_cookie(s, "GET", "session", cookie);
  CHECK(names(session.at("/data")) == std::set<std::string>{"expiresAt", "encrypted"});
  CHECK(session.at("/data/encrypted") == false);
  CHECK(with_cookie(s, "GET", "coverage", cookie).status == 200);
  CHECK(with_cookie(s, "HEAD", "coverage", cookie).status == 200);
  CHECK(with_cookie(s, "GET", "coverage", cookie + "0").status == 401);
  CHECK(with_cookie(s, "GET", "coverage", "suivi=v1.9.9.9").status == 401);

  auto out = with_cookie(s, "DELETE", "session", cookie, {{"Origin", s.base}});
  CHECK(out.status == 204);
  CHECK(out.header("Set-Cookie").starts_with("suivi=;"));
  CHECK(out.header("Set-Cookie").find("Max-Age=0") != std::string::npos);
  CHECK(with_cookie(s, "GET", "coverage", cookie).status == 401); // a copy of it
  CHECK(with_cookie(s, "GET", "session", cookie).body == R"({"success":true,"data":null})");

  cookie = cookie_of(sign_in(s, "example-admin"));
  CHECK(with_cookie(s, "GET", "coverage", cookie).status == 200);
  s.restart_with("SUIVI_ADMIN_TOKEN", "example-other");
  CHECK(with_cookie(s, "GET", "coverage", cookie).status == 401);
  s.restart_with("SUIVI_ADMIN_TOKEN", "");
  CHECK(ask("GET", s.base + "/api/v1/session").status == 404);
  CHECK(sign_in(s, "").status == 404);
}

TEST_CASE("with the cookie nothing is changed for a page of another origin and a bearer token is exempt") {
  operations_client s;
  std::string cookie = cookie_of(sign_in(s, "example-admin"));
  auto retry = [&](http::header_list headers) {
    return with_cookie(s, "POST", "webhooks/events/1/retry", cookie, std::move(headers));
  };
  CHECK(is_refused(retry({}), 403, "FOREIGN_ORIGIN"));
  CHECK(is_refused(retry({{"Origin", "http://other.example"}}), 403, "FOREIGN_ORIGIN"));
  CHECK(is_refused(retry({{"Origin", "null"}}), 403, "FOREIGN_ORIGIN"));
  CHECK(is_refused(retry({{"Origin", s.base}, {"Sec-Fetch-Site", "cross-site"}}), 403, "FOREIGN_ORIGIN"));
  CHECK(retry({{"Origin", s.base}}).status == 404);
  CHECK(retry({{"Origin", s.base}, {"Sec-Fetch-Site", "same-origin"}}).status == 404);
  CHECK(is_refused(with_cookie(s, "DELETE", "webhooks/events/1", cookie), 403, "FOREIGN_ORIGIN"));
  CHECK(with_cookie(s, "DELETE", "webhooks/events/1", cookie, {{"Origin", s.base}}).status == 404);
  CHECK(is_refused(with_cookie(s, "DELETE", "session", cookie), 403, "FOREIGN_ORIGIN"));
  CHECK(ask("POST", s.base + "/api/v1/webhooks/events/1/retry", "example-admin", "",
            {{"Origin", "http://other.example"}})
            .status == 404);

  CHECK(is_refused(sign_in(s, "example-admin", {{"Origin", "http://other.example"}}), 403, "FOREIGN_ORIGIN"));
  CHECK(sign_in(s, "example-admin", {{"Origin", s.base}}).status == 204);
}

TEST_CASE(
    "after ten wrong tokens in a minute the address is told to wait, sessions and bearer tokens go on") {
  operations_client s;
  std::string cookie = cookie_of(sign_in(s, "example-admin"));
  for (int left = 9; left >= 0; --left) {
    auto wrong = sign_in(s, "example-wrong");
    CHECK(is_refused(wrong, 401, "UNAUTHORIZED"));
    CHECK(wrong.at("/success") == false);
    CHECK(wrong.at("/data/triesLeft") == left);
    CHECK(wrong.header("Set-Cookie").empty());
  }
  for (const char* token : {"example-wrong", "example-admin"}) {
    auto locked = sign_in(s, token);
    CHECK(locked.status == 429);
    CHECK(is_error(locked));
    int wait = std::stoi(locked.header("Retry-After"));
    CHECK(wait >= 1);
    CHECK(wait <= 60);
  }
  CHECK(with_cookie(s, "GET", "coverage", cookie).status == 200);
  CHECK(s.operate("GET", "coverage").status == 200);
}

TEST_CASE("what is no token is named, and costs no try") {
  operations_client s;
  for (const char* body : {"", "[]", "{}", R"({"token":1})", "token=example-admin"})
    CHECK(is_refused(ask("POST", s.base + "/api/v1/session", "", body), 400, "BAD_REQUEST"));
  CHECK(sign_in(s, "x").at("/data/triesLeft") == 9);
}

TEST_CASE("behind a trusted proxy that ends TLS the cookie is secure and the origin is the proxy's") {
  operations_client s;
  http::header_list proxied{{"X-Forwarded-Proto", "https"}, {"Origin", "https://shop.example"}};
  // Nobody is trusted yet.
  CHECK(is_refused(sign_in(s, "example-admin", proxied), 403, "FOREIGN_ORIGIN"));
  s.restart_with("SUIVI_RECEIVER_TRUSTED_PROXIES", "127.0.0.0/8");
  std::string own = "https" + s.base.substr(4);
  http::header_list over_tls{{"X-Forwarded-Proto", "https"}, {"Origin", own}};
  auto in = sign_in(s, "example-admin", over_tls);
  CHECK(in.status == 204);
  CHECK(in.header("Set-Cookie").starts_with("__Host-suivi=v1."));
  CHECK(in.header("Set-Cookie").find("; Secure") != std::string::npos);
  std::string cookie = cookie_of(in);
  CHECK(with_cookie(s, "GET", "session", cookie, {{"X-Forwarded-Proto", "https"}}).at("/data/encrypted") ==
        true);
  CHECK(with_cookie(s, "POST", "webhooks/events/1/retry", cookie, over_tls).status == 404);
  CHECK(is_refused(with_cookie(s, "POST", "webhooks/events/1/retry", cookie,
                               {{"X-Forwarded-Proto", "https"}, {"Origin", s.base}}),
                   403, "FOREIGN_ORIGIN"));
}

TEST_CASE("a stream that a session has opened ends with the session's time") {
  operations_client s;
  receiver::session_cookies cookies(secret("example-admin"));
  auto cookie = "suivi=" + cookies.make(now() - receiver::session_length + seconds(3));
  loopback::raw_peer reader(static_cast<unsigned short>(std::stoi(s.base.substr(s.base.rfind(':') + 1))));
  reader.send("GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nCookie: " + cookie + "\r\n\r\n");
  CHECK(reader.read_to_end().find("text/event-stream") != std::string::npos);
  CHECK(with_cookie(s, "GET", "stream", cookie).status == 401);
}
