// Rows come as PostgreSQL's own JSON where other rooms may add columns, and are renamed here.
#include "receiver/api/order_queries.hpp"

#include "common/decision/observation.hpp"
#include "common/json/json_values.hpp"
#include "common/shop/sweep_report.hpp"
#include "receiver/api/redaction.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <cmath>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

std::string name_of_source(std::int64_t number) {
  if (number < 1 || number > static_cast<int>(shop::source::replay)) return "unknown";
  return std::string(shop::to_string(static_cast<shop::source>(number)));
}

constexpr pg::statement order_statement{"operations_order", R"sql(
select "id", "reference", "status"::text, "trackingNumber", "shippingStatus", "maystroOrderId", "alertedAt", "alertReason",
       "abortReason", "additionalMetaData"->'maystro', "shippingAccountId", "updatedAt"
from orders where "reference" = $1
)sql"};

constexpr pg::statement parcels_statement{"operations_parcels", R"sql(
select p.account, p.uuid, p.display_id, p.reference, p.tracking, p.status, p.alerted_at, p.alert_reason, p.abort_reason,
       p.created_at, p.as_of_from, p.as_of_to, p.source, p.pulled_at, coalesce(p.uuid = o."maystroOrderId", false)
from orders o join suivi.parcel p on p.order_id = o."id"
where o."reference" = $1 order by p.created_at nulls last, p.id
)sql"};

constexpr pg::statement changes_statement{"operations_changes", R"sql(
select c.id, c.at, c.source, c.field, c.from_value, c.to_value, c.event_id, c.sweep_id from (
  select c.* from suivi.change c where c.order_id = (select o."id" from orders o where o."reference" = $1)
  order by c.id desc limit 10000) c
order by c.id
)sql"};

json::object order_of(const pg::rows& found) {
  json::object o;
  o["id"] = found.text(0, 0);
  o["reference"] = found.text(0, 1);
  o["status"] = or_null(found.maybe_text(0, 2));
  o["trackingNumber"] = or_null(found.maybe_text(0, 3));
  o["shippingStatus"] = or_null(found.maybe_text(0, 4));
  o["maystroOrderId"] = or_null(found.maybe_text(0, 5));
  o["alertedAt"] = or_null(found.maybe_at(0, 6));
  o["alertReason"] = or_null(found.maybe_text(0, 7));
  o["abortReason"] = or_null(found.maybe_text(0, 8));
  json::object metadata; // other keys are the shop's own, and may be about the customer
  if (auto text = found.maybe_text(0, 9)) {
    boost::system::error_code failed;
    auto ours = json::parse(*text, failed);
    if (!failed) {
      mask(ours);
      metadata["maystro"] = std::move(ours);
    }
  }
  o["additionalMetaData"] = std::move(metadata);
  o["shippingAccountId"] = or_null(found.maybe_text(0, 10));
  o["updatedAt"] = or_null(found.maybe_at(0, 11));
  return o;
}

json::array parcels_of(const pg::rows& found) {
  json::array parcels;
  for (std::size_t i = 0; i < found.size(); ++i) {
    json::object p;
    p["account"] = found.text(i, 0);
    p["uuid"] = or_null(found.maybe_text(i, 1));
    p["displayId"] = or_null(found.maybe_text(i, 2));
    p["reference"] = or_null(found.maybe_text(i, 3));
    p["trackingNumber"] = or_null(found.maybe_text(i, 4));
    p["status"] = found.integer(i, 5);
    p["alertedAt"] = or_null(found.maybe_at(i, 6));
    p["alertReason"] = or_null(found.maybe_text(i, 7));
    p["abortReason"] = or_null(found.maybe_text(i, 8));
    p["createdAt"] = or_null(found.maybe_at(i, 9));
    p["asOfFrom"] = or_null(found.maybe_at(i, 10));
    p["asOfTo"] = or_null(found.maybe_at(i, 11));
    p["source"] = name_of_source(found.integer(i, 12));
    p["pulledAt"] = or_null(found.maybe_at(i, 13));
    p["shown"] = found.boolean(i, 14);
    parcels.push_back(std::move(p));
  }
  return parcels;
}

// Columns from `first` on: at, source, field, from_value, to_value, event_id, sweep_id.
json::object change_of(const pg::rows& found, std::size_t i, std::size_t first) {
  json::object c;
  c["at"] = format_instant(found.at(i, first));
  c["source"] = name_of_source(found.integer(i, first + 1));
  c["field"] = found.text(i, first + 2);
  c["from"] = or_null(found.maybe_text(i, first + 3));
  c["to"] = or_null(found.maybe_text(i, first + 4));
  if (auto event = found.maybe_integer(i, first + 5)) c["eventId"] = std::to_string(*event);
  if (auto sweep = found.maybe_integer(i, first + 6)) c["sweepId"] = std::to_string(*sweep);
  return c;
}

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
  r["seconds"] = std::round(seconds * 1000) / 1000;
  for (const shop::report_count& count : shop::report_counts) r[count.name] = member(row, count.column);
  r["missedByWebhook"] = member(row, "missed_by_webhook");
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
  r["running"] = false;
  r["finishedAt"] = nullptr;
  return r;
}

std::vector<json::object> reports_of(const pg::rows& found) {
  std::vector<json::object> reports;
  for (std::size_t i = 0; i < found.size(); ++i)
    reports.push_back(report_of(object_of(found.text(i, 0)), found.real(i, 1), found.boolean(i, 2)));
  return reports;
}

} // namespace

task<result<std::optional<order_record>>> read_order(pg::connection& db, std::string reference) {
  pg::pipeline steps;
  for (const auto& statement : {order_statement, parcels_statement, changes_statement}) {
    pg::params with;
    with.text(reference);
    steps.add(statement, std::move(with));
  }
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  const auto& [order, parcels, changes] = std::tie((*found)[0], (*found)[1], (*found)[2]);
  std::optional<order_record> record;
  if (order.empty()) co_return record;
  record.emplace();
  record->order = order_of(order);
  record->parcels = parcels_of(parcels);
  for (std::size_t i = 0; i < changes.size(); ++i) record->changes.push_back(change_of(changes, i, 1));
  co_return record;
}

task<result<std::vector<json::object>>> read_sweeps(pg::connection& db, std::int64_t limit) {
  static constexpr pg::statement text{
      "operations_sweeps",
      "select report, seconds, running from suivi.sweep_shown order by id desc limit $1"};
  pg::params with;
  with.integer(limit);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  co_return reports_of(*found);
}

task<result<std::optional<json::object>>> read_sweep(pg::connection& db, std::int64_t id) {
  static constexpr pg::statement begun{
      "operations_sweep", "select report, seconds, running from suivi.sweep_shown where id = $1"};
  static constexpr pg::statement asked{"operations_sweep_asked", R"sql(
select r.sweep_id, r.account, coalesce(a.name, ''), r.kind
from suivi.sweep_request r left join suivi.account a on a.id = r.account where r.sweep_id = $1
)sql"};
  pg::pipeline steps; // the request first: it goes in the moment in which the sweep comes
  pg::params with;
  with.integer(id);
  steps.add(asked, with);
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

task<result<asked_sweep>> ask_for_sweeps(pg::connection& db, std::vector<std::string> accounts,
                                         std::string kind) {
  static constexpr pg::statement text{"operations_ask",
                                      "select verdict, sweep, account_id from suivi.ask_for_sweeps($1, $2)"};
  std::vector<std::optional<std::string>> ids(accounts.begin(), accounts.end());
  pg::params with;
  with.texts(ids).text(kind);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  asked_sweep asked;
  for (std::size_t i = 0; i < found->size(); ++i) {
    auto verdict = found->text(i, 0);
    if (verdict == "unseen") break;
    asked.result = verdict == "asked" ? asked_sweep::answer::asked : asked_sweep::answer::running;
    asked.ids.push_back(found->integer(i, 1));
    asked.account = found->text(i, 2);
  }
  co_return asked;
}

task<result<scheduler_seen>> read_scheduler(pg::connection& db) {
  static constexpr pg::statement worker{"operations_worker", R"sql(
select k.stopped_at is null and k.seen_at > clock_timestamp() - interval '30 seconds', k.started_at,
       coalesce(k.stopped_at, k.seen_at)
from suivi.reconciler k order by 1 desc, k.seen_at desc limit 1
)sql"};
  static constexpr pg::statement sweeping{"operations_sweeping", R"sql(
select max(started_at), count(*) filter (where running)
from (select started_at, running from suivi.sweep_shown order by id desc limit 100) s
)sql"};
  static constexpr pg::statement last{"operations_last_sweep",
                                      "select report, seconds, running from suivi.sweep_shown"
                                      " where finished_at is not null order by id desc limit 1"};
  pg::pipeline steps;
  steps.add(worker);
  steps.add(sweeping);
  steps.add(last);
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  scheduler_seen seen;
  if (const auto& k = (*found)[0]; !k.empty()) {
    seen.there = k.boolean(0, 0);
    seen.started_at = k.maybe_at(0, 1);
    if (!seen.there) seen.stopped_at = k.maybe_at(0, 2);
  }
  seen.last_start = (*found)[1].maybe_at(0, 0);
  seen.sweeping = (*found)[1].integer(0, 1);
  auto reports = reports_of((*found)[2]);
  if (!reports.empty()) seen.last_finished = std::move(reports.front());
  co_return seen;
}

task<result<std::vector<std::pair<std::string, account_record>>>> read_accounts(pg::connection& db) {
  static constexpr pg::statement known{
      "operations_accounts_known",
      "select id, to_jsonb(a)::text, coalesce(lease_until > clock_timestamp(), false) from suivi.account a"};
  static constexpr pg::statement there{"operations_accounts_there",
                                       "select to_regclass('shipping_accounts') is not null"};
  static constexpr pg::statement shops{
      "operations_accounts_shop",
      "select \"id\", (to_jsonb(a) - 'credentials')::text from shipping_accounts a"};
  pg::pipeline steps;
  steps.add(known);
  steps.add(there);
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  std::vector<std::pair<std::string, account_record>> records;
  auto record_of = [&](std::string_view id) -> account_record& {
    for (auto& [of, record] : records)
      if (of == id) return record;
    return records.emplace_back(std::string(id), account_record{}).second;
  };
  const auto& ours = (*found)[0];
  for (std::size_t i = 0; i < ours.size(); ++i) {
    auto& record = record_of(ours.text(i, 0));
    record.known = object_of(ours.text(i, 1));
    record.known["leased"] = ours.boolean(i, 2);
  }
  if ((*found)[1].boolean(0, 0)) {
    auto theirs = co_await db.run(shops);
    if (!theirs) co_return theirs.error();
    for (std::size_t i = 0; i < theirs->size(); ++i)
      record_of(theirs->text(i, 0)).shop = object_of(theirs->text(i, 1));
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
  with.text(id).at(at).text(problem ? "error" : "success").text(problem);
  auto done = co_await db.run(text, std::move(with));
  if (!done) co_return done.error();
  if (!done->empty()) company = done->maybe_text(0, 0);
  co_return company;
}

task<result<std::int64_t>> last_change_number(pg::connection& db) {
  static constexpr pg::statement text{"operations_last_change", "select last_value from suivi.change_id_seq"};
  auto found = co_await db.run(text);
  if (!found) co_return found.error();
  co_return found->integer(0, 0);
}

task<result<std::vector<change_seen>>> changes_after(pg::connection& db, std::int64_t after,
                                                     std::vector<std::int64_t> known, std::int64_t most) {
  static constexpr pg::statement text{"operations_changes_after", R"sql(
select c.id, o."reference", c.order_id, c.account, c.at, c.source, c.field, c.from_value, c.to_value, c.event_id, c.sweep_id
from suivi.change c left join orders o on o."id" = c.order_id
where c.id > $1 and c.at >= now() - interval '1 day' and not (c.id = any($2)) order by c.id limit $3
)sql"};
  std::vector<std::optional<std::int64_t>> seen(known.begin(), known.end());
  pg::params with;
  with.integer(after).integers(seen).integer(most);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  std::vector<change_seen> changes;
  for (std::size_t i = 0; i < found->size(); ++i) {
    json::object data{{"reference", or_null(found->maybe_text(i, 1))},
                      {"orderId", found->text(i, 2)},
                      {"account", found->text(i, 3)}};
    for (auto& [name, value] : change_of(*found, i, 4)) data[name] = value;
    changes.push_back({found->integer(i, 0), std::move(data)});
  }
  co_return changes;
}

} // namespace suivi::receiver
