// Numbers of sweeps are given in the order of their beginning, so the list goes by them.
#include "receiver/api/sweeps/sweep_list.hpp"

#include "common/json/json_values.hpp"
#include "common/shop/sweep_report.hpp"
#include "receiver/api/call/list_cursor.hpp"
#include "receiver/api/call/parameters.hpp"
#include "receiver/api/sweeps/sweep_queries.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::int64_t sweeps_shown = 25;
// So many rows are folded at most for one page: the incremental ones of three accounts in nine days.
constexpr std::int64_t folded_max = 8'000;

constexpr std::string_view chosen = R"sql(
select s.id from suivi.sweep s
where ($1 = '' or s.account = $1) and ($2 = '' or s.kind = $2) and ($3 = '' or s.verdict = $3)
  and ($4::bigint is null or s.id < $4) {}
order by s.id desc limit $5
)sql";

// As many that are no incremental ones as the page has rows end the page, whatever lies between them.
constexpr std::string_view within_page = R"sql(
  and s.id >= coalesce((
    select x.id from suivi.sweep x
    where ($1 = '' or x.account = $1) and ($2 = '' or x.kind = $2) and ($3 = '' or x.verdict = $3)
      and ($4::bigint is null or x.id < $4) and x.kind <> 'incremental'
    order by x.id desc offset $6 - 1 limit 1), 0)
)sql";

// `= any(array(…))`, not `in`, and one by one below: a report is made of a row's every column, so it is made
// of those that are shown only, whatever the planner thinks.
const std::string plain_text = fmt::format(R"sql(
select w.report, w.seconds, w.running, w.id from suivi.sweep_shown w where w.id = any(array({})) order by w.id desc
)sql",
                                           fmt::format(chosen, ""));
const pg::statement plain{"sweeps_plain", plain_text};

std::string sums_of_counts() {
  std::string text;
  for (const shop::report_count& count : shop::report_counts)
    text += fmt::format(", sum(n.{})::bigint", count.column);
  return text + ", sum(n.missed_by_webhook)::bigint";
}

// Incremental ones between two others are a group; every other one is a group of its own.
const std::string folded_text = fmt::format(R"sql(
with newest as (select s.* from suivi.sweep s where s.id in ({})),
marked as (
  select n.*, count(*) filter (where n.kind <> 'incremental') over (order by n.id desc) as others,
         case when n.kind <> 'incremental' then n.id end as alone
  from newest n
), grouped as (
  select max(n.id) as id, min(n.id) as last, n.alone, count(*) as folded, min(n.started_at) as begun,
         max(coalesce(n.finished_at, n.seen_at)) as ended, bool_and(n.verdict = 'complete') as complete,
         case when count(distinct n.account) = 1 then min(n.account) end as account,
         case when count(distinct n.account) = 1 then min(n.account_name) end as account_name,
         sum(extract(epoch from coalesce(n.finished_at, n.seen_at) - n.started_at))::float8 as seconds{}
  from marked n group by n.others, n.alone order by 1 desc limit $6
)
select w.report, w.seconds, w.running, g.* from grouped g
left join lateral (select v.report, v.seconds, v.running from suivi.sweep_shown v where v.id = g.alone offset 0) w on true
order by g.id desc
)sql",
                                            fmt::format(chosen, within_page), sums_of_counts());
const pg::statement folded{"sweeps_folded", folded_text};

// Changes of state that webhooks told since the full sweep before, or within a fold's time. Samples have them
// by quarters of an hour, and the sample after a sweep is taken a moment after its end, so both ends are
// moved by one.
constexpr pg::statement reported{"sweeps_reported", R"sql(
select case when coalesce(before.finished_at, u.begun::timestamptz) is null then null else (
  select coalesce(sum(p.told), 0) from suivi.sample p
  where p.account <> '' and (u.account is null or p.account = u.account)
    and p.at > coalesce(before.finished_at, u.begun::timestamptz) + interval '15 minutes'
    and p.at <= coalesce(u.ended::timestamptz, now()) + interval '15 minutes') end::bigint
from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) with ordinality as u(sweep, account, begun, ended, n)
left join lateral (
  select b.finished_at from suivi.sweep b
  where b.kind = 'full' and b.id < u.sweep and b.account = u.account order by b.id desc limit 1) before on true
order by u.n
)sql"};

std::optional<std::string> maybe_text(const json::object& row, std::string_view name) {
  const json::value* found = row.if_contains(name);
  if (!found || !found->is_string()) return std::nullopt;
  return std::string(found->as_string());
}

// Full sweeps and folds have `told` beside `missedByWebhook`, so that a share can be told.
task<result<void>> add_reported(pg::connection& db, json::array& sweeps) {
  std::vector<std::optional<std::int64_t>> ids;
  std::vector<std::optional<std::string>> accounts, begun, ended;
  std::vector<json::object*> rows;
  for (json::value& each : sweeps) {
    json::object& row = each.as_object();
    bool is_fold = row.contains("folded");
    if (!is_fold && row["kind"] != "full") continue;
    rows.push_back(&row);
    std::optional<std::string> id = maybe_text(row, "id");
    ids.push_back(id ? std::optional(std::stoll(*id)) : std::nullopt);
    accounts.push_back(maybe_text(row, "account"));
    begun.push_back(is_fold ? maybe_text(row, "startedAt") : std::nullopt);
    ended.push_back(maybe_text(row, "finishedAt"));
  }
  if (rows.empty()) co_return result<void>();
  pg::params with;
  with.integers(ids).texts(accounts).texts(begun).texts(ended);
  auto found = co_await db.run(reported, std::move(with));
  if (!found) co_return found.error();
  for (std::size_t i = 0; i < rows.size(); ++i) (*rows[i])["told"] = or_null(found->maybe_integer(i, 0));
  co_return result<void>();
}

pg::params params_of(const sweep_list_query& q, std::int64_t rows) {
  pg::params with;
  with.text(q.account).text(q.kind).text(q.verdict).integer(q.before).integer(rows);
  return with;
}

json::object folded_row(const pg::rows& found, std::size_t i) {
  json::object r;
  r["folded"] = found.integer(i, 6);
  r["account"] = or_null(found.maybe_text(i, 10));
  r["accountName"] = or_null(found.maybe_text(i, 11));
  r["kind"] = "incremental";
  r["verdict"] = found.boolean(i, 9) ? "complete" : "incomplete";
  r["startedAt"] = format_instant(found.timestamp(i, 7));
  r["finishedAt"] = or_null(found.maybe_timestamp(i, 8));
  r["seconds"] = rounded_seconds(found.real(i, 12));
  std::size_t column = 13;
  for (const shop::report_count& count : shop::report_counts)
    r[count.name] = or_null(found.maybe_integer(i, column++));
  r["missedByWebhook"] = or_null(found.maybe_integer(i, column));
  return r;
}

result<std::string> one_of(const http::target& from, std::string_view name,
                           std::initializer_list<std::string_view> allowed) {
  std::string text(from.find(name).value_or(""));
  if (text.empty()) return text;
  std::string all;
  for (std::string_view each : allowed) {
    if (each == text) return text;
    all += all.empty() ? "" : ", ";
    all += each;
  }
  return wrong_value(name, text, fmt::format("one of {}", all));
}

} // namespace

result<sweep_list_query> read_sweep_list_query(const http::target& from) {
  sweep_list_query q;
  auto limit = read_limit(from, sweeps_shown);
  if (!limit) return limit.error();
  q.limit = *limit;
  q.account = from.find("account").value_or("");
  auto kind = one_of(from, "kind", {"full", "incremental", "lookups"});
  if (!kind) return kind.error();
  q.kind = std::move(*kind);
  auto verdict = one_of(from, "verdict", {"complete", "incomplete"});
  if (!verdict) return verdict.error();
  q.verdict = std::move(*verdict);
  auto fold = one_of(from, "fold", {"true", "false"});
  if (!fold) return fold.error();
  q.fold = *fold == "true";
  q.with_reported = !fold->empty();
  if (auto after = from.find("after"); after && !after->empty()) {
    auto place = read_cursor(paged_list::sweeps, *after);
    if (!place) return wrong_value("after", *after, "the `next` of an answer");
    q.before = place->number;
  }
  return q;
}

task<result<sweep_page>> list_sweeps_of(pg::connection& db, sweep_list_query q) {
  sweep_page page;
  pg::params with = params_of(q, q.fold ? folded_max : q.limit + 1);
  if (q.fold) with.integer(q.limit + 1);
  pg::statement how = q.fold ? folded : plain;
  auto found = co_await db.run(how, std::move(with));
  if (!found) co_return found.error();
  auto page_rows = std::min(found->size(), static_cast<std::size_t>(q.limit));
  std::int64_t last = 0;
  for (std::size_t i = 0; i < page_rows; ++i) {
    bool alone = !q.fold || !found->null(i, 5);
    page.sweeps.push_back(alone ? report_of_row(*found, i) : folded_row(*found, i));
    last = found->integer(i, q.fold ? 4 : 3);
  }
  if (found->size() > page_rows && page_rows > 0) page.next = write_cursor(paged_list::sweeps, {last, ""});
  if (q.with_reported) {
    auto added = co_await add_reported(db, page.sweeps);
    if (!added) co_return added.error();
  }
  co_return page;
}

} // namespace suivi::receiver
