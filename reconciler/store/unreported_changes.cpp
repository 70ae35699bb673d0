// Reads changes and webhooks, and counts the changes that no webhook reported.
#include "reconciler/store/unreported_changes.hpp"

#include "common/courier_list/parts.hpp"
#include "reconciler/store/missed_changes.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace suivi::reconciler {
namespace {

constexpr pg::statement limit_time{"unreported_briefly",
                                   "select set_config('statement_timeout', '3000', true)"};

// Writing again what the journal says was written before is the repair of a hand's edit, no change at the
// courier. A parcel has been in another state before where the journal or the order's own column says so.
constexpr pg::statement changed_orders{"unreported_changed", R"sql(
select c.order_id, p.uuid, c.to_value, known.at
from suivi.sweep s
join suivi.change c on c.sweep_id = s.id and c.at >= s.started_at - interval '1 day' and c.field = 'shippingStatus'
join suivi.parcel p on p.account = s.account and p.order_id = c.order_id and p.uuid = c.parcel
left join lateral (
  select e.to_value from suivi.change e
  where e.order_id = c.order_id and e.field = 'shippingStatus' and e.id < c.id order by e.id desc limit 1) last on true
left join lateral (
  select coalesce(pulled.started_at, e.at - interval '1 minute') as at
  from suivi.change e left join suivi.sweep pulled on pulled.id = e.sweep_id
  where e.order_id = c.order_id and e.parcel = c.parcel and e.field = 'shippingStatus' and e.id < c.id
  order by e.id desc limit 1) known on true
where s.id = $1 and c.to_value is distinct from last.to_value
  and ((p.id <= s.parcels_before
        and (known.at is not null or coalesce(c.from_value, '') not in ('', 'undefined', 'UNDEFINED')))
       or (p.id > s.parcels_before
           and exists (select from suivi.parcel o where o.order_id = c.order_id and o.id <= s.parcels_before)))
)sql"};

constexpr pg::statement webhooks_of{"unreported_webhooks", R"sql(
with sweep as (
  select s.account,
         (select case when s.kind = 'full' then max(b.started_at)
                      else least(max(b.started_at), s.started_at - interval '2 days') end
          from suivi.sweep b
          where b.account = s.account and b.id < s.id and b.verdict = 'complete' and b.kind = 'full') as before
  from suivi.sweep s where s.id = $1
)
select i.uuid, i.raw,
       case when i.published_at < i.received_at + interval '5 minutes' then i.published_at else i.received_at end
from suivi.inbox i cross join sweep s
where i.account = s.account and i.uuid = any($2)
  and (s.before is null or i.received_at >= s.before - interval '1 hour')
  and (s.before is null or i.stored_on >= (s.before at time zone 'UTC')::date - 1)
limit $3
)sql"};

constexpr pg::statement list_missed{"unreported_list", R"sql(
insert into suivi.sweep_missed (sweep_id, order_id) select $1, unnest($2::text[]) on conflict do nothing
)sql"};

// By parcel and text: when that was last reported.
using last_reports = std::map<std::pair<std::string, std::string>, instant>;

void read_webhook(last_reports& reported, courier_kind of, std::string_view uuid, const std::string& raw,
                  instant at) {
  for (courier::reported_state& state : courier::reported_states(of, raw)) {
    if (state.tracking != uuid) continue;
    instant& latest =
        reported.try_emplace({std::move(state.tracking), std::move(state.text)}, at).first->second;
    latest = std::max(latest, at);
  }
}

} // namespace

task<result<std::int64_t>> count_unreported(pg::connection& db, courier_kind courier, std::int64_t sweep) {
  pg::pipeline first; // one implicit transaction: the limit holds for it alone
  first.add(limit_time);
  pg::params which;
  which.integer(sweep);
  std::size_t at = first.add(changed_orders, std::move(which));
  auto found = co_await db.run(std::move(first));
  if (!found) co_return found.error();
  const pg::rows& changed = (*found)[at];
  if (changed.empty()) co_return 0;

  std::vector<std::optional<std::string>> uuids;
  for (std::size_t i = 0; i < changed.size(); ++i) uuids.push_back(changed.maybe_text(i, 1));
  pg::pipeline second;
  second.add(limit_time);
  pg::params with;
  with.integer(sweep).texts(uuids).integer(unreported_webhooks_max + 1);
  at = second.add(webhooks_of, std::move(with));
  auto webhook_rows = co_await db.run(std::move(second));
  if (!webhook_rows) co_return webhook_rows.error();
  const pg::rows& webhooks = (*webhook_rows)[at];
  if (webhooks.size() > static_cast<std::size_t>(unreported_webhooks_max))
    co_return permanent("sweep:too_many", "too many webhooks would have to be read");
  last_reports reported;
  for (std::size_t i = 0; i < webhooks.size(); ++i)
    read_webhook(reported, courier, webhooks.text(i, 0), webhooks.bytes(i, 1), webhooks.timestamp(i, 2));

  // An order that changed twice counts once, and not at all where one of the two was reported.
  std::set<std::string> orders, reported_orders;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    std::string order(changed.text(i, 0));
    orders.insert(order);
    auto one = reported.find({std::string(changed.text(i, 1)), changed.maybe_text(i, 2).value_or("")});
    std::optional<instant> known_at = changed.maybe_timestamp(i, 3);
    if (one != reported.end() && (!known_at || one->second >= *known_at))
      reported_orders.insert(std::move(order));
  }
  std::vector<std::optional<std::string>> missed;
  std::ranges::set_difference(orders, reported_orders, std::back_inserter(missed));
  pg::pipeline third;
  third.add(limit_time);
  pg::params list;
  list.integer(sweep).texts(missed);
  third.add(list_missed, std::move(list));
  auto listed = co_await db.run(std::move(third));
  if (!listed) co_return listed.error();
  co_return static_cast<std::int64_t>(missed.size());
}

task<result<std::int64_t>> count_missed_by_webhooks(pg::connection& db, courier_kind courier,
                                                    std::int64_t sweep) {
  return courier::capabilities_of(courier).numbers_states ? count_missed(db, sweep)
                                                          : count_unreported(db, courier, sweep);
}

} // namespace suivi::reconciler
