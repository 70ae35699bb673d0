// Reads shipping_accounts with its company; asks first whether those tables are there at all, and whether
// they are only hidden.
#include "common/shop/accounts.hpp"

#include "common/json/json_values.hpp"
#include "common/runtime/task.hpp"
#include "common/shop/problems/row_security.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::shop {
namespace {

constexpr pg::statement tables_there{
    "shop_account_tables",
    "select to_regclass('shipping_accounts') is not null and to_regclass('shipping_companies') is not null"};

// A schema that the role may not use is left out of its search_path without a word, and its tables with it.
constexpr pg::statement hidden_schema{"shop_hidden_schema", R"sql(
select quote_ident(n.nspname), quote_ident(current_user)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relname in ('shipping_accounts', 'orders') and c.relkind in ('r', 'p', 'v', 'f')
  and not has_schema_privilege(n.oid, 'USAGE')
  and exists (select from unnest(string_to_array(current_setting('search_path'), ',')) as p
              where trim(p) in (n.nspname, format('"%s"', replace(n.nspname, '"', '""'))))
limit 1
)sql"};

constexpr pg::statement active_accounts{"shop_active_accounts", R"sql(
select a."id"::text, a."name"::text, c."slug"::text, coalesce(a."credentials"::text, ''), coalesce(a."baseUrl"::text, '')
from shipping_accounts a
join shipping_companies c on c."id" = a."companyId"
where c."isActive" and a."isActive"
order by a."id"
)sql"};

// Where none is seen: the table of which a policy may hide rows, else nothing. Those that are hidden are not
// replaced by the environment's, nor said to be none.
task<result<std::string>> guarded_accounts(pg::connection& db) {
  auto answer = co_await db.run(guarded_tables_query);
  if (!answer) co_return answer.error();
  std::vector<std::string> tables = read_guarded_tables(*answer);
  std::erase(tables, "orders"); // a matter of the sweeps
  co_return tables.empty() ? std::string() : tables.front();
}

constexpr std::size_t accounts_at_a_stretch = 500; // then others are served

} // namespace

courier::credentials read_credentials(courier_kind courier, std::string_view credentials,
                                      std::string_view base_url, const base_urls& defaults) {
  return courier::part_of(courier).read_credentials(object_of(credentials), base_url,
                                                    defaults[index_of(courier)]);
}

std::vector<account> environment_accounts(const config::settings& settings) {
  std::vector<account> accounts;
  for (const config::environment_account& listed : settings.maystro.accounts) {
    account one;
    one.id = listed.id;
    one.name = listed.name;
    boost::json::object stored;
    stored["apiKey"] = listed.api_key.reveal();
    one.courier = courier::part_of(default_courier)
                      .read_credentials(stored, {}, settings.base_urls[index_of(default_courier)]);
    one.from_environment = true;
    accounts.push_back(std::move(one));
  }
  return accounts;
}

task<result<bool>> may_hide_accounts(pg::connection& db) {
  auto hidden = co_await guarded_accounts(db);
  if (!hidden) co_return hidden.error();
  co_return !hidden->empty();
}

task<result<std::vector<account>>> load_accounts(pg::connection& db, base_urls defaults,
                                                 std::vector<account> fallback) {
  auto there = co_await db.run(tables_there);
  if (!there) co_return there.error();
  if (!there->boolean(0, 0)) {
    auto hidden = co_await db.run(hidden_schema);
    if (!hidden) co_return hidden.error();
    if (hidden->empty()) co_return fallback;
    std::string_view schema = hidden->text(0, 0);
    co_return permanent("shop:rights", fmt::format("the role may not use the schema of the shop's tables: "
                                                   "GRANT USAGE ON SCHEMA {} TO {};",
                                                   schema, hidden->text(0, 1)));
  }

  auto found = co_await db.run(active_accounts);
  if (!found) co_return found.error();
  std::vector<account> accounts;
  for (std::size_t i = 0; i < found->size(); ++i) {
    std::optional<courier_kind> courier = courier_of_slug(found->text(i, 2));
    if (!courier) continue;
    account a;
    a.id = found->text(i, 0);
    a.name = found->text(i, 1);
    a.courier = read_credentials(*courier, found->text(i, 3), found->text(i, 4), defaults);
    accounts.push_back(std::move(a));
    if (accounts.size() % accounts_at_a_stretch == 0) co_await runtime::sleep_for(milliseconds(0));
  }
  bool any_of_default =
      std::ranges::any_of(accounts, [](const account& a) { return a.courier.courier == default_courier; });
  if (!any_of_default && (accounts.empty() || !fallback.empty())) {
    auto hidden = co_await guarded_accounts(db);
    if (!hidden) co_return hidden.error();
    if (!hidden->empty())
      co_return permanent("shop:rights", fmt::format("row-level security may hide rows of {}: see "
                                                     "`suivi-reconciler doctor`",
                                                     *hidden));
  }
  if (!any_of_default)
    accounts.insert(accounts.begin(), std::make_move_iterator(fallback.begin()),
                    std::make_move_iterator(fallback.end()));
  co_return accounts;
}

} // namespace suivi::shop
