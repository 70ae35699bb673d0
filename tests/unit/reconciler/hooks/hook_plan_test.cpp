// Which hooks are kept, added and removed, and that no secret is shown.
#include "reconciler/hooks/hook_plan.hpp"

#include <doctest/doctest.h>

using namespace suivi::reconciler;
using suivi::hook;
using suivi::hook_type;

namespace {

const std::vector<hook_type> many{
    {"t0", "all"}, {"t1", "orderCreated"}, {"t2", "OrderStatusChanged"}, {"t4", "OrderDelivered"}};
const std::vector<hook_type> old{{"7", "all"}, {"8", "InventoryMovement"}};

hook_owner owner() {
  return {"https://shop.example/", "secret/1", "acc 1", {"acc-2"}};
}

hook ours(std::string id, std::string trigger) {
  return {std::move(id), endpoint_of(owner()), {std::move(trigger)}};
}

std::vector<std::string> names(const std::vector<hook_type>& types) {
  std::vector<std::string> list;
  for (const hook_type& t : types) list.push_back(t.name);
  return list;
}

std::vector<std::string> ids(const std::vector<hook>& hooks) {
  std::vector<std::string> list;
  for (const hook& h : hooks) list.push_back(h.id);
  return list;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("the endpoint escapes secret and account and doubles no slash") {
  CHECK(endpoint_of(owner()) == "https://shop.example/webhooks/maystro/secret%2F1?account=acc%201");
}

TEST_CASE("each specific trigger the courier lists gets one hook and `all` none") {
  CHECK(names(plan_hooks({}, many, owner()).add) == texts{"OrderStatusChanged", "OrderDelivered"});
}

TEST_CASE("`all` is registered only where no specific trigger is listed") {
  CHECK(names(plan_hooks({}, old, owner()).add) == texts{"all"});
  CHECK(plan_hooks({}, {}, owner()).wanted.empty());
}

TEST_CASE("nothing is registered twice and a second one of the same goes") {
  std::vector<hook> there{ours("a", "t2"), ours("b", "t4"), ours("c", "t2")};
  auto plan = plan_hooks(there, many, owner());
  CHECK(plan.add.empty());
  CHECK(ids(plan.keep) == texts{"a", "b"});
  CHECK(ids(plan.remove) == texts{"c"});
}

TEST_CASE("one hook may serve several triggers, told by id or by name") {
  std::vector<hook> there{{"a", endpoint_of(owner()), {"t2", "order_delivered"}}};
  auto plan = plan_hooks(there, many, owner());
  CHECK(plan.add.empty());
  CHECK(ids(plan.keep) == texts{"a"});
}

TEST_CASE("hooks whose trigger the list does not tell stand for one wanted trigger each") {
  std::vector<hook> there{{"a", endpoint_of(owner()), {}}, ours("b", "t2")};
  CHECK(plan_hooks(there, many, owner()).add.empty());
  there.pop_back();
  CHECK(names(plan_hooks(there, many, owner()).add) == texts{"OrderDelivered"});
}

TEST_CASE("a hook of an earlier secret is replaced, one on `all` beside specific ones goes") {
  std::vector<hook> there{{"a", "https://shop.example/webhooks/maystro/before?account=acc%201", {"t2"}},
                          ours("b", "t0")};
  auto plan = plan_hooks(there, many, owner());
  CHECK(names(plan.add) == texts{"OrderStatusChanged", "OrderDelivered"});
  CHECK(ids(plan.remove) == texts{"a", "b"});
}

TEST_CASE("where the secret is not known a hook of ours counts under any") {
  hook_owner ignorant = owner();
  ignorant.secret.clear();
  ignorant.any_secret = true;
  std::vector<hook> there{ours("a", "t2"),
                          {"b", "https://shop.example/webhooks/maystro/before?account=acc%201", {"t4"}}};
  auto plan = plan_hooks(there, many, ignorant);
  CHECK(plan.add.empty());
  CHECK(plan.remove.empty());
}

TEST_CASE("other endpoints are left alone, those of the shop's other accounts among them") {
  std::vector<hook> there{{"a", "https://else.example/webhooks/maystro/x?account=acc%201", {"t2"}},
                          {"b", "https://shop.example/api/webhooks/maystro", {"t2"}},
                          {"c", "https://shop.example/webhooks/maystro/secret%2F1?account=acc-2", {"t2"}},
                          {"d", "https://shop.example/webhooks/maystro/secret%2F1", {"t2"}},
                          {"e", "https://shop.example.net/webhooks/maystro/x?account=acc%201", {"t2"}}};
  auto plan = plan_hooks(there, many, owner());
  CHECK(plan.add.size() == 2);
  CHECK(plan.keep.empty());
  CHECK(plan.remove.empty());
  CHECK(hooks_of(there, owner()).empty());
}

TEST_CASE("ours are found whatever the secret, the case of the host and the spelling of escapes") {
  std::vector<hook> there{{"a", "HTTPS://Shop.Example/webhooks/maystro/%73ecret%2f1?account=acc+1", {"t2"}},
                          {"b", "https://shop.example/webhooks/maystro/other?account=acc%201", {"t2"}},
                          {"c", "https://shop.example/webhooks/maystro/other?account=gone", {"t2"}}};
  CHECK(ids(hooks_of(there, owner())) == texts{"a", "b", "c"});
  CHECK(ids(plan_hooks(there, many, owner()).keep) == texts{"a"});
}

TEST_CASE("no secret is left in an endpoint that is shown") {
  CHECK(masked_endpoint(endpoint_of(owner())) == "https://shop.example/webhooks/maystro/***?account=acc%201");
  CHECK(masked_endpoint("https://u:p@else.example/in?secret=s&account=a&bare#x") ==
        "https://***@else.example/in?secret=***&account=a&***");
  CHECK(masked_endpoint("https://else.example/api/v1/webhooks/maystro") ==
        "https://else.example/api/v1/webhooks/maystro");
}

TEST_CASE(
    "hooks at the addresses that shops registered before are told, with whether the receiver takes them") {
  hook_owner receiver = owner();
  receiver.accepted_secrets = {"first", "second"};
  auto at = [&](const std::string& endpoint) {
    return hooks_at_old_addresses(std::vector<hook>{{"a", endpoint, {"t2"}}}, many, receiver);
  };
  CHECK(at("https://shop.example/api/webhooks/maystro?secret=second").accepted);
  CHECK(at("https://SHOP.example/api/v1/webhooks/maystro?secret=first").triggers ==
        texts{"OrderStatusChanged"});
  CHECK_FALSE(at("https://shop.example/api/webhooks/maystro").accepted);
  CHECK(at("https://shop.example/api/webhooks/maystro").triggers == texts{"OrderStatusChanged"});
  CHECK_FALSE(at("https://shop.example/api/webhooks/maystro?secret=third").accepted);
  receiver.open = true;
  CHECK(at("https://shop.example/api/webhooks/maystro").accepted);
  for (const char* other :
       {"https://other.example/api/webhooks/maystro", "https://shop.example/api/webhooks/other",
        "https://shop.example/webhooks/maystro/first"}) {
    CAPTURE(other);
    CHECK(at(other).triggers.empty());
    CHECK_FALSE(at(other).accepted);
  }
  std::vector<hook> of_stock{{"a", "https://shop.example/api/webhooks/maystro?secret=first", {"t1"}}};
  CHECK(hooks_at_old_addresses(of_stock, many, receiver).triggers.empty());
}
