// Lists and tests accounts. A test reads the shop's row anew.
#include "receiver/api/accounts/account_endpoints.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"
#include "common/shipment/courier.hpp"
#include "common/shop/courier_pause.hpp"
#include "common/shop/samples.hpp"
#include "receiver/api/accounts/account_figures.hpp"
#include "receiver/api/accounts/account_json.hpp"
#include "receiver/api/accounts/account_queries.hpp"
#include "receiver/api/call/answers.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds hooks_patience = 10s;
constexpr milliseconds hooks_pause = 100ms;

// Who registers hooks at the courier: we, a person in its dashboard, or nobody, for it sends none.
std::string_view registration_of(courier_kind courier) {
  courier::capabilities can = courier::capabilities_of(courier);
  return can.registers_hooks ? "program" : can.sends_webhooks ? "hand" : "none";
}

} // namespace

task<answer_or_error> list_accounts(api_context& api, api_call) {
  co_await api.accounts.refresh();
  if (!api.accounts.loaded()) co_return unavailable(accounts_unread);
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto sampled = co_await shop::refresh_small_sample(**db);
  if (!sampled) co_return sampled.error();
  std::string only = api.accounts.only_account();
  auto records = co_await read_accounts(**db, only);
  if (!records) co_return records.error();
  auto known = api.accounts.list();
  std::vector<std::string> ids;
  for (const auto& who : known) ids.push_back(who.id);
  auto figures = co_await read_account_figures(**db, std::move(ids), std::move(only));
  if (!figures) co_return figures.error();
  // As text at once, and in pieces: a shop with very many accounts holds nobody up.
  std::string accounts;
  std::size_t written = 0;
  const account_record none;
  for (const auto& who : known) {
    auto at = records->find(who.id);
    json::object one = account_json(who.id, who.name, who.has_key, at == records->end() ? none : at->second,
                                    std::move((*figures)[who.id]));
    one["courier"] = slug(who.courier);
    one["hooks"].as_object()["registration"] = registration_of(who.courier);
    if (!accounts.empty()) accounts += ',';
    accounts += write_json(one);
    if (++written % accounts_at_a_stretch == 0) co_await runtime::sleep_for(0ms);
  }
  http::response list;
  list.body = fmt::format(R"({{"success":true,"data":{{"accounts":[{}]}}}})", accounts);
  co_return list;
}

task<answer_or_error> test_account(api_context& api, api_call call) {
  std::string id = call.where.subject;
  bool is_known = co_await find_account(api, id);
  if (!api.accounts.loaded()) co_return unavailable(accounts_unread);
  if (!is_known) co_return unknown("account");
  auto known = api.accounts.list();
  auto who = std::find_if(known.begin(), known.end(), [&](const auto& a) { return a.id == id; });
  co_await api.accounts.refresh_now(); // the key as it is stored now
  auto courier = api.accounts.courier(id);
  milliseconds pause = co_await shop::courier_pause_now(api.connections, id);
  if (courier && pause > 0ms) co_return courier_not_now(pause);
  bool refused_key = false;
  std::optional<std::string> problem;
  auto begun = steady_clock::now();
  auto at = suivi::now();
  if (courier) {
    auto answer = co_await courier->test_key();
    std::optional<milliseconds> wait;
    if (!answer.content) {
      problem = to_string(answer.content.error());
      wait = shop::held_back(answer.content.error(), answer.how);
    }
    co_await shop::share_courier_pause(api.connections, id, answer.how);
    if (wait) co_return courier_not_now(*wait); // the key was not tested
    refused_key = !answer.content && answer.content.error().code == "courier:unauthorized";
  } else {
    problem = "it has no key";
  }
  auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto company = co_await note_account_test(**db, id, at, problem);
  if (!company) co_return company.error();
  if (!problem || refused_key) {
    auto noted = co_await note_key(**db, id, refused_key, took.count());
    if (!noted) co_return noted.error();
  }
  json::object data;
  data["accountId"] = id;
  data["accountName"] = who->name;
  data["companyName"] = company->value_or(std::string(display_name(who->courier)));
  data["isConnected"] = !problem;
  data["responseTime"] = took.count();
  data["testedAt"] = format_instant(at);
  if (!problem) co_return answered(std::move(data), "the courier accepts the account's key");
  co_return not_done(std::move(data), *problem);
}

task<answer_or_error> register_hooks(api_context& api, api_call call) {
  std::string id = call.where.subject;
  bool is_known = co_await find_account(api, id);
  if (!api.accounts.loaded()) co_return unavailable(accounts_unread);
  if (!is_known) co_return unknown("account");
  {
    auto known = api.accounts.list();
    auto who = std::find_if(known.begin(), known.end(), [&](const auto& a) { return a.id == id; });
    std::string name = who->name;
    if (!courier::capabilities_of(who->courier).registers_hooks) {
      std::string by_hand =
          courier::capabilities_of(who->courier).sends_webhooks
              ? "registered by hand in the courier's dashboard; `suivi-reconciler hooks list` "
                "prints the address"
              : "sends no webhooks";
      std::string problem = fmt::format("{}: {}", display_name(who->courier), by_hand);
      json::object data{{"wanted", json::array()}, {"registered", json::array()}, {"problem", problem}};
      co_return not_done(std::move(data), problem);
    }
    auto db = co_await api_connection(api);
    if (!db) co_return db.error();
    auto requested = co_await ask_for_hooks(**db, id, std::move(name));
    if (!requested) co_return requested.error();
    if (!*requested) co_return unavailable("no reconciler was seen for 30 seconds");
  }
  hooks_state hooks;
  for (auto give_up = steady_clock::now() + hooks_patience; !hooks.served && steady_clock::now() < give_up;) {
    co_await runtime::sleep_for(hooks_pause);
    auto db = co_await api_connection(api);
    if (!db) co_return db.error();
    auto found = co_await read_hooks(**db, id);
    if (!found) co_return found.error();
    hooks = std::move(*found);
  }
  if (!hooks.served) co_return unavailable("the reconciler has not registered the hooks within ten seconds");
  json::array wanted, registered;
  for (const std::string& name : hooks.wanted) wanted.push_back(json::value(name));
  for (const std::string& name : hooks.registered) registered.push_back(json::value(name));
  bool all = !hooks.problem && std::all_of(hooks.wanted.begin(), hooks.wanted.end(), [&](const auto& name) {
    return std::find(hooks.registered.begin(), hooks.registered.end(), name) != hooks.registered.end();
  });
  json::object data{{"wanted", std::move(wanted)},
                    {"registered", std::move(registered)},
                    {"problem", or_null(hooks.problem)}};
  if (all) co_return answered(std::move(data), "every hook that is wanted is registered");
  co_return not_done(std::move(data), hooks.problem.value_or("not every hook that is wanted is registered"));
}

} // namespace suivi::receiver
