// Counts orders with and without tracking number in one scan of the orders, or reads what a sample counted.
#include "common/shop/coverage.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>

namespace suivi::shop {
namespace {

constexpr pg::statement names_there{"coverage_names_there",
                                    "select to_regclass('shipping_accounts') is not null and "
                                    "to_regclass('shipping_companies') is not null"};

constexpr pg::statement with_names{"coverage_with_names", R"sql(
select o.id, coalesce(a."name", ''), o.total, o.tracked, coalesce(c."slug", '')
from (select "shippingAccountId" as id, count(*) as total, count(*) filter (where "trackingNumber" <> '') as tracked
      from orders where "shippingAccountId" is not null group by 1) o
left join shipping_accounts a on a."id" = o.id
left join shipping_companies c on c."id" = a."companyId"
order by 1
)sql"};

constexpr pg::statement without_names{"coverage_without_names", R"sql(
select "shippingAccountId", '', count(*), count(*) filter (where "trackingNumber" <> ''), ''
from orders where "shippingAccountId" is not null group by 1 order by 1
)sql"};

// While a program runs a sample is no older than a quarter of an hour. A small table is counted each time, as
// samples of it are taken as soon as they are wanted (0011_samples.sql).
constexpr pg::statement sampled_with_names{"coverage_sampled_with_names", R"sql(
select s.account, coalesce(a."name", ''), s.orders, s.tracked, coalesce(c."slug", '')
from suivi.sample s left join shipping_accounts a on a."id" = s.account
left join shipping_companies c on c."id" = a."companyId"
where s.at = (select max(at) from suivi.sample) and s.at > now() - interval '1 hour' and s.account <> '' and s.orders > 0
  and (select pg_relation_size('orders') >= 1000 * 8192)
order by 1
)sql"};

constexpr pg::statement sampled_without_names{"coverage_sampled_without_names", R"sql(
select s.account, '', s.orders, s.tracked, '' from suivi.sample s
where s.at = (select max(at) from suivi.sample) and s.at > now() - interval '1 hour' and s.account <> '' and s.orders > 0
  and (select pg_relation_size('orders') >= 1000 * 8192)
order by 1
)sql"};

coverage coverage_of(const pg::rows& found) {
  coverage c;
  for (std::size_t i = 0; i < found.size(); ++i) {
    covered one;
    one.account_id = found.text(i, 0);
    one.account_name = found.text(i, 1);
    one.total = found.integer(i, 2);
    one.with_tracking = found.integer(i, 3);
    one.courier = courier_of_slug(found.text(i, 4));
    c.sum.total += one.total;
    c.sum.with_tracking += one.with_tracking;
    c.by_account.push_back(std::move(one));
  }
  return c;
}

void put_counts(boost::json::object& into, const covered& c) {
  into["total"] = c.total;
  into["withTracking"] = c.with_tracking;
  into["withoutTracking"] = c.total - c.with_tracking;
  into["coveragePercentage"] = c.percentage();
}

} // namespace

double covered::percentage() const {
  if (total == 0) return 100;
  return std::round(static_cast<double>(with_tracking) * 10'000 / static_cast<double>(total)) / 100;
}

task<result<coverage>> count_coverage(pg::connection& db) {
  auto named = co_await db.run(names_there);
  if (!named) co_return named.error();
  pg::statement count = named->boolean(0, 0) ? with_names : without_names;
  auto found = co_await db.run(count);
  if (!found) co_return found.error();
  co_return coverage_of(*found);
}

task<result<coverage>> recent_coverage(pg::connection& db) {
  auto named = co_await db.run(names_there);
  if (!named) co_return named.error();
  pg::statement look_up = named->boolean(0, 0) ? sampled_with_names : sampled_without_names;
  auto found = co_await db.run(look_up);
  if (!found) co_return found.error();
  if (!found->empty()) co_return coverage_of(*found);
  auto counted = co_await count_coverage(db);
  co_return counted;
}

boost::json::object to_json(const coverage& c) {
  boost::json::object o;
  put_counts(o, c.sum);
  boost::json::array accounts;
  for (const covered& one : c.by_account) {
    boost::json::object a;
    a["accountId"] = one.account_id;
    a["accountName"] = one.account_name;
    put_counts(a, one);
    accounts.push_back(std::move(a));
  }
  o["byAccount"] = std::move(accounts);
  return o;
}

} // namespace suivi::shop
