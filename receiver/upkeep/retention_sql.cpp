// The SQL of retention. Days travel as text.
#include "receiver/upkeep/retention_sql.hpp"

#include <algorithm>
#include <tuple>

namespace suivi::receiver {
namespace {

std::string to_text(sys_days day) {
  return format_instant(day).substr(0, 10);
}

} // namespace

sys_days first_day_kept(instant now, milliseconds keep) {
  return std::chrono::floor<std::chrono::days>(now - std::max(keep, milliseconds(0)));
}

std::vector<day_partition> days_to_drop(std::vector<day_partition> all, sys_days first_kept) {
  std::erase_if(all, [&](const day_partition& p) { return p.day >= first_kept; });
  std::sort(all.begin(), all.end(), [](const day_partition& a, const day_partition& b) {
    return std::tuple(a.day, a.parent != "inbox") < std::tuple(b.day, b.parent != "inbox");
  });
  return all;
}

namespace {

// In one transaction with retention's lock and its short patience. Nothing is left to the session: a pooled
// one is another's in the next transaction.
task<result<pg::rows>> run_alone(pg::connection& db, pg::statement statement, pg::params with) {
  static constexpr pg::statement give_way{"retention_give_way",
                                          "select set_config('lock_timeout', '100ms', true)"};
  static constexpr pg::statement alone{"retention_alone",
                                       "select pg_advisory_xact_lock(hashtext('suivi.retention'))"};
  pg::pipeline steps;
  steps.add(give_way);
  steps.add(alone);
  steps.add(statement, std::move(with));
  auto answers = co_await db.run(std::move(steps));
  if (!answers) co_return answers.error();
  co_return std::move(answers->back());
}

} // namespace

bool is_in_the_way(const error& e) {
  return e.code == "sqlstate:55P03";
}

task<result<bool>> retention_is_free(pg::connection& db) {
  static constexpr pg::statement text{"retention_is_free",
                                      "select pg_try_advisory_xact_lock(hashtext('suivi.retention'))"};
  auto answer = co_await db.run(text);
  if (!answer) co_return answer.error();
  co_return answer->boolean(0, 0);
}

task<result<kept_days>> read_days(pg::connection& db) {
  static constexpr pg::statement text{"retention_days",
                                      "select now(), d.parent, d.stored_on::text from (select) as one"
                                      " left join suivi.stored_days() d on true"};
  auto answer = co_await db.run(text);
  if (!answer) co_return answer.error();
  kept_days days{answer->timestamp(0, 0), {}};
  for (std::size_t i = 0; i < answer->size(); ++i) {
    if (answer->null(i, 1)) continue;
    auto day = parse_instant(answer->text(i, 2));
    if (day)
      days.partitions.push_back(
          {std::string(answer->text(i, 1)), std::chrono::floor<std::chrono::days>(*day)});
  }
  co_return days;
}

task<result<bool>> has_strays(pg::connection& db, sys_days first_kept) {
  static constexpr pg::statement text{
      "retention_strays",
      "select exists (select from suivi.inbox_default where stored_on < $1::text::date)"
      " or exists (select from suivi.event_outcome_default where stored_on < $1::text::date)"};
  auto day = to_text(first_kept);
  pg::params with;
  with.text(day);
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return answer->boolean(0, 0);
}

task<result<std::map<std::string, std::int64_t>>> give_up_events(pg::connection& db, sys_days first_kept) {
  static constexpr pg::statement text{
      "retention_give_up", "select in_state, events from suivi.give_up_events($1::text::date, 500)"};
  auto day = to_text(first_kept);
  pg::params with;
  with.text(day);
  auto answer = co_await run_alone(db, text, std::move(with));
  if (!answer) co_return answer.error();
  std::map<std::string, std::int64_t> given_up;
  for (std::size_t i = 0; i < answer->size(); ++i)
    given_up.emplace(std::string(answer->text(i, 0)), answer->integer(i, 1));
  co_return given_up;
}

task<result<std::int64_t>> count_overdue(pg::connection& db, sys_days first_kept) {
  static constexpr pg::statement text{
      "retention_overdue", "select count(*) from suivi.waiting_event where stored_on < $1::text::date"};
  auto day = to_text(first_kept);
  pg::params with;
  with.text(day);
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return answer->integer(0, 0);
}

task<result<forgotten>> forget_rows(pg::connection& db, std::string table, sys_days first_kept,
                                    std::int64_t first_block) {
  static constexpr pg::statement text{
      "retention_forget",
      "select gone, more from suivi.forget_rows($1::text::regclass, $2::text::date, $3, $4)"};
  auto day = to_text(first_kept);
  pg::params with;
  with.text(table).text(day).integer(first_block).integer(blocks_per_pass);
  auto answer = co_await run_alone(db, text, std::move(with));
  if (!answer) co_return answer.error();
  co_return forgotten{answer->integer(0, 0), answer->boolean(0, 1)};
}

task<result<void>> drop_day(pg::connection& db, day_partition partition) {
  static constexpr pg::statement text{"retention_drop", "select suivi.drop_day($1, $2::text::date)"};
  auto day = to_text(partition.day);
  pg::params with;
  with.text(partition.parent).text(day);
  auto answer = co_await run_alone(db, text, std::move(with));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

} // namespace suivi::receiver
