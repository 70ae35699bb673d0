// Two coroutines side by side: the first that ends, ends the other.
#include "common/pg/attended_migration.hpp"

#include "common/runtime/task_group.hpp"

#include <optional>

namespace suivi::pg {
namespace {

constexpr milliseconds look_limit{3'000};
constexpr int looks_in_vain_max = 1; // between two scripts nobody has the lock, for a moment

// The two halves of migrate()'s key.
constexpr statement ask{"", R"sql(
select exists (select from pg_locks
               where locktype = 'advisory' and granted and objsubid = 1
                 and database = (select oid from pg_database where datname = current_database())
                 and (classid::bigint << 32 | objid::bigint) = $1)
)sql"};

// Unknown: the server did not say.
task<std::optional<bool>> is_anybody_migrating(const connect_options& beside) {
  auto db = co_await connection::connect(beside);
  if (!db) co_return std::nullopt;
  db->answer_within(look_limit);
  params with;
  with.integer(migration_lock);
  auto got = co_await db->run(ask, std::move(with));
  if (!got) co_return std::nullopt;
  co_return got->boolean(0, 0);
}

task<void> attend(const connect_options& beside, milliseconds look_interval, runtime::task_group& both) {
  int in_vain = 0;
  while (in_vain <= looks_in_vain_max) {
    co_await runtime::sleep_for(look_interval);
    auto found = co_await is_anybody_migrating(beside);
    if (found) in_vain = *found ? 0 : in_vain + 1;
  }
  both.cancel();
}

task<void> run_migration(connection& db, std::span<const migration> all, std::optional<result<int>>& ended,
                         runtime::task_group& both) {
  ended = co_await migrate(db, all);
  both.cancel();
}

} // namespace

task<result<int>> migrate_attended(connection& db, connect_options beside, std::span<const migration> all,
                                   milliseconds look_interval) {
  auto executor = co_await asio::this_coro::executor;
  beside.connect_timeout = look_limit;
  std::optional<result<int>> ended;
  runtime::task_group both(executor);
  both.spawn("migration", run_migration(db, all, ended, both));
  both.spawn("look at the migration", attend(beside, look_interval, both));
  co_await both.join();
  if (ended) co_return *ended;
  co_return transient(
      "pg:lost", "the server that ran the migration is lost: nobody migrates where new connections lead");
}

} // namespace suivi::pg
