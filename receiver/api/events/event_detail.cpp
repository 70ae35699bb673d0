// Whoever is applying an event that is deleted finds it gone when he closes it, and rolls back.
#include "receiver/api/events/event_detail.hpp"

#include "common/json/json_values.hpp"
#include "receiver/api/events/event_json.hpp"
#include "receiver/api/redaction/redaction.hpp"

#include <boost/json/value.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr pg::statement in_full{"event_in_full", R"sql(
select i.stored_on::text, i.account, i.published_at,
       coalesce(p.attempts, (o.event_id is not null)::int)::bigint, octet_length(i.raw)::bigint
from suivi.inbox i
left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on
left join suivi.pending p on p.event_id = i.id
where i.id = $1
)sql"};

constexpr pg::statement remove_all{"events_delete", R"sql(
with event as (select id, stored_on, outcome from suivi.inbox where id = any($1) order by id for update),
waiting as (select event_id, state from suivi.pending where event_id = any($1) order by event_id for update),
known as (
  select e.id, e.stored_on, coalesce(o.outcome, w.state, e.outcome, 'pending') as outcome
  from event e left join waiting w on w.event_id = e.id
  left join suivi.event_outcome o on o.event_id = e.id and o.stored_on = e.stored_on
), doomed as (select * from known where outcome not in ('pending', 'confirming')),
a as (delete from suivi.inbox i using doomed d where i.id = d.id and i.stored_on = d.stored_on),
b as (delete from suivi.event_outcome o using doomed d where o.event_id = d.id and o.stored_on = d.stored_on),
c as (delete from suivi.pending p using doomed d where p.event_id = d.id)
select k.id, k.outcome, k.outcome not in ('pending', 'confirming') from known k order by k.id
)sql"};

} // namespace

task<result<std::optional<json::object>>> read_event_in_full(pg::connection& db, std::int64_t id,
                                                             event_origins origins) {
  std::optional<json::object> event;
  pg::params which;
  which.integer(id);
  auto found = co_await db.run(in_full, std::move(which));
  if (!found) co_return found.error();
  if (found->empty()) co_return event;
  std::vector<event_name> names{{id, std::string(found->text(0, 0))}};
  auto listed = co_await read_events(db, std::move(names), true);
  if (!listed) co_return listed.error();
  if (listed->empty()) co_return event;
  event = event_json(listed->front(), true, origins);
  (*event)["account"] = or_null(found->maybe_text(0, 1));
  (*event)["publishedAt"] = or_null(found->maybe_timestamp(0, 2));
  (*event)["settledAt"] = or_null(listed->front().settled_at);
  (*event)["attempts"] = found->integer(0, 3);
  (*event)["bytes"] = found->integer(0, 4);
  (*event)["raw"] = masked_body(listed->front().raw);
  co_return event;
}

task<result<deletions>> delete_events(pg::connection& db, std::vector<std::int64_t> ids) {
  std::vector<std::optional<std::int64_t>> all(ids.begin(), ids.end());
  pg::params which;
  which.integers(all);
  auto found = co_await db.run(remove_all, std::move(which));
  if (!found) co_return found.error();
  deletions done;
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (found->boolean(i, 2))
      ++done.deleted;
    else
      done.refused.push_back({found->integer(i, 0), std::string(found->text(i, 1))});
  }
  co_return done;
}

} // namespace suivi::receiver
