// Reads series over time: from samples, counted events and sweeps.
#include "receiver/api/overview/series_queries.hpp"

#include "common/base/duration.hpp"
#include "common/json/json_values.hpp"
#include "receiver/api/call/parameters.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <map>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

struct period_row {
  std::string_view period;
  int webhooks, missed, samples; // seconds of a slot
};
constexpr std::array<period_row, 5> periods{{
    {"1h", 60, 300, 900},
    {"24h", 900, 3'600, 900},
    {"7d", 3'600, 21'600, 3'600},
    {"30d", 21'600, 86'400, 21'600},
    {"90d", 86'400, 86'400, 86'400},
}};

constexpr std::array<std::pair<std::string_view, series_name>, 4> names{{
    {"coverage", series_name::coverage},
    {"webhooks", series_name::webhooks},
    {"missed", series_name::missed},
    {"freshness", series_name::freshness},
}};

// Of each slot the newest sampling.
constexpr pg::statement samples{"series_samples", R"sql(
with picked as (
  select distinct on (slot) slot, at
  from (select distinct date_bin($2 * interval '1 second', at, 'epoch') as slot, at from suivi.sample where at >= $1) s
  order by slot, at desc
)
select p.slot, s.account, s.orders, s.tracked, s.open, s.oldest_pull
from picked p join suivi.sample s on s.at = p.at
where s.account <> '' and ($3 = '' or s.account = $3)
order by p.slot, s.account
)sql"};

constexpr pg::statement webhooks{"series_webhooks", R"sql(
select slot, outcome, sum(events)::bigint
from suivi.events_by_slot($1, $2 * interval '1 second', nullif($3, ''), $4) group by 1, 2 order by 1, 2
)sql"};

constexpr pg::statement sweeps{"series_sweeps", R"sql(
select date_bin($2 * interval '1 second', finished_at, 'epoch'), count(*), sum(missed_by_webhook)::bigint,
       bool_and(verdict = 'complete')
from suivi.sweep
where started_at >= $1 - interval '1 day' and finished_at >= $1 and ($3 = '' or account = $3) and kind <> 'lookups'
group by 1
)sql"};

constexpr pg::statement reported_lately{"series_told_lately", R"sql(
select date_bin($2 * interval '1 second', at, 'epoch'), count(*)
from suivi.change where at >= $1 and source = 1 and field = 'shippingStatus' and ($3 = '' or account = $3) group by 1
)sql"};

// Samples have it up to their own time.
constexpr pg::statement reported_sampled{"series_told_sampled", R"sql(
select slot, sum(told)::bigint from (
  select date_bin($2 * interval '1 second', at, 'epoch') as slot, told
  from suivi.sample where at >= $1 and ($3 = '' or account = $3)
  union all
  select date_bin($2 * interval '1 second', at, 'epoch'), 1
  from suivi.change
  where at > coalesce((select max(at) from suivi.sample), $1) and source = 1 and field = 'shippingStatus'
    and ($3 = '' or account = $3)) t
group by 1
)sql"};

instant slot_of(instant at, seconds step) {
  auto since_epoch = std::chrono::floor<seconds>(at.time_since_epoch());
  return instant(since_epoch - since_epoch % step);
}

pg::params params_of(const series_query& q) {
  pg::params with;
  with.timestamp(q.from).integer(q.step.count()).text(q.account);
  return with;
}

json::object sample_point(const pg::rows& found, std::size_t first, std::size_t end, const series_query& q) {
  json::object point{{"at", format_instant(found.timestamp(first, 0))}};
  std::int64_t total = 0, tracked = 0, open = 0;
  std::optional<instant> oldest;
  json::object by_account;
  for (std::size_t i = first; i < end; ++i) {
    total += found.integer(i, 2);
    tracked += found.integer(i, 3);
    open += found.integer(i, 4);
    if (auto at = found.maybe_timestamp(i, 5)) oldest = std::min(oldest.value_or(*at), *at);
    by_account[found.text(i, 1)] = {{"total", found.integer(i, 2)}, {"withTracking", found.integer(i, 3)}};
  }
  if (q.name == series_name::freshness) {
    point["open"] = open;
    point["oldestCheckedAt"] = or_null(oldest);
    return point;
  }
  point["total"] = total;
  point["withTracking"] = tracked;
  if (q.account.empty()) point["byAccount"] = std::move(by_account);
  return point;
}

task<result<json::array>> read_samples(pg::connection& db, series_query q) {
  auto found = co_await db.run(samples, params_of(q));
  if (!found) co_return found.error();
  json::array points;
  std::optional<instant> last;
  for (std::size_t first = 0, end = 0; first < found->size(); first = end) {
    last = found->timestamp(first, 0);
    while (end < found->size() && found->timestamp(end, 0) == *last) ++end;
    points.push_back(sample_point(*found, first, end, q));
  }
  // What the newest sample says holds until the next one.
  instant present = slot_of(q.until, q.step);
  if (last && *last < present) {
    json::value newest = points.back();
    newest.as_object()["at"] = format_instant(present);
    points.push_back(std::move(newest));
  }
  co_return points;
}

task<result<json::array>> read_webhooks(pg::connection& db, series_query q, bool only_account) {
  pg::params with = params_of(q);
  with.boolean(only_account);
  auto found = co_await db.run(webhooks, std::move(with));
  if (!found) co_return found.error();
  json::array points;
  std::optional<instant> last;
  for (std::size_t i = 0; i < found->size(); ++i) {
    instant slot = found->timestamp(i, 0);
    if (last != slot) points.push_back(json::object{{"at", format_instant(slot)}});
    last = slot;
    points.back().as_object()[found->text(i, 1)] = found->integer(i, 2);
  }
  instant present = slot_of(q.until, q.step);
  if (!last || *last < present) points.push_back(json::object{{"at", format_instant(present)}});
  co_return points;
}

task<result<json::array>> read_missed(pg::connection& db, series_query q) {
  struct slot {
    std::int64_t sweeps = 0, missed = 0, reported = 0;
    bool complete = true;
  };
  bool lately = q.until - q.from < std::chrono::hours(3);
  pg::pipeline steps;
  steps.add(sweeps, params_of(q));
  steps.add(lately ? reported_lately : reported_sampled, params_of(q));
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  std::map<instant, slot> slots;
  const pg::rows& ended = (*answer)[0];
  for (std::size_t i = 0; i < ended.size(); ++i) {
    slot& s = slots[ended.timestamp(i, 0)];
    s.sweeps = ended.integer(i, 1);
    s.missed = ended.integer(i, 2);
    s.complete = ended.boolean(i, 3);
  }
  const pg::rows& reported = (*answer)[1];
  for (std::size_t i = 0; i < reported.size(); ++i)
    if (reported.integer(i, 1) > 0) slots[reported.timestamp(i, 0)].reported = reported.integer(i, 1);
  (void)slots[slot_of(q.until, q.step)];
  json::array points;
  for (const auto& [at, s] : slots)
    points.push_back({{"at", format_instant(at)},
                      {"until", format_instant(at + q.step)},
                      {"sweeps", s.sweeps},
                      {"missed", s.missed},
                      {"told", s.reported},
                      {"complete", s.complete}});
  co_return points;
}

} // namespace

result<series_query> read_series_query(const http::target& from, instant now) {
  series_query q;
  std::string_view name = from.find("name").value_or("");
  bool known = false;
  for (auto [text, value] : names)
    if (text == name) {
      q.name = value;
      known = true;
    }
  if (!known) return wrong_value("name", name, "one of coverage, webhooks, missed, freshness");
  q.name_text = name;
  std::string_view period = from.find("period").value_or("24h");
  const period_row* row = nullptr;
  for (const period_row& one : periods)
    if (one.period == period) row = &one;
  if (!row) return wrong_value("period", period, "one of 1h, 24h, 7d, 30d, 90d");
  q.step = seconds(q.name == series_name::webhooks ? row->webhooks
                   : q.name == series_name::missed ? row->missed
                                                   : row->samples);
  q.account = from.find("account").value_or("");
  q.until = now;
  q.from = slot_of(now - *parse_duration(period), q.step);
  return q;
}

task<result<json::array>> read_series(pg::connection& db, series_query q, bool only_account) {
  switch (q.name) {
  case series_name::webhooks:
    return read_webhooks(db, std::move(q), only_account);
  case series_name::missed:
    return read_missed(db, std::move(q));
  case series_name::coverage:
  case series_name::freshness:
    break;
  }
  return read_samples(db, std::move(q));
}

} // namespace suivi::receiver
