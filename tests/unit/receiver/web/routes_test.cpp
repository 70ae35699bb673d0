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

TEST_CASE("each courier that sends webhooks has an address, with a challenge where it signs them, and others "
          "none") {
  auto signed_one = find("GET", "/webhooks/guepex/example-new?account=g");
  CHECK(signed_one.where == place::signed_webhook);
  CHECK(signed_one.courier == courier_kind::guepex);
  CHECK(signed_one.account == "g");
  CHECK(may(signed_one));
  CHECK(signed_one.allowed == "GET, POST");
  CHECK(find("POST", "/webhooks/guepex/example-new").method_fits);
  CHECK_FALSE(find("HEAD", "/webhooks/guepex/example-new").method_fits);
  CHECK(find("POST", "/webhooks/maystro/example-new").courier == courier_kind::maystro);
  CHECK(find("POST", "/webhooks/maystro/example-new").allowed == "POST");
  for (const char* none :
       {"/webhooks/nord_west/x", "/webhooks/nordwest/x", "/webhooks/Guepex/x", "/webhooks/guepex",
        "/webhooks/guepex/x/y", "/api/webhooks/guepex", "/api/v1/webhooks/guepex"})
    CHECK(find("POST", none).where == place::nowhere);
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

TEST_CASE("a plus in a secret may be pasted into the address as it is") {
  std::vector<secret> accepted{secret("q+Zx/7+w==")};
  for (std::string written : {"q+Zx/7+w==", "q%2BZx%2F7%2Bw%3D%3D"}) {
    CHECK(secret_fits(find("POST", "/api/webhooks/maystro?secret=" + written).secrets, accepted));
    CHECK_FALSE(secret_fits(find("POST", "/api/webhooks/maystro?secret=" + written + "+").secrets, accepted));
  }
  std::vector<secret> spaced{secret("q Zx")};
  CHECK(secret_fits(find("POST", "/api/webhooks/maystro?secret=q+Zx").secrets, spaced));
}

TEST_CASE("a slash at the end of an address changes nothing") {
  CHECK(may(find("POST", "/webhooks/maystro/example-new/")));
  CHECK(may(find("POST", "/api/webhooks/maystro/?secret=example-old")));
  CHECK(may(find("POST", "/api/v1/webhooks/maystro/?secret=example-old")));
}

TEST_CASE("blanks around an account's name are none of it") {
  CHECK(find("POST", "/webhooks/maystro/x?account=%20a%20b%0a").account == "a b");
  CHECK_FALSE(find("POST", "/webhooks/maystro/x?account=%20").account);
}

TEST_CASE("of an account's name that is longer than any, only the beginning is kept") {
  auto r = find("POST", "/webhooks/maystro/x?account=" + std::string(5'000, 'a'));
  CHECK(r.account == std::string(256, 'a'));
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
  CHECK(r.allowed == "POST");
  CHECK(find("POST", "/healthz").allowed == "GET, HEAD");
  CHECK_FALSE(find("POST", "/healthz").method_fits);
  CHECK(find("GET", "/healthz").method_fits);
  CHECK(find("HEAD", "/metrics").method_fits);
}

TEST_CASE("everything else is nowhere") {
  for (const char* path :
       {"/", "/webhooks/maystro", "/webhooks/maystro/a/b", "/api/v2/webhooks/maystro", "/metricsx", "/%zz"})
    CHECK(find("GET", path).where == place::nowhere);
}

TEST_CASE("every address of the operations API leads to its operation") {
  CHECK(find("GET", "/api/v1/webhooks/events?page=2").operation == operation::list_events);
  CHECK(find("GET", "/api/v1/webhooks/stats").operation == operation::event_stats);
  CHECK(find("POST", "/api/v1/webhooks/events/12/retry").operation == operation::retry_event);
  CHECK(find("DELETE", "/api/v1/webhooks/events/12").subject == "12");
  CHECK(find("GET", "/api/v1/coverage").operation == operation::coverage);
  CHECK(find("GET", "/api/v1/sweeps").operation == operation::list_sweeps);
  CHECK(find("POST", "/api/v1/sweeps").operation == operation::ask_for_sweep);
  CHECK(find("GET", "/api/v1/sweeps/7").subject == "7");
  CHECK(find("GET", "/api/v1/accounts").operation == operation::list_accounts);
  CHECK(find("POST", "/api/v1/accounts/a%2Fb/test").subject == "a/b");
  CHECK(find("GET", "/api/v1/scheduler/status").operation == operation::scheduler_status);
  CHECK(find("POST", "/api/v1/scheduler/trigger/shipping").operation == operation::trigger_shipping);
  CHECK(find("GET", "/api/v1/stream").operation == operation::stream);
}

TEST_CASE("a reference with a slash is one part of its address when it is encoded") {
  auto found = find("GET", "/api/v1/orders/CMD%2F2026%2F17%20b");
  CHECK(found.operation == operation::show_order);
  CHECK(found.subject == "CMD/2026/17 b");
  CHECK(find("GET", "/api/v1/orders/CMD/17").allowed.empty());
  CHECK(find("GET", "/api/v1/orders/").operation == operation::list_orders);
}

TEST_CASE("a wrong method is told apart from no such address") {
  CHECK(find("DELETE", "/api/v1/sweeps").operation == operation::nowhere);
  CHECK(find("DELETE", "/api/v1/sweeps").allowed == "GET, HEAD, POST");
  CHECK(find("POST", "/api/v1/webhooks/events/12").allowed == "GET, HEAD, DELETE");
  for (const char* path : {"/api/v1/", "/api/v1/nope", "/api/v1/webhooks/events/1/2/3", "/api/v1/%zz"})
    CHECK(find("GET", path).allowed.empty());
}

TEST_CASE("HEAD is asked where GET is and a query that cannot be read is told apart from no such address") {
  CHECK(find("HEAD", "/api/v1/coverage").operation == operation::coverage);
  CHECK(find("HEAD", "/api/v1/webhooks/replay").operation == operation::nowhere);
  auto found = find("GET", "/api/v1/sweeps?limit=%zz");
  CHECK(found.operation == operation::list_sweeps);
  CHECK(found.query_is_malformed);
  CHECK_FALSE(find("GET", "/api/v1/sweeps?limit=%31").query_is_malformed);
  CHECK(find("GET", "/api/v1/orders/%zz?limit=1").allowed.empty());
}

TEST_CASE("the webhook's address is none of the operations API's") {
  CHECK(find("POST", "/api/v1/webhooks/maystro?secret=x").where == place::webhook);
  CHECK(find("GET", "/healthz").where == place::health);
  CHECK(find("GET", "/api/v1/webhooks/events").where == place::operations);
  CHECK(find("GET", "/api/v1/nope").where == place::nowhere);
}

TEST_CASE("a path that is spelt out goes before one with an id in its place") {
  CHECK(find("POST", "/api/v1/webhooks/events/delete").operation == operation::delete_events);
  CHECK(find("GET", "/api/v1/webhooks/events/delete").allowed == "POST");
  CHECK(find("GET", "/api/v1/webhooks/events/12").operation == operation::show_event);
}

TEST_CASE("what needs no token is the session and the description of the API alone") {
  for (const route_row& row : routes) {
    if (row.where != place::operations) continue;
    CAPTURE(row.path);
    bool open = row.path == "/api/v1/session" || row.path == "/api/v1/openapi.json";
    CHECK((row.who == right::anybody) == open);
  }
}
