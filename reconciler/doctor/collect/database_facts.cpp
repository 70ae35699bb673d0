// The order of the looks: each part only where those before made it meaningful.
#include "reconciler/doctor/collect/database_facts.hpp"

#include "common/pg/migrate.hpp"
#include "common/pg/url/url.hpp"
#include "common/schema/schema.hpp"
#include "reconciler/doctor/collect/look.hpp"
#include "reconciler/doctor/collect/order_facts.hpp"
#include "reconciler/doctor/collect/own_facts.hpp"
#include "reconciler/doctor/collect/shop_facts.hpp"

namespace suivi::reconciler {
namespace {

constexpr milliseconds all_looks{30'000};

constexpr pg::statement accounts_of_references{"doctor_listed", R"sql(
select coalesce("shippingAccountId", ''), count(*) from orders where "reference" = any($1) group by 1
)sql"};

// Of a search_path of one's own: where the table is found, else where it would be.
constexpr pg::statement schema_of_session{"doctor_schema_of_session", R"sql(
select coalesce((select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where c.oid = to_regclass('orders')), current_schema())::text
)sql"};

task<void> look_at_schema(pg::connection& db, looker& look, doctor_facts& f) {
  bool opened = co_await look.open("schema");
  if (!opened) co_return;
  auto missing = co_await pg::migrations_missing(db, schema::all());
  if (missing) {
    auto details = co_await pg::look_at_schema(db, schema::all());
    if (details) {
      f.schema_version = details->version;
      f.schema_known = schema::all().back().version;
      f.scripts_edited = std::move(details->edited);
    }
  }
  co_await look.close();
  if (missing)
    f.scripts_missing = *missing;
  else if (missing.error().code == "schema:newer")
    f.schema_error = missing.error();
  else
    look.note("schema", missing.error());
}

} // namespace

steady_time end_of_looks() {
  return steady_now() + all_looks;
}

account_facts* find_account(doctor_facts& f, std::string_view id) {
  for (account_facts& a : f.accounts)
    if (a.id == id) return &a;
  return nullptr;
}

std::optional<std::string> schema_meant(const std::string& database_url) {
  auto where = pg::parse_url(database_url);
  if (!where) return "public";
  if (!where->schema.empty()) return where->schema;
  if (where->options.find("search_path") != std::string::npos) return std::nullopt;
  return "public";
}

task<void> collect_from_database(pg::connection& db, std::optional<std::string> named, doctor_facts& into) {
  looker look(db, into, end_of_looks());
  co_await look_at_clock(db, look, into);
  if (!named) {
    auto found = co_await look.ask("orders table", schema_of_session);
    if (found) named = found->maybe_text(0, 0);
  }
  std::string schema = named.value_or("public");
  co_await look_at_session(look, into);
  co_await look_at_tables(look, into, schema);
  co_await look_at_rights(look, into, schema);
  co_await look_at_schema(db, look, into);
  bool orders = into.tables && into.tables->usable();
  bool own = into.scripts_missing == 0;
  if (into.tables && into.tables->account_tables) co_await look_at_companies(look, into);
  if (own) {
    co_await look_at_sweeps(look, into);
    co_await look_at_events(look, into);
    co_await look_at_webhooks(db, look, into);
  }
  if (!orders) co_return;
  co_await look_at_orders(look, into, own);
  co_await look_at_unreached_orders(look, into);
  co_await look_at_store_links(look, into, schema);
}

task<void> compare_listed(pg::connection& db, doctor_facts& into) {
  if (!into.tables || !into.tables->usable()) co_return;
  looker look(db, into, end_of_looks());
  for (account_facts& a : into.accounts) {
    if (a.listed_references.empty()) continue;
    std::vector<std::optional<std::string>> references(a.listed_references.begin(),
                                                       a.listed_references.end());
    pg::params with;
    with.texts(references);
    auto found = co_await look.ask("key owner", accounts_of_references, std::move(with));
    if (!found) co_return;
    a.listed_compared = true;
    for (std::size_t i = 0; i < found->size(); ++i)
      a.listed_of[std::string(found->text(i, 0))] = found->integer(i, 1);
  }
}

} // namespace suivi::reconciler
