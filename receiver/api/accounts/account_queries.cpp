// SQL about accounts. Columns of other rooms come as PostgreSQL's own JSON.
#include "receiver/api/accounts/account_queries.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr pg::statement key_activity{"accounts_key_seen", R"sql(
insert into suivi.account as a (id, key_refused_at, latency_ms)
values ($1, case when $2 then clock_timestamp() end, $3::integer)
on conflict (id) do update
set key_refused_at = case when $2 then coalesce(a.key_refused_at, clock_timestamp()) end,
    latency_ms = coalesce($3::integer, a.latency_ms)
)sql"};

constexpr pg::statement keys_refused{"accounts_keys_refused",
                                     "select id from suivi.account where key_refused_at is not null"};

constexpr pg::statement want_hooks{"accounts_want_hooks", R"sql(
insert into suivi.account as a (id, name, hooks_asked_at)
select $1, $2, clock_timestamp()
where exists (select from suivi.reconciler k
              where k.stopped_at is null and k.seen_at > clock_timestamp() - interval '30 seconds')
on conflict (id) do update set hooks_asked_at = excluded.hooks_asked_at
returning 1
)sql"};

constexpr pg::statement hooks_now{"accounts_hooks", R"sql(
select hooks_asked_at is null, to_jsonb(hooks_wanted)::text, to_jsonb(hooks_registered)::text, hooks_problem
from suivi.account where id = $1
)sql"};

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  auto read = parse_json(list);
  if (!read || !read->is_array()) return names;
  for (const auto& one : read->get_array())
    if (one.is_string()) names.emplace_back(one.get_string());
  return names;
}

} // namespace

task<result<account_records>> read_accounts(pg::connection& db, std::string only_account) {
  static constexpr pg::statement known{"operations_accounts_known", R"sql(
select a.id, (to_jsonb(a) || jsonb_build_object('webhook_heard_at', w.heard_at))::text,
       coalesce(a.lease_until > clock_timestamp(), false)
from suivi.account a left join suivi.last_webhooks(nullif($1, ''), false, 2000) w on w.account_id = a.id
)sql"};
  static constexpr pg::statement there{"operations_accounts_there",
                                       "select to_regclass('shipping_accounts') is not null"};
  static constexpr pg::statement shops{
      "operations_accounts_shop",
      "select \"id\", (to_jsonb(a) - 'credentials')::text from shipping_accounts a"};
  pg::pipeline steps;
  pg::params with;
  with.text(only_account);
  steps.add(known, std::move(with));
  steps.add(there);
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  account_records records;
  const auto& ours = (*found)[0];
  for (std::size_t i = 0; i < ours.size(); ++i) {
    auto& record = records[std::string(ours.text(i, 0))];
    record.known = object_of(ours.text(i, 1));
    record.known["leased"] = ours.boolean(i, 2);
    if (i % accounts_at_a_stretch == 0) co_await runtime::sleep_for(milliseconds(0));
  }
  if ((*found)[1].boolean(0, 0)) {
    auto theirs = co_await db.run(shops);
    if (!theirs) co_return theirs.error();
    for (std::size_t i = 0; i < theirs->size(); ++i) {
      records[std::string(theirs->text(i, 0))].shop = object_of(theirs->text(i, 1));
      if (i % accounts_at_a_stretch == 0) co_await runtime::sleep_for(milliseconds(0));
    }
  }
  co_return records;
}

task<result<std::optional<std::string>>> note_account_test(pg::connection& db, std::string id, instant at,
                                                           std::optional<std::string> problem) {
  static constexpr pg::statement there{"operations_test_there",
                                       "select to_regclass('shipping_accounts') is not null"};
  static constexpr pg::statement text{"operations_note_test", R"sql(
update shipping_accounts a
set "lastTestAt" = $2 at time zone 'UTC', "lastTestStatus" = $3, "lastTestError" = $4
from shipping_companies c where a."id" = $1 and c."id" = a."companyId"
returning c."name"
)sql"};
  std::optional<std::string> company;
  auto tables = co_await db.run(there);
  if (!tables) co_return tables.error();
  if (!tables->boolean(0, 0)) co_return company;
  pg::params with;
  with.text(id).timestamp(at).text(problem ? "error" : "success").text(problem);
  auto done = co_await db.run(text, std::move(with));
  if (!done) co_return done.error();
  if (!done->empty()) company = done->maybe_text(0, 0);
  co_return company;
}

task<result<void>> note_key(pg::connection& db, std::string id, bool refused,
                            std::optional<std::int64_t> latency_ms) {
  pg::params with;
  with.text(id).boolean(refused).integer(latency_ms);
  auto done = co_await db.run(key_activity, std::move(with));
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<std::vector<std::string>>> refused_keys(pg::connection& db) {
  auto found = co_await db.run(keys_refused);
  if (!found) co_return found.error();
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < found->size(); ++i) ids.emplace_back(found->text(i, 0));
  co_return ids;
}

task<result<bool>> ask_for_hooks(pg::connection& db, std::string id, std::string name) {
  pg::params with;
  with.text(id).text(name);
  auto requested = co_await db.run(want_hooks, std::move(with));
  if (!requested) co_return requested.error();
  co_return !requested->empty();
}

task<result<hooks_state>> read_hooks(pg::connection& db, std::string id) {
  pg::params which;
  which.text(id);
  auto found = co_await db.run(hooks_now, std::move(which));
  if (!found) co_return found.error();
  hooks_state hooks;
  if (found->empty()) co_return hooks;
  hooks.served = found->boolean(0, 0);
  hooks.wanted = names_in(found->text(0, 1));
  hooks.registered = names_in(found->text(0, 2));
  hooks.problem = found->maybe_text(0, 3);
  co_return hooks;
}

} // namespace suivi::receiver
