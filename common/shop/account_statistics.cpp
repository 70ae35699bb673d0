// The SQL of an account's statistics.
#include "common/shop/account_statistics.hpp"

namespace suivi::shop {
namespace {

// Nobody waits long for a figure: where the shop holds the row, it is not written.
constexpr pg::statement briefly{
    "shop_statistics_briefly",
    "select set_config('lock_timeout', '1000', true), set_config('statement_timeout', '2000', true)"};

// The columns are the shop's integers: full ones stay full.
constexpr pg::statement requests{"shop_add_requests", R"sql(
update shipping_accounts
set "requestCount" = greatest("requestCount", least("requestCount" + $2, 2147483647)),
    "successCount" = greatest("successCount", least("successCount" + $3, 2147483647)),
    "errorCount" = greatest("errorCount", least("errorCount" + $4, 2147483647)),
    "lastUsed" = coalesce($5 at time zone 'UTC', "lastUsed")
where "id" = $1
)sql"};

constexpr pg::statement accounts_there{"shop_test_accounts_there",
                                       "select to_regclass('shipping_accounts') is not null"};

constexpr pg::statement test{"shop_record_test", R"sql(
update shipping_accounts a
set "lastTestAt" = $2 at time zone 'UTC', "lastTestStatus" = case when $3::text is null then 'success' else 'error' end,
    "lastTestError" = $3
from shipping_companies c where a."id" = $1 and c."id" = a."companyId"
returning c."name"
)sql"};

constexpr milliseconds answer_timeout{3'000};

pg::params parameters_of(const std::string& account, const request_counts& counts) {
  pg::params with;
  with.text(account).integer(counts.requests).integer(counts.good).integer(counts.bad).timestamp(counts.last);
  return with;
}

task<result<std::vector<pg::rows>>> run_briefly(pg::connection& db, pg::statement statement,
                                                pg::params with) {
  pg::pipeline steps; // one implicit transaction: the limits hold for it alone
  steps.add(briefly);
  steps.add(statement, std::move(with));
  milliseconds before = db.answer_within(answer_timeout);
  auto ran = co_await db.run(std::move(steps));
  db.answer_within(before);
  co_return ran;
}

} // namespace

task<result<void>> record_requests(pg::connection& db, std::string account, request_counts counts) {
  auto ran = co_await run_briefly(db, requests, parameters_of(account, counts));
  if (!ran) co_return ran.error();
  co_return result<void>();
}

task<result<std::optional<std::string>>> record_account_test(pg::connection& db, std::string account,
                                                             instant at, std::optional<std::string> problem) {
  std::optional<std::string> company;
  auto there = co_await db.run(accounts_there);
  if (!there) co_return there.error();
  if (!there->boolean(0, 0)) co_return company;
  pg::params with;
  with.text(account).timestamp(at).text(problem);
  auto updated = co_await run_briefly(db, test, std::move(with));
  if (!updated) co_return updated.error();
  const pg::rows& row = (*updated)[1];
  if (!row.empty()) company = row.maybe_text(0, 0);
  co_return company;
}

} // namespace suivi::shop
