// The statements of account_statistics.hpp.
#include "common/shop/account_statistics.hpp"

namespace suivi::shop {
namespace {

constexpr pg::statement requests{"shop_add_requests", R"sql(
update shipping_accounts
set "requestCount" = "requestCount" + $2, "successCount" = "successCount" + $3, "errorCount" = "errorCount" + $4,
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

pg::params parameters_of(const std::string& account, const request_counts& counts) {
  pg::params with;
  with.text(account).integer(counts.requests).integer(counts.good).integer(counts.bad).at(counts.last);
  return with;
}

} // namespace

void add_request_counts(pg::pipeline& steps, const std::string& account, const request_counts& counts) {
  steps.add(requests, parameters_of(account, counts));
}

task<result<void>> record_requests(pg::connection& db, std::string account, request_counts counts) {
  auto ran = co_await db.run(requests, parameters_of(account, counts));
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
  with.text(account).at(at).text(problem);
  auto updated = co_await db.run(test, std::move(with));
  if (!updated) co_return updated.error();
  if (!updated->empty()) company = updated->maybe_text(0, 0);
  co_return company;
}

} // namespace suivi::shop
