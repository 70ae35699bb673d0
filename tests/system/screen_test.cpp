// The operator's page over real sockets: who is shown it, in which form, and that it holds no secret.
#include "tests/programs/webhook_sender.hpp"

using namespace suivi::test;

namespace {

std::string header(const raw_answer& answer, const std::string& name) {
  std::size_t at = answer.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  at += name.size() + 4;
  return answer.head.substr(at, answer.head.find("\r\n", at) - at);
}

const environment with_token{{"SUIVI_ADMIN_TOKEN", "example-admin-token"}};

} // namespace

TEST_CASE("the screen and its files are served without a token, their data is not") {
  webhook_sender r(with_token);
  auto page = r.ask(request("GET", "/"));
  CHECK(page.status == 200);
  CHECK(header(page, "Content-Type") == "text/html; charset=utf-8");
  CHECK(contains(header(page, "Content-Security-Policy"), "default-src 'none'; script-src 'self'"));
  CHECK(contains(header(page, "Content-Security-Policy"), "frame-ancestors 'none'"));
  CHECK(header(page, "X-Content-Type-Options") == "nosniff");
  CHECK(header(page, "Referrer-Policy") == "no-referrer");
  CHECK(page.body.starts_with("<!doctype html>"));
  CHECK_FALSE(contains(page.body, "example-"));
  CHECK(header(r.ask(request("GET", "/assets/js/app.js")), "Content-Type") ==
        "text/javascript; charset=utf-8");
  CHECK(header(r.ask(request("GET", "/assets/css/base.css")), "Content-Type") == "text/css; charset=utf-8");
  CHECK(header(r.ask(request("GET", "/assets/icon.svg")), "Content-Type") == "image/svg+xml");
  CHECK(r.ask(request("GET", "/api/v1/accounts")).status == 401);
}

TEST_CASE("a browser that knows a file of the screen gets no bytes, and one that takes gzip fewer") {
  webhook_sender r(with_token);
  auto plain = r.ask(request("GET", "/assets/js/app.js"));
  auto small = r.ask(request("GET", "/assets/js/app.js", "", "Accept-Encoding: gzip, br\r\n"));
  CHECK(header(small, "Content-Encoding") == "gzip");
  CHECK(small.body.size() < plain.body.size());
  CHECK(header(small, "ETag") != header(plain, "ETag"));
  auto again =
      r.ask(request("GET", "/assets/js/app.js", "", "If-None-Match: " + header(plain, "ETag") + "\r\n"));
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(header(again, "Content-Length").empty());
  auto head = r.ask(request("HEAD", "/"));
  CHECK(head.status == 200);
  CHECK(head.body.empty());
}

TEST_CASE("the screen can be read only, and there is nothing beside its files") {
  webhook_sender r(with_token);
  for (const char* method : {"POST", "DELETE"}) {
    auto refused = r.ask(request(method, "/"));
    CHECK(refused.status == 405);
    CHECK(header(refused, "Allow") == "GET, HEAD");
  }
  for (const char* target : {"/assets/", "/assets/js/", "/assets/js/nothing.js", "/assets/../suivi.toml",
                             "/assets/%2e%2e/suivi.toml", "/index.html", "/js/app.js"})
    CHECK(r.ask(request("GET", target)).status == 404);
}

TEST_CASE("without an admin token there is no screen") {
  webhook_sender r;
  CHECK(r.ask(request("GET", "/")).status == 404);
  CHECK(r.ask(request("GET", "/assets/js/app.js")).status == 404);
  CHECK(r.ask(request("POST", "/")).status == 404);
}
