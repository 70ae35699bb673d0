// Notes requests for sweeps in the database. A reconciler runs them.
#include "receiver/api/sweeps/sweep_endpoints.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"
#include "receiver/api/call/answers.hpp"
#include "receiver/api/call/parameters.hpp"
#include "receiver/api/sweeps/sweep_json.hpp"
#include "receiver/api/sweeps/sweep_list.hpp"
#include "receiver/api/sweeps/sweep_queries.hpp"

namespace suivi::receiver {
namespace {

namespace json = boost::json;

task<answer_or_error> ask(api_context& api, const std::string& body, bool old_shape) {
  auto wish = read_sweep_wish(body);
  if (!wish) co_return bad_request(wish.error());
  std::vector<std::string> accounts;
  if (wish->account) {
    auto id = *wish->account;
    bool known = co_await find_account(api, id);
    if (known) accounts.push_back(std::move(id));
  } else {
    co_await api.accounts.refresh();
    for (const auto& known : api.accounts.list()) accounts.push_back(known.id);
  }
  if (!api.accounts.loaded()) co_return unavailable(accounts_unread);
  if (accounts.empty()) co_return unknown("account");
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto requested = co_await ask_for_sweeps(**db, std::move(accounts), wish->kind);
  if (!requested) co_return requested.error();
  co_return old_shape ? shipping_triggered(*requested) : sweeps_requested(*requested);
}

} // namespace

task<answer_or_error> list_sweeps(api_context& api, api_call call) {
  auto wanted = read_sweep_list_query(call.where.target);
  if (!wanted) co_return bad_request(wanted.error());
  if (!is_storable(wanted->account)) co_return unknown("account");
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto page = co_await list_sweeps_of(**db, *wanted);
  if (!page) co_return page.error();
  if (page->sweeps.empty()) {
    give_back(*db);
    std::string account = wanted->account;
    auto refusal = co_await refuse_unknown_account(api, std::move(account));
    if (refusal) co_return std::move(*refusal);
  }
  json::object data{{"sweeps", std::move(page->sweeps)}, {"next", or_null(page->next)}};
  co_return answered(std::move(data));
}

task<answer_or_error> show_sweep(api_context& api, api_call call) {
  auto id = read_id(call.where.subject);
  if (!id) co_return unknown("sweep");
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto report = co_await read_sweep(**db, *id);
  if (!report) co_return report.error();
  if (!*report) co_return unknown("sweep");
  co_return answered(std::move(**report));
}

task<answer_or_error> ask_for_sweep(api_context& api, api_call call) {
  return ask(api, call.request.body, false);
}

task<answer_or_error> scheduler_status(api_context& api, api_call) {
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto scheduler = co_await read_scheduler(**db);
  if (!scheduler) co_return scheduler.error();
  // The old system answered the status itself, without an envelope: panels made for it find it there still.
  auto status = scheduler_json(*scheduler);
  json::object body{{"success", true}, {"data", status}};
  for (const auto& [name, value] : status) body[name] = value;
  http::response answer;
  answer.body = write_json(body);
  co_return answer;
}

task<answer_or_error> trigger_shipping(api_context& api, api_call call) {
  return ask(api, call.request.body, true);
}

} // namespace suivi::receiver
