// Collects facts from the database, each part only where those before it make sense of it.
#include "reconciler/doctor/collect/database_facts.hpp"

#include "common/pg/migrate.hpp"
#include "common/pg/url/url.hpp"
#include "common/schema/schema.hpp"
#include "reconciler/doctor/collect/fact_reader.hpp"
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

task<void> collect_schema(pg::connection& db, fact_reader& reader, doctor_facts& f) {
  bool opened = co_await reader.open("schema");
  if (!opened) co_return;
  auto missing = co_await pg::migrations_missing(db, schema::all());
  if (missing) {
    auto details = co_await pg::read_schema_status(db, schema::all());
    if (details) {
      f.schema_version = details->version;
      f.schema_known = schema::all().back().version;
      f.scripts_edited = std::move(details->edited);
    }
  }
  co_await reader.close();
  if (missing)
    f.scripts_missing = *missing;
  else if (missing.error().code == "schema:newer")
    f.schema_error = missing.error();
  else
    reader.note("schema", missing.error());
}

} // namespace

steady_time collection_deadline() {
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
  fact_reader reader(db, into, collection_deadline());
  co_await collect_clock(db, reader, into);
  if (!named) {
    auto found = co_await reader.ask("orders table", schema_of_session);
    if (found) named = found->maybe_text(0, 0);
  }
  std::string schema = named.value_or("public");
  co_await collect_session(reader, into);
  co_await collect_tables(reader, into, schema);
  co_await collect_rights(reader, into, schema);
  co_await collect_schema(db, reader, into);
  bool orders = into.tables && into.tables->usable();
  bool own = into.scripts_missing == 0;
  if (into.tables && into.tables->account_tables) co_await collect_companies(reader, into);
  if (own) {
    co_await collect_sweeps(reader, into);
    co_await collect_events(reader, into);
    co_await collect_webhooks(db, reader, into);
  }
  if (!orders) co_return;
  co_await collect_orders(reader, into, own);
  co_await collect_unreached_orders(reader, into);
  co_await collect_store_links(reader, into, schema);
}

task<void> compare_listed(pg::connection& db, doctor_facts& into) {
  if (!into.tables || !into.tables->usable()) co_return;
  fact_reader reader(db, into, collection_deadline());
  for (account_facts& a : into.accounts) {
    if (a.listed_references.empty()) continue;
    std::vector<std::optional<std::string>> references(a.listed_references.begin(),
                                                       a.listed_references.end());
    pg::params with;
    with.texts(references);
    auto found = co_await reader.ask("key owner", accounts_of_references, std::move(with));
    if (!found) co_return;
    a.listed_compared = true;
    for (std::size_t i = 0; i < found->size(); ++i)
      a.listed_of[std::string(found->text(i, 0))] = found->integer(i, 1);
  }
}

} // namespace suivi::reconciler
