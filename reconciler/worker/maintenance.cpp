// Makes partitions and deletes old rows, once an hour.
#include "reconciler/worker/maintenance.hpp"

#include "common/log/log.hpp"
#include "common/schema/partitions.hpp"

namespace suivi::reconciler {
namespace {

constexpr milliseconds every{60 * 60'000};
constexpr milliseconds after_failure{60'000};
constexpr std::int64_t batch_rows_max = 1'000; // rows in one transaction
constexpr int batches_max = 100;               // in one hour

// Asked for when no worker could take it, and nobody has asked since (ask_for_sweeps() would have forgotten
// it).
constexpr pg::statement forget_requests{"house_requests", R"sql(
delete from suivi.sweep_request where asked_at < clock_timestamp() - interval '10 minutes'
)sql"};

constexpr pg::statement forget_workers{"house_workers", R"sql(
delete from suivi.reconciler where seen_at < clock_timestamp() - interval '1 day'
)sql"};

constexpr pg::statement forget_clocks{"house_clocks", R"sql(
delete from suivi.clock_skew where seen_at < clock_timestamp() - interval '1 day'
)sql"};

constexpr pg::statement forget_reports{"house_reports", R"sql(
delete from suivi.sweep where id in (
  select s.id from suivi.sweep s
  where s.seen_at < clock_timestamp() - $1 * interval '1 millisecond'
    and exists (select from suivi.sweep n
                where n.account = s.account and n.kind = s.kind and n.verdict = s.verdict and n.id > s.id)
  order by s.id limit $2)
)sql"};

} // namespace

task<result<std::int64_t>> delete_expired(pg::connection& db) {
  auto made = co_await schema::make_partitions(db);
  if (!made) co_return made.error();
  std::int64_t gone = 0;
  for (pg::statement each : {forget_requests, forget_workers, forget_clocks}) {
    auto done = co_await db.run(each);
    if (!done) co_return done.error();
    gone += static_cast<std::int64_t>(done->affected());
  }
  for (int batch = 0; batch < batches_max; ++batch) {
    pg::params with;
    with.integer(std::chrono::milliseconds(report_age).count()).integer(batch_rows_max);
    auto done = co_await db.run(forget_reports, std::move(with));
    if (!done) co_return done.error();
    gone += static_cast<std::int64_t>(done->affected());
    if (done->affected() < static_cast<std::uint64_t>(batch_rows_max)) break;
  }
  co_return gone;
}

task<void> run_maintenance(services& p, milliseconds first) {
  milliseconds pause = first;
  for (;;) {
    co_await runtime::sleep_for(pause);
    pause = after_failure;
    auto db = co_await p.database.acquire(steady_now() + database_patience);
    if (!db) continue; // the worker's own look at the database says so
    auto gone = co_await delete_expired(**db);
    if (gone)
      pause = every;
    else
      log::warn("old rows could not be deleted from Suivi's own tables",
                {{"error", to_string(gone.error())}});
    if (gone && *gone > 0) log::info("old rows of Suivi's own were deleted", {{"rows", *gone}});
  }
}

} // namespace suivi::reconciler
