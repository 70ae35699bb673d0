// Attaching a partition waits for whoever reads the default one, and others would queue up behind it: so it
// gives way. Only today's indexes are built beside writers: that goes over the rows twice, and what fails
// leaves an index behind that is of no use.
#include "common/schema/partitions.hpp"

#include "common/sqlstate/sqlstate.hpp"

#include <chrono>
#include <string>

namespace suivi::schema {
namespace {

constexpr pg::statement give_way{"schema_give_way",
                                 R"sql(select set_config('lock_timeout', '100ms', true))sql"};
// A day of ten million events takes less than a minute.
constexpr std::chrono::minutes index_patience{10};
constexpr pg::statement take_time{"schema_take_time", R"sql(
select set_config('lock_timeout', '100ms', true), set_config('statement_timeout', '590s', true)
)sql"};
constexpr pg::statement make{"schema_partitions", R"sql(
select suivi.make_partitions(7), suivi.make_change_partitions(now())
)sql"};
constexpr pg::statement index{"schema_index_day", R"sql(
select suivi.index_next_day(9223372036854775807, true)
)sql"};

// Default partitions that were dropped or detached, and detached tables named as a day's from today on. A row
// each: how it is made where it is not there, how it is attached, whether it is a default one.
constexpr pg::statement lost_partitions{"schema_lost_partitions", R"sql(
select case when to_regclass('suivi.' || child) is null
            then format('create table suivi.%I (like suivi.%I including all)', child, parent) else '' end,
       format('alter table suivi.%I attach partition suivi.%I %s', parent, child, bounds),
       bounds = 'default'
from (
  select parent, parent || '_default' as child, 'default' as bounds
  from unnest(array['inbox', 'event_outcome', 'change']) parent
  where (select partdefid from pg_partitioned_table where partrelid = ('suivi.' || parent)::regclass) = 0
  union all
  select parent, child, format('for values from (%L) to (%L)', day, day + 1)
  from unnest(array['inbox', 'event_outcome']) parent,
       generate_series(0, 7) ahead,
       cast((now() at time zone 'UTC')::date + ahead as date) day,
       concat(parent, '_', to_char(day, 'YYYYMMDD')) child
  where exists (select from pg_class where oid = to_regclass('suivi.' || child) and not relispartition)
) lost
)sql"};

// An index beside a day's rows that is not the day's own yet: one that nobody is building any more.
constexpr pg::statement unfinished{"schema_unfinished_index", R"sql(
select case when i.indisvalid then format('alter index %s attach partition %s', p.indexrelid::regclass, x.oid::regclass)
            else format('drop index %s', x.oid::regclass) end
from pg_index p
join pg_class named on named.oid = p.indexrelid
join pg_class parent on parent.oid = p.indrelid
join pg_inherits h on h.inhparent = p.indrelid
join pg_class day on day.oid = h.inhrelid
join pg_index i on i.indrelid = day.oid
join pg_class x on x.oid = i.indexrelid
where p.indrelid in ('suivi.inbox'::regclass, 'suivi.event_outcome'::regclass)
  and x.relname = day.relname || substr(named.relname, length(parent.relname) + 1)
  and not x.relispartition
  and not exists (select from pg_stat_progress_create_index b where b.relid = day.oid)
limit 1
)sql"};

// Named as suivi.index_next_day names them.
constexpr pg::statement wanted_today{"schema_index_today", R"sql(
select format('create index concurrently %I on %s%s', day.relname || substr(named.relname, length(parent.relname) + 1),
              day.oid::regclass, substring(pg_get_indexdef(p.indexrelid) from ' USING .*'))
from pg_index p
join pg_class named on named.oid = p.indexrelid
join pg_class parent on parent.oid = p.indrelid
join pg_inherits h on h.inhparent = p.indrelid
join pg_class day on day.oid = h.inhrelid
where p.indrelid in ('suivi.inbox'::regclass, 'suivi.event_outcome'::regclass)
  and substring(pg_get_expr(day.relpartbound, day.oid) from 'FROM \(''([0-9-]+)''\)')::date
      = (now() at time zone 'UTC')::date
  and not exists (select from pg_inherits k join pg_index i on i.indexrelid = k.inhrelid
                  where k.inhparent = p.indexrelid and i.indrelid = day.oid)
  and not exists (select from pg_stat_progress_create_index b where b.relid = day.oid)
order by named.relname limit 1
)sql"};

// Attaches it, or takes away what a build that failed has left.
task<result<bool>> finish_index(pg::connection& db) {
  auto found = co_await db.run(unfinished);
  if (!found) co_return found.error();
  if (found->empty()) co_return false;
  std::string text(found->text(0, 0));
  pg::pipeline steps;
  steps.add(give_way);
  steps.add({"", text});
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return true;
}

// A default one whose rows belong to a day that is there again, or a day with rows in a default one, stays as
// it is.
task<result<std::int64_t>> restore(pg::connection& db, const pg::rows& lost, bool defaults) {
  std::int64_t restored = 0;
  for (std::size_t i = 0; i < lost.size(); ++i) {
    if (lost.boolean(i, 2) != defaults) continue;
    std::string attach(lost.text(i, 1));
    pg::pipeline steps;
    steps.add(give_way);
    steps.add({"", attach});
    auto done = co_await db.run(std::move(steps));
    if (!done && done.error().code != pg::no_partition) co_return done.error();
    if (done) ++restored;
  }
  co_return restored;
}

task<result<void>> make_defaults(pg::connection& db, const pg::rows& lost) {
  for (std::size_t i = 0; i < lost.size(); ++i) {
    std::string make_one(lost.text(i, 0));
    if (make_one.empty()) continue;
    pg::statement step{"", make_one};
    auto done = co_await db.run(step);
    if (!done) co_return done.error();
  }
  co_return result<void>();
}

} // namespace

// The default ones come last: what is stored meanwhile does not land there.
task<result<std::int64_t>> make_partitions(pg::connection& db) {
  auto lost = co_await db.run(lost_partitions);
  if (!lost) co_return lost.error();
  auto there = co_await make_defaults(db, *lost);
  if (!there) co_return there.error();
  auto days = co_await restore(db, *lost, false);
  if (!days) co_return days.error();
  pg::pipeline steps; // one transaction
  steps.add(give_way);
  steps.add(make);
  auto made = co_await db.run(std::move(steps));
  if (!made) co_return made.error();
  auto defaults = co_await restore(db, *lost, true);
  if (!defaults) co_return defaults.error();
  co_return *days + made->back().integer(0, 0) + *defaults;
}

task<result<bool>> index_next_day(pg::connection& db) {
  pg::pipeline steps;
  steps.add(take_time);
  steps.add(index);
  milliseconds usual = db.answer_within(index_patience);
  auto answer = co_await db.run(std::move(steps));
  db.answer_within(usual);
  if (!answer) co_return answer.error();
  co_return answer->back().boolean(0, 0);
}

task<result<bool>> index_today(pg::connection& db) {
  for (;;) {
    auto finished = co_await finish_index(db);
    if (!finished) co_return finished.error();
    if (!*finished) break;
  }
  auto wanted = co_await db.run(wanted_today);
  if (!wanted) co_return wanted.error();
  if (wanted->empty()) co_return false;
  std::string text(wanted->text(0, 0));
  auto built = co_await db.run_script(text);
  if (!built) co_return built.error();
  auto finished = co_await finish_index(db);
  co_return finished;
}

} // namespace suivi::schema
