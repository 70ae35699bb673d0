// What is tested is what the shop's row says now.
#include "receiver/api/account_endpoints.hpp"

#include "receiver/api/event_json.hpp"
#include "receiver/api/order_queries.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;
using std::chrono::steady_clock;

} // namespace

task<bool> look_for_account(api_context& api, std::string id) {
  for (int look = 0; look < 2; ++look) {
    if (look > 0) co_await runtime::sleep_for(1s);
    co_await api.accounts.refresh();
    for (const auto& known : api.accounts.list())
      if (known.id == id) co_return true;
  }
  co_return false;
}

task<answer_or_error> list_accounts(api_context& api, api_call) {
  co_await api.accounts.refresh();
  if (!api.accounts.loaded()) co_return unavailable(accounts_unread);
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto records = co_await read_accounts(**db);
  if (!records) co_return records.error();
  json::array accounts;
  for (const auto& who : api.accounts.list()) {
    account_record none;
    auto at =
        std::find_if(records->begin(), records->end(), [&](const auto& r) { return r.first == who.id; });
    accounts.push_back(account_json(who.id, who.name, who.has_key, at == records->end() ? none : at->second));
  }
  json::object data{{"accounts", std::move(accounts)}};
  co_return answered(std::move(data));
}

task<answer_or_error> test_account(api_context& api, api_call call) {
  std::string id = call.where.subject;
  bool is_known = co_await look_for_account(api, id);
  if (!api.accounts.loaded()) co_return unavailable(accounts_unread);
  if (!is_known) co_return unknown("account");
  auto known = api.accounts.list();
  auto who = std::find_if(known.begin(), known.end(), [&](const auto& a) { return a.id == id; });
  auto courier = api.accounts.courier(id);
  std::optional<std::string> problem;
  auto begun = steady_clock::now();
  auto at = suivi::now();
  if (courier) {
    auto answer = co_await courier->list(1);
    if (!answer.content) problem = to_string(answer.content.error());
  } else {
    problem = "it has no key";
  }
  auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto company = co_await note_account_test(**db, id, at, problem);
  if (!company) co_return company.error();
  json::object data;
  data["accountId"] = id;
  data["accountName"] = who->name;
  data["companyName"] = company->value_or("Maystro");
  data["isConnected"] = !problem;
  data["responseTime"] = took.count();
  data["testedAt"] = format_instant(at);
  if (!problem) co_return answered(std::move(data), "the courier accepts the account's key");
  co_return not_done(std::move(data), *problem);
}

} // namespace suivi::receiver
