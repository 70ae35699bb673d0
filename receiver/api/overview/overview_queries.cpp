// Reads the overview's figures in one round trip.
#include "receiver/api/overview/overview_queries.hpp"

#include "common/shop/problems/event_facts.hpp"

#include <cmath>

namespace suivi::receiver {
namespace {

constexpr pg::statement schedule{"overview_schedule", R"sql(
select k.timezone, k.schedule,
       case when count(a.full_watermark) = cardinality($1) then min(a.full_watermark) end,
       min(a.next_full_at), min(a.next_incremental_at), max(a.webhook_heard_at)
from (select) one
left join (select timezone, schedule from suivi.reconciler where timezone is not null order by seen_at desc limit 1) k on true
left join suivi.account a on a.id = any($1)
group by 1, 2
)sql"};

constexpr pg::statement newest_webhook{"overview_webhook", R"sql(
select max(received_at) from suivi.inbox where stored_on >= (now() at time zone 'UTC')::date - 1
)sql"};

constexpr pg::statement sampled{"overview_sampled", R"sql(
select coalesce(sum(orders), 0)::bigint, coalesce(sum(tracked), 0)::bigint, coalesce(sum(open), 0)::bigint, min(oldest_pull)
from suivi.sample where at = (select max(at) from suivi.sample) and account <> ''
)sql"};

constexpr pg::statement week_ago{"overview_week_ago", R"sql(
select coalesce(sum(orders), 0)::bigint, coalesce(sum(tracked), 0)::bigint, count(*)
from suivi.sample
where at = (select max(at) from suivi.sample where at <= now() - interval '7 days') and account <> ''
)sql"};

constexpr pg::statement missed_changes{"overview_missed", R"sql(
select coalesce(sum(missed_by_webhook), 0)::bigint from suivi.sweep where started_at >= now() - interval '7 days'
)sql"};

// Samples count them up to their own time.
constexpr pg::statement reported_changes{"overview_told", R"sql(
select coalesce((select sum(told) from suivi.sample where at >= now() - interval '7 days'), 0)::bigint
       + (select count(*) from suivi.change
          where at > coalesce((select max(at) from suivi.sample), now() - interval '7 days')
            and source = 1 and field = 'shippingStatus')
)sql"};

constexpr pg::statement waiting{"overview_waiting", R"sql(
select count(*) filter (where state = 'pending'), count(*) filter (where state = 'parked'),
       count(*) filter (where state = 'confirming')
from suivi.waiting_event
)sql"};

} // namespace

double covered_orders::percentage() const {
  if (total == 0) return 100;
  return std::round(static_cast<double>(with_tracking) * 10'000 / static_cast<double>(total)) / 100;
}

task<result<overview_figures>> read_overview_figures(pg::connection& db, std::vector<std::string> accounts) {
  std::vector<std::optional<std::string>> ids(accounts.begin(), accounts.end());
  pg::pipeline steps;
  pg::params with;
  with.texts(ids);
  steps.add(schedule, std::move(with));
  for (pg::statement each : {newest_webhook, sampled, week_ago, missed_changes, reported_changes, waiting})
    steps.add(each);
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  const std::vector<pg::rows>& rows = *answer;

  overview_figures f;
  f.timezone = rows[0].maybe_text(0, 0);
  if (!rows[0].null(0, 1)) f.schedule = shop::split_names(rows[0].text(0, 1));
  if (!accounts.empty()) f.last_complete = rows[0].maybe_timestamp(0, 2);
  f.next_full = rows[0].maybe_timestamp(0, 3);
  f.next_incremental = rows[0].maybe_timestamp(0, 4);
  f.last_webhook = rows[1].maybe_timestamp(0, 0);
  if (!f.last_webhook) f.last_webhook = rows[0].maybe_timestamp(0, 5);
  f.coverage = {rows[2].integer(0, 0), rows[2].integer(0, 1)};
  f.open = rows[2].integer(0, 2);
  f.oldest_checked_at = rows[2].maybe_timestamp(0, 3);
  if (rows[3].integer(0, 2) > 0) f.week_ago = covered_orders{rows[3].integer(0, 0), rows[3].integer(0, 1)};
  f.missed = rows[4].integer(0, 0);
  f.reported = rows[5].integer(0, 0);
  f.pending = rows[6].integer(0, 0);
  f.parked = rows[6].integer(0, 1);
  f.confirming = rows[6].integer(0, 2);
  co_return f;
}

} // namespace suivi::receiver
