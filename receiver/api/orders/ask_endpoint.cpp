// The parcels that are known are read by their ids, and whatever else the courier has under the reference.
// Reads keep to the account's gate as the confirming ones do.
#include "receiver/api/orders/ask_endpoint.hpp"

#include "common/base/backoff.hpp"
#include "common/json/json_values.hpp"
#include "common/shop/courier_pause.hpp"
#include "common/shop/samples.hpp"
#include "common/shop/single_read.hpp"
#include "receiver/api/call/answers.hpp"
#include "receiver/api/call/parameters.hpp"
#include "receiver/api/orders/order_queries.hpp"
#include "receiver/api/redaction/order_columns.hpp"
#include "receiver/services/options.hpp"
#include "receiver/web/responses.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds patience = 3s; // with the requests in flight

// Whose order it is: its own account, the one that adopted it, the one whose parcel it shows. Several claim
// it: none.
constexpr pg::statement order_of_reference{"ask_order", R"sql(
select o."id", coalesce(o."shippingAccountId", d.account,
                        (select min(p.account) from suivi.parcel p where p.order_id = o."id"
                         having count(distinct p.account) = 1)),
       coalesce(o."trackingNumber", ''), d.contested_by is not null and o."shippingAccountId" is null
from orders o left join suivi.adopted_order d on d.order_id = o."id"
where o."reference" = $1
)sql"};

constexpr pg::statement known_parcels{"ask_parcels", R"sql(
select uuid from suivi.parcel where order_id = $1 and account = $2 and uuid is not null order by id desc limit 5
)sql"};

struct requested_order {
  std::string id, reference, account; // account empty: nobody can tell
  std::string number;                 // the tracking number that the shop has; may be empty
  std::vector<std::string> uuids;
};

struct courier_said {
  bool answered = false; // at least once
  std::optional<error> problem;
  std::vector<shop::verdict> verdicts;
  std::optional<milliseconds> closed_for; // nothing may be asked now
};

task<result<std::optional<requested_order>>> read_requested_order(pg::connection& db, std::string reference) {
  pg::params which;
  which.text(reference);
  auto found = co_await db.run(order_of_reference, std::move(which));
  if (!found) co_return found.error();
  std::optional<requested_order> order;
  if (found->empty()) co_return order;
  order.emplace();
  order->id = found->text(0, 0);
  order->reference = std::move(reference);
  if (!found->boolean(0, 3)) order->account = found->maybe_text(0, 1).value_or("");
  order->number = found->text(0, 2);
  pg::params parcels;
  parcels.text(order->id).text(order->account);
  auto known = co_await db.run(known_parcels, std::move(parcels));
  if (!known) co_return known.error();
  for (std::size_t i = 0; i < known->size(); ++i) order->uuids.emplace_back(known->text(i, 0));
  co_return order;
}

// Until the gate lets one more read through; nullopt: it does. Else how long it stays shut.
task<std::optional<milliseconds>> wait_for_gate(read_gate& gate) {
  auto give_up = steady_clock::now() + patience;
  for (;;) {
    auto now = steady_clock::now();
    auto opens = gate.opens_at(now);
    if (opens <= now) co_return std::nullopt;
    if (now >= give_up || (opens > give_up && opens != steady_time::max()))
      co_return std::max<milliseconds>(gate.closed_for(now), 1s);
    auto again = std::min({opens, give_up, now + 50ms});
    co_await runtime::sleep_until(again);
  }
}

task<void> read_one(api_context& api, shop::wanted_read wanted, shop::source as, courier_said& into) {
  auto courier = api.accounts.courier(wanted.account);
  auto gate = api.accounts.gate(wanted.account);
  auto shut = co_await wait_for_gate(*gate);
  if (shut) {
    into.closed_for = shut;
    co_return;
  }
  milliseconds pause = co_await shop::courier_pause_now(api.connections, wanted.account);
  if (pause > 0ms) { // another program was told to leave the courier alone
    into.closed_for = pause;
    co_return;
  }
  const std::string account = wanted.account;
  gate->started(steady_clock::now());
  const std::string request = wanted.uuid ? "uuid " + *wanted.uuid : "reference " + wanted.reference;
  auto door = door_options(api.settings);
  auto answer =
      co_await shop::read_and_apply(*courier, api.connections, std::move(wanted), as, std::move(door));
  std::optional<error> failed;
  if (!answer.content) failed = answer.content.error();
  gate->ended(request, failed ? &*failed : nullptr, answer.how.status, answer.how.retry_after, jitter(),
              steady_clock::now());
  co_await shop::share_courier_pause(api.connections, account, answer.how);
  if (answer.content)
    into.verdicts.insert(into.verdicts.end(), answer.content->begin(), answer.content->end());
  bool absent = failed && failed->code == "courier:not_found";
  into.answered = into.answered || !failed || absent;
  if (failed) into.closed_for = shop::held_back(*failed, answer.how);
  if (failed && !absent) into.problem = *failed;
}

// A courier that knows no references is asked by the number that the shop has now.
task<courier_said> ask_all(api_context& api, requested_order order, bool by_reference) {
  courier_said said;
  if (!by_reference && !order.number.empty()) order.uuids = {order.number};
  if (!by_reference && order.uuids.empty())
    said.problem =
        permanent("ask:no_number", "the courier is asked by tracking number, and the order has none");
  for (const std::string& uuid : order.uuids) {
    shop::wanted_read wanted;
    wanted.account = order.account;
    wanted.uuid = uuid;
    wanted.reference = order.reference;
    co_await read_one(api, std::move(wanted), shop::source::confirm, said);
    if (said.closed_for || said.problem) co_return said;
  }
  if (!by_reference) co_return said;
  shop::wanted_read wanted;
  wanted.account = order.account;
  wanted.reference = order.reference;
  co_await read_one(api, std::move(wanted), shop::source::lookup, said);
  co_return said;
}

std::string_view outcome_of(const courier_said& said) {
  auto any = [&](shop::outcome outcome) {
    return std::any_of(said.verdicts.begin(), said.verdicts.end(),
                       [&](const shop::verdict& v) { return v.outcome == outcome; });
  };
  if (any(shop::outcome::applied)) return "applied";
  if (any(shop::outcome::unchanged)) return "unchanged";
  if (any(shop::outcome::conflict)) return "conflict";
  if (said.verdicts.empty()) return "not_found";
  return any(shop::outcome::unmatched) ? "not_found" : "stale";
}

std::string sentence(std::string_view outcome) {
  if (outcome == "applied") return "the courier answered, and the order was updated";
  if (outcome == "unchanged") return "the courier confirms what the order says";
  if (outcome == "stale") return "the courier's answer is older than what the order says";
  if (outcome == "conflict") return "the courier's parcel belongs to another account";
  return "the courier does not know this order";
}

json::array changes_of(const courier_said& said) {
  json::array changes;
  for (const shop::verdict& v : said.verdicts)
    for (const shop::change& c : v.changes)
      changes.push_back({{"at", format_instant(suivi::now())},
                         {"source", shop::to_string(shop::source::lookup)},
                         {"field", c.field},
                         {"from", shown_column(c.field, c.from)},
                         {"to", shown_column(c.field, c.to)}});
  return changes;
}

} // namespace

task<answer_or_error> ask_courier(api_context& api, api_call call) {
  std::string reference = call.where.subject;
  if (reference.empty() || !is_storable(reference)) co_return unknown("order");
  std::optional<requested_order> order;
  {
    auto db = co_await api_connection(api);
    if (!db) co_return db.error();
    auto found = co_await read_requested_order(**db, reference);
    if (!found) co_return found.error();
    order = std::move(*found);
  }
  if (!order) co_return unknown("order");
  co_await api.accounts.refresh();
  if (!api.accounts.loaded()) co_return unavailable(accounts_unread);
  auto accounts = api.accounts.list();
  if (order->account.empty() && accounts.size() == 1) order->account = accounts.front().id;
  if (!api.accounts.courier(order->account))
    co_return refused(409, "CONFLICT", "it cannot be told which account's courier to ask for this order");

  bool by_reference = true;
  for (const account_registry::listed& one : accounts)
    if (one.id == order->account) by_reference = courier::capabilities_of(one.courier).references_max > 0;
  auto said = co_await ask_all(api, *order, by_reference);
  if (said.closed_for && !said.answered) co_return courier_not_now(*said.closed_for);
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto record = co_await read_order(**db, reference);
  if (!record) co_return record.error();
  if (!*record) co_return unknown("order");
  json::object order_json = std::move((*record)->order);
  bool has_number =
      !order_json["trackingNumber"].is_null() && !order_json["trackingNumber"].as_string().empty();
  if (has_number && order->number.empty()) {
    auto wanted = co_await shop::want_sample(**db);
    if (!wanted) co_return wanted.error();
  }
  json::object data;
  data["outcome"] = said.answered ? json::value(outcome_of(said)) : json::value(nullptr);
  data["changes"] = changes_of(said);
  data["order"] = std::move(order_json);
  if (said.answered) {
    auto text = sentence(outcome_of(said));
    co_return answered(std::move(data), text);
  }
  if (!said.problem) co_return not_done(std::move(data), "the courier did not answer");
  bool is_ours = said.problem->code.starts_with("ask:"); // a sentence without its code
  co_return not_done(std::move(data), is_ours ? said.problem->detail : to_string(*said.problem));
}

} // namespace suivi::receiver
