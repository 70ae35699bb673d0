// Reads shipping_accounts with its company; asks first whether those tables are there at all.
#include "common/shop/accounts.hpp"

namespace suivi::shop {
namespace {

constexpr pg::statement tables_there{
    "shop_account_tables",
    "select to_regclass('shipping_accounts') is not null and to_regclass('shipping_companies') is not null"};

// `credentials` is JSON, and what a shop keeps there may be a text or a list as well: `->>` of those is NULL.
constexpr pg::statement active_accounts{"shop_active_accounts", R"sql(
select a."id", a."name", coalesce(a."credentials"->>'apiKey', ''), coalesce(a."baseUrl", '')
from shipping_accounts a
join shipping_companies c on c."id" = a."companyId"
where c."slug" = 'maystro' and c."isActive" and a."isActive"
order by a."id"
)sql"};

} // namespace

std::vector<account> environment_accounts(const config::settings& settings) {
  std::vector<account> accounts;
  for (const config::environment_account& given : settings.maystro.accounts) {
    account one;
    one.id = given.id;
    one.name = given.name;
    one.courier.base_url = maystro::normalise_base_url(settings.maystro.base_url);
    one.courier.api_key = secret(maystro::normalise_api_key(given.api_key.reveal()));
    one.from_environment = true;
    accounts.push_back(std::move(one));
  }
  return accounts;
}

task<result<std::vector<account>>> load_accounts(pg::connection& db, std::string default_base_url,
                                                 std::vector<account> fallback) {
  auto there = co_await db.run(tables_there);
  if (!there) co_return there.error();
  if (!there->boolean(0, 0)) co_return fallback;

  auto found = co_await db.run(active_accounts);
  if (!found) co_return found.error();
  std::vector<account> accounts;
  for (std::size_t i = 0; i < found->size(); ++i) {
    account a;
    a.id = found->text(i, 0);
    a.name = found->text(i, 1);
    std::string key = maystro::normalise_api_key(found->text(i, 2));
    a.courier.api_key = secret(std::move(key));
    std::string own = maystro::normalise_base_url(found->text(i, 3));
    a.courier.base_url =
        found->text(i, 3).empty() || own.empty() ? maystro::normalise_base_url(default_base_url) : own;
    accounts.push_back(std::move(a));
  }
  if (accounts.empty()) co_return fallback;
  co_return accounts;
}

} // namespace suivi::shop
