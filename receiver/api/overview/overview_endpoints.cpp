// Answers with the board's overview and its problems.
#include "receiver/api/overview/overview_endpoints.hpp"

#include "common/shop/samples.hpp"
#include "receiver/api/call/answers.hpp"
#include "receiver/api/call/parameters.hpp"
#include "receiver/api/overview/overview_board.hpp"
#include "receiver/api/overview/series_queries.hpp"

namespace suivi::receiver {

namespace json = boost::json;

task<answer_or_error> show_overview(api_context& api, api_call) {
  auto overview = co_await api.board.latest();
  if (!overview) co_return overview.error();
  co_return answered(overview_json(*overview));
}

task<answer_or_error> list_problems(api_context& api, api_call) {
  auto overview = co_await api.board.latest();
  if (!overview) co_return overview.error();
  json::object data{{"problems", problems_json(*overview)}};
  co_return answered(std::move(data));
}

task<answer_or_error> show_series(api_context& api, api_call call) {
  auto q = read_series_query(call.where.target, suivi::now());
  if (!q) co_return bad_request(q.error());
  if (!is_storable(q->account)) co_return unknown("account");
  bool only = false;
  if (!q->account.empty()) {
    std::string account = q->account;
    bool known = co_await find_account(api, std::move(account));
    if (!known) co_return unknown("account");
    only = api.accounts.only_account() == q->account;
  }
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto sampled = co_await shop::refresh_small_sample(**db);
  if (!sampled) co_return sampled.error();
  auto points = co_await read_series(**db, *q, only);
  if (!points) co_return points.error();
  json::object data{{"name", q->name_text},
                    {"stepSeconds", q->step.count()},
                    {"from", format_instant(q->from)},
                    {"until", format_instant(q->until)},
                    {"points", std::move(*points)}};
  co_return answered(std::move(data));
}

} // namespace suivi::receiver
