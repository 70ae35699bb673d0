// Reads the figures of all accounts in one round trip.
#include "receiver/api/accounts/account_figures.hpp"

#include "common/json/json_values.hpp"
#include "receiver/api/accounts/account_queries.hpp"
#include "receiver/api/overview/overview_queries.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr pg::statement known{"figures_accounts", R"sql(
select u.id, a.next_full_at, a.next_incremental_at, coalesce(to_jsonb(a.hooks_wanted)::text, '[]'), a.latency_ms
from unnest($1::text[]) u (id) left join suivi.account a on a.id = u.id
)sql"};

constexpr pg::statement sampled{"figures_sampled", R"sql(
select account, orders, tracked, untracked from suivi.sample where at = (select max(at) from suivi.sample)
)sql"};

// Requests that were repeated for another reason than 429 count as errors. A sweep under way shows itself
// every second (reconciler/sweep).
constexpr pg::statement swept{"figures_swept", R"sql(
select account, coalesce(sum(missed_by_webhook), 0)::bigint,
       coalesce(sum(requests) filter (where started_at >= now() - interval '24 hours'), 0)::bigint,
       coalesce(sum(throttled) filter (where started_at >= now() - interval '24 hours'), 0)::bigint,
       greatest(coalesce(sum(retries - throttled) filter (where started_at >= now() - interval '24 hours'), 0), 0)::bigint,
       coalesce(sum(in_flight) filter (where finished_at is null and seen_at > clock_timestamp() - interval '10 seconds'), 0)::bigint
from suivi.sweep where started_at >= now() - interval '7 days' group by 1
)sql"};

constexpr pg::statement reported{"figures_told", R"sql(
select account, sum(told)::bigint from (
  select account, told from suivi.sample where at >= now() - interval '7 days'
  union all
  select account, 1 from suivi.change
  where at > coalesce((select max(at) from suivi.sample), now() - interval '7 days')
    and source = 1 and field = 'shippingStatus') t
group by 1
)sql"};

constexpr pg::statement received{"figures_heard", R"sql(
with counted as (select coalesce((select up_to from suivi.event_counted), now() - interval '24 hours') as up_to)
select account, sum(events)::bigint from (
  select c.account, c.events from suivi.event_count c, counted k
  where c.slot >= now() - interval '24 hours' and c.slot < k.up_to
  union all
  select coalesce(i.account, ''), 1 from suivi.inbox i
  where i.received_at >= greatest((select up_to from counted), now() - interval '24 hours')
    and i.stored_on >= (now() at time zone 'UTC')::date - 2) e
group by 1
)sql"};

struct figures {
  std::int64_t missed = 0, requests = 0, throttled = 0, errors = 0, reported = 0, received = 0, untracked = 0,
               in_flight = 0;
  covered_orders coverage;
};

json::object to_json(const figures& f, const pg::rows& account, std::size_t i) {
  json::object o;
  o["coverage"] = {{"total", f.coverage.total},
                   {"withTracking", f.coverage.with_tracking},
                   {"coveragePercentage", f.coverage.percentage()}};
  o["untracked"] = f.untracked;
  o["webhooks"] = {{"last24h", f.received}, {"missed7d", f.missed}, {"changes7d", f.missed + f.reported}};
  o["pace"] = {{"inFlight", f.in_flight},
               {"latencyMs", or_null(account.maybe_integer(i, 4))},
               {"requests24h", f.requests},
               {"throttled24h", f.throttled},
               {"errors24h", f.errors}};
  o["nextFull"] = or_null(account.maybe_timestamp(i, 1));
  o["nextIncremental"] = or_null(account.maybe_timestamp(i, 2));
  o["hooksWanted"] = account.text(i, 3);
  return o;
}

} // namespace

task<result<std::map<std::string, json::object>>>
read_account_figures(pg::connection& db, std::vector<std::string> accounts, std::string only_account) {
  std::vector<std::optional<std::string>> ids(accounts.begin(), accounts.end());
  pg::pipeline steps;
  pg::params with;
  with.texts(ids);
  steps.add(known, std::move(with));
  for (pg::statement each : {sampled, swept, reported, received}) steps.add(each);
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  const std::vector<pg::rows>& rows = *answer;
  std::map<std::string, figures> by_account;
  for (std::size_t i = 0; i < rows[1].size(); ++i) {
    figures& f = by_account[std::string(rows[1].text(i, 0))];
    f.coverage = {rows[1].integer(i, 1), rows[1].integer(i, 2)};
    f.untracked = rows[1].integer(i, 3);
  }
  for (std::size_t i = 0; i < rows[2].size(); ++i) {
    figures& f = by_account[std::string(rows[2].text(i, 0))];
    f.missed = rows[2].integer(i, 1);
    f.requests = rows[2].integer(i, 2);
    f.throttled = rows[2].integer(i, 3);
    f.errors = rows[2].integer(i, 4);
    f.in_flight = rows[2].integer(i, 5);
  }
  for (std::size_t i = 0; i < rows[3].size(); ++i)
    by_account[std::string(rows[3].text(i, 0))].reported = rows[3].integer(i, 1);
  for (std::size_t i = 0; i < rows[4].size(); ++i) {
    std::string id(rows[4].text(i, 0));
    by_account[id.empty() ? only_account : id].received += rows[4].integer(i, 1);
  }
  std::map<std::string, json::object> all;
  for (std::size_t i = 0; i < rows[0].size(); ++i) {
    std::string id(rows[0].text(i, 0));
    all.emplace(id, to_json(by_account[id], rows[0], i));
    if (i % accounts_at_a_stretch == 0) co_await runtime::sleep_for(milliseconds(0));
  }
  co_return all;
}

} // namespace suivi::receiver
