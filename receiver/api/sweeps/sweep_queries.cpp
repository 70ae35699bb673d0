// Rows come as PostgreSQL's own JSON where other rooms may add columns, and are renamed here.
#include "receiver/api/sweeps/sweep_queries.hpp"

#include "common/json/json_values.hpp"
#include "common/shop/sweep_report.hpp"

#include <boost/json/value.hpp>
#include <cmath>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

json::object report_of(const json::object& row, double seconds, bool running) {
  json::object r;
  const auto* id = row.if_contains("id");
  r["id"] = std::to_string(id && id->is_int64() ? id->get_int64() : 0);
  r["account"] = member(row, "account");
  r["accountName"] = member(row, "account_name");
  r["kind"] = member(row, "kind");
  r["verdict"] = member(row, "verdict");
  r["reason"] = running ? json::value("it is running") : member(row, "reason");
  r["startedAt"] = or_null(instant_in(row, "started_at"));
  r["seconds"] = rounded_seconds(seconds);
  for (const shop::report_count& count : shop::report_counts) r[count.name] = member(row, count.column);
  r["missedByWebhook"] = member(row, "missed_by_webhook");
  r["missedListed"] = member(row, "missed_listed");
  r["rowsExpected"] = member(row, "rows_expected");
  r["running"] = running;
  r["finishedAt"] = or_null(instant_in(row, "finished_at"));
  return r;
}

json::object waiting_report(const pg::rows& found) {
  json::object r;
  r["id"] = std::to_string(found.integer(0, 0));
  r["account"] = found.text(0, 1);
  r["accountName"] = found.text(0, 2);
  r["kind"] = found.text(0, 3);
  r["verdict"] = "incomplete";
  r["reason"] = "it has not begun";
  r["startedAt"] = nullptr;
  r["seconds"] = 0.0;
  for (const shop::report_count& count : shop::report_counts) r[count.name] = 0;
  r["missedByWebhook"] = nullptr;
  r["missedListed"] = false;
  r["rowsExpected"] = nullptr;
  r["running"] = false;
  r["finishedAt"] = nullptr;
  return r;
}

std::vector<json::object> reports_of(const pg::rows& found) {
  std::vector<json::object> reports;
  for (std::size_t i = 0; i < found.size(); ++i) reports.push_back(report_of_row(found, i));
  return reports;
}

} // namespace

double rounded_seconds(double seconds) {
  return std::round(seconds * 1000) / 1000;
}

json::object report_of_row(const pg::rows& found, std::size_t i) {
  return report_of(object_of(found.text(i, 0)), found.real(i, 1), found.boolean(i, 2));
}

task<result<std::vector<json::object>>> read_sweeps(pg::connection& db, std::int64_t limit) {
  static constexpr pg::statement text{"operations_sweeps", R"sql(
select report, seconds, running from suivi.sweep_shown
where id = any(array(select s.id from suivi.sweep s order by s.id desc limit $1)) order by id desc
)sql"};
  pg::params with;
  with.integer(limit);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  co_return reports_of(*found);
}

task<result<std::optional<json::object>>> read_sweep(pg::connection& db, std::int64_t id) {
  static constexpr pg::statement begun{
      "operations_sweep", "select report, seconds, running from suivi.sweep_shown where id = $1"};
  static constexpr pg::statement requested{"operations_sweep_asked", R"sql(
select r.sweep_id, r.account, coalesce(a.name, ''), r.kind
from suivi.sweep_request r left join suivi.account a on a.id = r.account where r.sweep_id = $1
)sql"};
  pg::pipeline steps; // the request first: it goes in the moment in which the sweep comes
  pg::params with;
  with.integer(id);
  steps.add(requested, with);
  steps.add(begun, std::move(with));
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  std::optional<json::object> report;
  auto reports = reports_of((*found)[1]);
  if (!reports.empty())
    report = std::move(reports.front());
  else if (!(*found)[0].empty())
    report = waiting_report((*found)[0]);
  co_return report;
}

task<result<requested_sweep>> ask_for_sweeps(pg::connection& db, std::vector<std::string> accounts,
                                             std::string kind) {
  static constexpr pg::statement text{"operations_ask",
                                      "select verdict, sweep, account_id from suivi.ask_for_sweeps($1, $2)"};
  std::vector<std::optional<std::string>> ids(accounts.begin(), accounts.end());
  pg::params with;
  with.texts(ids).text(kind);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  requested_sweep requested;
  for (std::size_t i = 0; i < found->size(); ++i) {
    auto verdict = found->text(i, 0);
    if (verdict == "unseen") break;
    requested.result =
        verdict == "asked" ? requested_sweep::answer::requested : requested_sweep::answer::running;
    requested.ids.push_back(found->integer(i, 1));
    requested.account = found->text(i, 2);
  }
  co_return requested;
}

task<result<scheduler_state>> read_scheduler(pg::connection& db) {
  static constexpr pg::statement worker{"operations_worker", R"sql(
select k.stopped_at is null and k.seen_at > clock_timestamp() - interval '30 seconds', k.started_at,
       coalesce(k.stopped_at, k.seen_at)
from suivi.reconciler k order by 1 desc, k.seen_at desc limit 1
)sql"};
  static constexpr pg::statement sweeping{"operations_sweeping", R"sql(
select max(started_at), count(*) filter (where running)
from suivi.sweep_shown where id = any(array(select s.id from suivi.sweep s order by s.id desc limit 100))
)sql"};
  static constexpr pg::statement last{"operations_last_sweep", R"sql(
select report, seconds, running from suivi.sweep_shown
where id = (select s.id from suivi.sweep s where s.finished_at is not null order by s.id desc limit 1)
)sql"};
  pg::pipeline steps;
  steps.add(worker);
  steps.add(sweeping);
  steps.add(last);
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  scheduler_state scheduler;
  if (const auto& k = (*found)[0]; !k.empty()) {
    scheduler.there = k.boolean(0, 0);
    scheduler.started_at = k.maybe_timestamp(0, 1);
    if (!scheduler.there) scheduler.stopped_at = k.maybe_timestamp(0, 2);
  }
  scheduler.last_start = (*found)[1].maybe_timestamp(0, 0);
  scheduler.sweeping = (*found)[1].integer(0, 1);
  auto reports = reports_of((*found)[2]);
  if (!reports.empty()) scheduler.last_finished = std::move(reports.front());
  co_return scheduler;
}

} // namespace suivi::receiver
