// A list of 100,000 events is counted without looking at what became of each unless that is asked for, and
// the bytes are read of those events alone that are shown. Statements are planned for the very days they look
// at.
#include "receiver/api/events/event_queries.hpp"

#include "receiver/api/events/event_conditions.hpp"
#include "receiver/api/events/event_search.hpp"
#include "receiver/api/events/event_walk.hpp"
#include "receiver/inbox/ingest.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/inbox/ranges.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

// As the planner sees it for these very values: no name, so that it is planned anew each time.
pg::statement planned_anew(const std::string& text) {
  return {"", text};
}

void add_names(pg::params& with, const std::vector<event_name>& names) {
  std::vector<std::optional<std::int64_t>> ids;
  std::vector<std::optional<std::string>> days;
  for (const auto& n : names) {
    ids.emplace_back(n.id);
    days.emplace_back(n.stored_on);
  }
  with.integers(ids).texts(days);
}

// Among `names`, where there are any to begin with; else among all.
conditions conditions_of(const event_filter& filter, const std::optional<std::vector<event_name>>& names) {
  conditions c;
  std::string days;
  if (names) {
    add_names(c.with, *names);
    if (!names->empty()) days = fmt::format(" in ({})", days_of(*names));
    c.from = "unnest($1::bigint[], $2::text[]) as u(id, day)"
             " join suivi.inbox i on i.id = u.id and i.stored_on = u.day::date";
    c.where = names->empty() ? "false" : "i.stored_on" + days;
  }
  if (filter.since) c.received_from(*filter.since);
  std::string since = fmt::format("${}", c.with.size());
  if (filter.until) c.received_before(*filter.until);
  std::string bound;
  if (!days.empty())
    bound = " and o.stored_on" + days;
  else if (filter.since)
    bound = fmt::format(" and o.stored_on >= ({}::timestamptz at time zone 'UTC')::date - 1", since);
  c.add_filter(filter, bound);
  return c;
}

std::vector<event_name> names_of(const pg::rows& found) {
  std::vector<event_name> names;
  for (std::size_t i = 0; i < found.size(); ++i)
    names.push_back({found.integer(i, 0), std::string(found.text(i, 1))});
  return names;
}

} // namespace

bool is_processed(std::string_view outcome) {
  return outcome == "applied" || outcome == "unchanged" || outcome == "stale" || outcome == "ignored";
}

// Of the few that an order's reference names.
static task<result<event_page>> list_after(pg::connection& db, event_query q,
                                           std::optional<std::vector<event_name>> names) {
  conditions c = conditions_of(q.filter, names);
  if (q.after) {
    c.with.integer(q.after->number).integer(read_id(q.after->text).value_or(0));
    c.where += fmt::format(
        " and (i.received_at, i.id) < (timestamptz 'epoch' + ${} * interval '1 microsecond', ${})",
        c.with.size() - 1, c.with.size());
  }
  c.with.integer(q.limit + 1);
  auto list =
      fmt::format("select i.id, i.stored_on::text, (extract(epoch from i.received_at) * 1000000)::bigint"
                  " from {}{} where {} order by i.received_at desc, i.id desc limit ${}",
                  c.from, c.joins, c.where, c.with.size());
  auto statement = planned_anew(list);
  auto found = co_await db.run(statement, std::move(c.with));
  if (!found) co_return found.error();
  event_page page;
  page.events = names_of(*found);
  page.is_full = page.events.size() > static_cast<std::size_t>(q.limit);
  if (page.is_full) {
    page.events.pop_back();
    page.next = list_place{found->integer(page.events.size() - 1, 2), std::to_string(page.events.back().id)};
  }
  co_return page;
}

task<result<event_page>> find_events(pg::connection& db, event_query q) {
  if (q.by_cursor && !q.filter.reference) {
    auto page = co_await walk_events(db, std::move(q));
    co_return page;
  }
  auto names = co_await find_candidates(db, q.filter);
  if (!names) co_return names.error();
  if (q.by_cursor) {
    auto page = co_await list_after(db, std::move(q), std::move(*names));
    co_return page;
  }
  conditions counted = conditions_of(q.filter, *names);
  auto count = fmt::format("select count(*) from {}{} where {}", counted.from, counted.joins, counted.where);
  conditions listed = conditions_of(q.filter, *names);
  listed.with.integer(q.limit).integer((q.page - 1) * q.limit);
  auto number = listed.with.size();
  auto list = fmt::format("select i.id, i.stored_on::text from {}{} where {}"
                          " order by i.received_at desc, i.id desc limit ${} offset ${}",
                          listed.from, listed.joins, listed.where, number - 1, number);
  pg::pipeline steps;
  steps.add(planned_anew(count), std::move(counted.with));
  steps.add(planned_anew(list), std::move(listed.with));
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  event_page page;
  page.total = (*answer)[0].integer(0, 0);
  page.events = names_of((*answer)[1]);
  co_return page;
}

task<result<std::vector<event_summary>>> read_events(pg::connection& db, std::vector<event_name> names,
                                                     bool with_bytes) {
  if (names.empty()) co_return std::vector<event_summary>();
  // Planned for these days alone.
  static constexpr std::string_view text = R"sql(
select i.id, i.message_id, i.name, i.received_at, case when $3 then substring(i.raw from 1 for 65540) else ''::bytea end,
       coalesce(o.outcome, p.state, i.outcome, 'pending'),
       case when o.outcome is not null then o.error when p.state is not null then p.error else i.error end,
       i.reference, x."id", x."reference", x."status"::text, x."shippingStatus", octet_length(i.raw), i.account, o.at
from unnest($1::bigint[], $2::text[]) with ordinality as u(id, day, n)
join suivi.inbox i on i.id = u.id and i.stored_on = u.day::date and i.stored_on in ({0})
left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on and o.stored_on in ({0})
left join suivi.pending p on p.event_id = i.id
left join orders x on x."id" = o.order_id
order by u.n
)sql";
  std::string for_days = fmt::format(fmt::runtime(text), days_of(names));
  pg::params with;
  add_names(with, names);
  with.boolean(with_bytes);
  auto statement = planned_anew(for_days);
  auto found = co_await db.run(statement, std::move(with));
  if (!found) co_return found.error();
  std::vector<event_summary> events;
  for (std::size_t i = 0; i < found->size(); ++i) {
    event_summary e;
    e.id = found->integer(i, 0);
    e.message_id = found->maybe_text(i, 1);
    e.name = found->maybe_text(i, 2);
    e.received_at = found->timestamp(i, 3);
    e.raw = found->bytes(i, 4);
    e.is_cut = with_bytes && static_cast<std::size_t>(found->integer(i, 12)) > e.raw.size();
    e.outcome = found->text(i, 5);
    e.error = found->maybe_text(i, 6);
    e.reference = found->maybe_text(i, 7);
    e.account = found->maybe_text(i, 13);
    e.settled_at = found->maybe_timestamp(i, 14);
    if (!found->null(i, 8))
      e.order = order_summary{std::string(found->text(i, 8)), std::string(found->text(i, 9)),
                              std::string(found->text(i, 10)), found->maybe_text(i, 11)};
    events.push_back(std::move(e));
  }
  co_return events;
}

task<result<std::vector<event_count>>> count_events(pg::connection& db, instant since,
                                                    std::optional<std::string> account) {
  static constexpr pg::statement text{"operations_count_events", R"sql(
select nullif(name, ''), outcome, sum(events)::bigint
from suivi.events_by_slot($1, interval '1 day', $2, false) group by 1, 2 order by 3 desc, 1, 2
)sql"};
  pg::params with;
  with.timestamp(since).text(account);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  std::vector<event_count> counts;
  for (std::size_t i = 0; i < found->size(); ++i)
    counts.push_back({found->maybe_text(i, 0), std::string(found->text(i, 1)), found->integer(i, 2)});
  co_return counts;
}

task<result<deletion>> delete_event(pg::connection& db, std::int64_t id) {
  // Whoever is applying the event finds it gone when he closes it, and rolls back.
  static constexpr pg::statement text{"operations_delete", R"sql(
with event as (select id, stored_on, outcome from suivi.inbox where id = $1 for update),
waiting as (select event_id, state from suivi.pending where event_id = $1 for update),
known as (
  select e.id, e.stored_on, coalesce(o.outcome, w.state, e.outcome, 'pending') as outcome
  from event e left join waiting w on true
  left join suivi.event_outcome o on o.event_id = e.id and o.stored_on = e.stored_on
), doomed as (select * from known where outcome not in ('pending', 'confirming')),
a as (delete from suivi.inbox i using doomed d where i.id = d.id and i.stored_on = d.stored_on),
b as (delete from suivi.event_outcome o using doomed d where o.event_id = d.id and o.stored_on = d.stored_on),
c as (delete from suivi.pending p using doomed d where p.event_id = d.id)
select k.outcome, exists (select from doomed) from known k
)sql"};
  pg::params with;
  with.integer(id);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  deletion d;
  if (!found->empty()) d = {true, std::string(found->text(0, 0)), found->boolean(0, 1)};
  co_return d;
}

task<result<std::optional<kept_event>>> read_event(pg::connection& db, std::int64_t id) {
  static constexpr pg::statement text{"operations_read_event",
                                      "select received_at, account, raw from suivi.inbox where id = $1"};
  pg::params with;
  with.integer(id);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  std::optional<kept_event> event;
  if (!found->empty())
    event = kept_event{found->timestamp(0, 0), found->maybe_text(0, 1), found->bytes(0, 2)};
  co_return event;
}

task<result<std::optional<taken_event>>> take_event(pg::connection& db, std::int64_t id, std::string owner) {
  // One that waits for the courier keeps its place in that queue: its patience is not begun anew.
  static constexpr pg::statement text{"operations_take", R"sql(
with event as (select id, stored_on from suivi.inbox where id = $1 for key share),
taken as (
  insert into suivi.pending as p (event_id, stored_on, due_at, owner)
  select id, stored_on, now() + $3 * interval '1 millisecond', $2 from event
  on conflict (event_id) do update
    set due_at = excluded.due_at, owner = excluded.owner, error = null,
        state = case when p.state = 'confirming' then p.state else 'pending' end,
        since = case when p.state in ('confirming', 'pending') then p.since else now() end,
        attempts = case when p.state = 'confirming' then p.attempts else 0 end
    where p.owner is null or p.due_at <= now()
  returning event_id, stored_on, state, since, attempts, again_at
), forgotten as (
  delete from suivi.event_outcome o using taken t where o.event_id = t.event_id and o.stored_on = t.stored_on
)
select state, since, attempts, again_at from taken
)sql"};
  pg::params with;
  with.integer(id).text(owner).integer(lease_time.count());
  pg::pipeline steps;
  add_open_ranges_of(steps, {id});
  steps.add(text, std::move(with));
  auto answers = co_await db.run(std::move(steps));
  if (!answers) co_return answers.error();
  const pg::rows& found = answers->back();
  std::optional<taken_event> taken;
  if (!found.empty())
    taken = taken_event{event_state_from(found.text(0, 0)), found.timestamp(0, 1),
                        static_cast<int>(found.integer(0, 2)), found.maybe_timestamp(0, 3)};
  co_return taken;
}

task<result<std::optional<event_progress>>> follow_event(pg::connection& db, std::int64_t id) {
  static constexpr pg::statement text{"operations_follow", R"sql(
select p.event_id is null or p.owner is null, coalesce(case when p.event_id is null then o.outcome end, p.state, i.outcome, 'pending'),
       case when p.event_id is null then coalesce(o.error, i.error) else p.error end, o.order_id
from suivi.inbox i
left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on
left join suivi.pending p on p.event_id = i.id
where i.id = $1
)sql"};
  pg::params with;
  with.integer(id);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  std::optional<event_progress> progress;
  if (!found->empty())
    progress = event_progress{found->boolean(0, 0), std::string(found->text(0, 1)), found->maybe_text(0, 2),
                              found->maybe_text(0, 3)};
  co_return progress;
}

task<result<std::int64_t>> last_event_number(pg::connection& db) {
  static constexpr pg::statement text{"operations_last_event", "select last_value from suivi.event_id"};
  auto found = co_await db.run(text);
  if (!found) co_return found.error();
  co_return found->integer(0, 0);
}

task<result<std::vector<event_name>>> events_after(pg::connection& db, std::int64_t after,
                                                   std::vector<std::int64_t> known, std::int64_t limit) {
  static constexpr pg::statement text{"operations_events_after", R"sql(
select id, stored_on::text from suivi.inbox
where id > $1 and stored_on >= (now() at time zone 'UTC')::date - 1 and not (id = any($2)) order by id limit $3
)sql"};
  std::vector<std::optional<std::int64_t>> known_ids(known.begin(), known.end());
  pg::params with;
  with.integer(after).integers(known_ids).integer(limit);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  co_return names_of(*found);
}

} // namespace suivi::receiver
