// The statements of account_statistics.hpp.
#include "reconciler/store/account_statistics.hpp"

namespace suivi::reconciler {
namespace {

constexpr pg::statement requests{"store_add_requests", R"sql(
update shipping_accounts
set "requestCount" = "requestCount" + $2, "successCount" = "successCount" + $3, "errorCount" = "errorCount" + $4,
    "lastUsed" = coalesce($5 at time zone 'UTC', "lastUsed")
where "id" = $1
)sql"};

constexpr pg::statement test{"store_record_test", R"sql(
update shipping_accounts
set "lastTestAt" = $2 at time zone 'UTC', "lastTestStatus" = case when $3::text is null then 'success' else 'error' end,
    "lastTestError" = $3
where "id" = $1
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

task<result<void>> record_test(pg::connection& db, std::string account, instant at,
                               std::optional<std::string> problem) {
  pg::params with;
  with.text(account).at(at).text(problem);
  auto ran = co_await db.run(test, std::move(with));
  if (!ran) co_return ran.error();
  co_return result<void>();
}

} // namespace suivi::reconciler
