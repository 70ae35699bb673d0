// Which request is for what, and who may.
#include "receiver/web/routes.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

namespace {

route find(std::string method, std::string target, http::header_list headers = {}) {
  http::request r;
  r.method = std::move(method);
  r.target = std::move(target);
  r.headers = std::move(headers);
  return find_route(r);
}

std::vector<secret> two_secrets() {
  return {secret("example-old"), secret("example-new")};
}

bool may(const route& r) {
  return secret_fits(r.secrets, two_secrets());
}

} // namespace

TEST_CASE("the secret is the last part of the short address") {
  auto r = find("POST", "/webhooks/maystro/example-new?account=acc%2F1");
  CHECK(r.where == place::webhook);
  CHECK(r.method_fits);
  CHECK(may(r));
  CHECK(r.account == "acc/1");
  CHECK(may(find("POST", "/webhooks/maystro/example%2Dold")));
  CHECK_FALSE(may(find("POST", "/webhooks/maystro/example-ne")));
  CHECK_FALSE(may(find("POST", "/webhooks/maystro/wrong?secret=example-new")));
}

TEST_CASE("the addresses existing shops have registered take the secret three ways") {
  for (std::string path : {"/api/webhooks/maystro", "/api/v1/webhooks/maystro"}) {
    CHECK(may(find("POST", path + "?secret=example-old")));
    CHECK(may(find("POST", path, {{"x-webhook-secret", "example-new"}})));
    CHECK(may(find("POST", path, {{"Authorization", "bearer example-new"}})));
    CHECK_FALSE(may(find("POST", path)));
    CHECK_FALSE(may(find("POST", path, {{"Authorization", "Basic example-new"}})));
    CHECK(find("POST", path).where == place::webhook);
  }
}

TEST_CASE("a slash at the end of an address changes nothing") {
  CHECK(may(find("POST", "/webhooks/maystro/example-new/")));
  CHECK(may(find("POST", "/api/webhooks/maystro/?secret=example-old")));
  CHECK(may(find("POST", "/api/v1/webhooks/maystro/?secret=example-old")));
}

TEST_CASE("an empty secret opens nothing even if one is configured so") {
  CHECK_FALSE(secret_fits({""}, {secret("")}));
  CHECK_FALSE(secret_fits({""}, two_secrets()));
  CHECK_FALSE(secret_fits({}, two_secrets()));
}

TEST_CASE("an empty account is none") {
  CHECK_FALSE(find("POST", "/webhooks/maystro/x?account=").account);
}

TEST_CASE("other methods are named with the one that is allowed") {
  auto r = find("GET", "/webhooks/maystro/example-new");
  CHECK(r.where == place::webhook);
  CHECK_FALSE(r.method_fits);
  CHECK(r.allowed_method == "POST");
  CHECK(find("POST", "/healthz").allowed_method == "GET, HEAD");
  CHECK_FALSE(find("POST", "/healthz").method_fits);
  CHECK(find("GET", "/healthz").method_fits);
  CHECK(find("HEAD", "/metrics").method_fits);
}

TEST_CASE("everything else is nowhere") {
  for (const char* path :
       {"/", "/webhooks/maystro", "/webhooks/maystro/a/b", "/api/v2/webhooks/maystro", "/metricsx", "/%zz"})
    CHECK(find("GET", path).where == place::nowhere);
}
