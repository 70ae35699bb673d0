// Attaching a partition waits for whoever reads the default one, and others would queue up behind it: so it
// gives way.
#include "common/schema/partitions.hpp"

#include <chrono>

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

} // namespace

task<result<std::int64_t>> make_partitions(pg::connection& db) {
  pg::pipeline steps; // one transaction
  steps.add(give_way);
  steps.add(make);
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  co_return answer->back().integer(0, 0);
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

} // namespace suivi::schema
