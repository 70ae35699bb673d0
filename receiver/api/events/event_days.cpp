// A day's few are found by its indexes; where they are not few, the day's newest events are walked through.
#include "receiver/api/events/event_days.hpp"

#include "receiver/api/events/event_conditions.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t few_max = 3'000;      // of one day
constexpr std::int64_t waiting_max = 20'000; // in all
constexpr std::int64_t walked_rows = 20'000; // of one day
constexpr std::int64_t weighed_rows = 4'000; // … where each one's outcome has to be read
constexpr std::size_t batch_days_max = 16;

// Of tables that grow all day the planner knows too little.
constexpr pg::statement guide{"events_guide", R"sql(
select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)
)sql"};

// The size is asked by the day's own row: of the joined one PostgreSQL would ask it for every table there is.
constexpr pg::statement days_there{"events_days", R"sql(
select substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \(''([0-9-]+)''\)') as day,
       substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([0-9-]+)''\)')::date::timestamp at time zone 'UTC'
       + interval '1 day'
from pg_inherits h join pg_class c on c.oid = h.inhrelid
where h.inhparent = 'suivi.inbox'::regclass and pg_relation_size(h.inhrelid) > 0
order by 1 desc nulls first
)sql"};

constexpr pg::statement waiting_days{"events_waiting_days", R"sql(
select w.stored_on::text, count(*)
from (select stored_on from suivi.waiting_event where $1::text is null or state = $1 limit $2) w group by 1
)sql"};

bool is_waiting(std::string_view outcome) {
  return outcome == "pending" || outcome == "parked" || outcome == "confirming";
}

bool is_trouble(std::string_view outcome) {
  return outcome == "failed" || outcome == "conflict" || outcome == "quarantined";
}

std::string micros(std::string_view of) {
  return fmt::format("(extract(epoch from {}) * 1000000)::bigint", of);
}

// The events of a day that the part may name, by indexes; what it wants is told by their rows.
std::string candidates_of(const event_part& part, const std::string& date) {
  const event_filter& filter = part.filter;
  std::string outcome = filter.outcome.value_or("");
  std::string all;
  auto add = [&](std::string text) {
    all += fmt::format("{}({} limit {})", all.empty() ? "" : " union ", text, few_max + 1);
  };
  if (part.waiting_days.contains(date))
    add(fmt::format("select w.event_id as id from suivi.waiting_event w where w.stored_on = '{}'", date));
  if (outcome == "unchanged" || outcome == "stale" || outcome == "ignored")
    add(fmt::format("select q.event_id as id from suivi.event_outcome q where q.stored_on = '{}'"
                    " and q.outcome in ('unchanged', 'stale', 'ignored') and q.outcome = '{}'",
                    date, outcome));
  else if (!part.only_waiting)
    add(fmt::format("select q.event_id as id from suivi.event_outcome q where q.stored_on = '{}'"
                    " and q.outcome not in ('applied', 'unchanged', 'stale', 'ignored'){}",
                    date, is_trouble(outcome) ? fmt::format(" and q.outcome = '{}'", outcome) : ""));
  for (std::string_view from_the_start : {"ignored", "quarantined"})
    if (outcome == from_the_start || (outcome.empty() && from_the_start == "quarantined"))
      add(fmt::format("select x.id from suivi.inbox x where x.stored_on = '{}' and x.outcome = '{}'", date,
                      from_the_start));
  return all;
}

// The part's bounds on a day; its filter is added to `c` beside them.
std::string bounds_of(conditions& c, const event_part& part, const stored_day& day) {
  if (part.from) c.add("i.received_at >= %", [&](pg::params& p) { p.timestamp(*part.from); });
  if (part.filter.until) c.received_before(*part.filter.until);
  if (part.place) {
    c.with.integer(part.place->number).integer(read_id(part.place->text).value_or(0));
    auto number = c.with.size();
    c.where += fmt::format(
        " and i.received_at <= timestamptz 'epoch' + ${0} * interval '1 microsecond'"
        " and (i.received_at, i.id) < (timestamptz 'epoch' + ${0} * interval '1 microsecond', ${1})",
        number - 1, number);
  }
  if (!day.date.empty()) c.where += fmt::format(" and i.stored_on = '{}'", day.date);
  std::string bounds = c.where;
  c.where = "true";
  c.add_filter(part.filter, day.date.empty() ? "" : fmt::format(" and o.stored_on = '{}'", day.date));
  return bounds;
}

std::string_view table_of(const stored_day& day) {
  return day.date.empty() ? "suivi.inbox_default" : "suivi.inbox";
}

struct question {
  std::string text;
  pg::params with;
};

// First row: how many candidates there are.
question ask_few(const event_part& part, const stored_day& day) {
  conditions c;
  std::string bounds = bounds_of(c, part, day);
  std::string text = fmt::format(
      "with few as materialized ({0}), found as (select i.id, i.stored_on, i.received_at from few"
      " join suivi.inbox i on i.id = few.id{1} where {2} and {3} and (select count(*) from few) <= {4}"
      " order by i.received_at desc, i.id desc limit {5})"
      " select null::bigint, null::text, count(*) from few"
      " union all select id, stored_on::text, {6} from found",
      candidates_of(part, day.date), c.joins, bounds, c.where, few_max, part.wanted, micros("received_at"));
  return {std::move(text), std::move(c.with)};
}

std::int64_t rows_walked(const event_part& part) {
  return part.filter.outcome || part.filter.processed ? weighed_rows : walked_rows;
}

constexpr std::string_view newest_first = "order by i.received_at desc, i.id desc";

question ask_walk(const event_part& part, const stored_day& day) {
  conditions c;
  std::string bounds = bounds_of(c, part, day);
  std::string text = fmt::format(
      "select i.id, i.stored_on::text, {0} from (select i.id, i.stored_on, i.received_at, i.name, i.account,"
      " i.outcome from {1} i where {2} {3} limit {4}) i{5} where {6} {3} limit {7}",
      micros("i.received_at"), table_of(day), bounds, newest_first, rows_walked(part), c.joins, c.where,
      part.wanted);
  return {std::move(text), std::move(c.with)};
}

// How many were walked through, and the last of them.
question ask_end(event_part part, const stored_day& day) {
  std::int64_t rows = rows_walked(part);
  std::optional<instant> until = part.filter.until;
  part.filter = event_filter();
  part.filter.until = until;
  conditions c;
  std::string bounds = bounds_of(c, part, day);
  std::string text = fmt::format(
      "with walked as materialized (select i.received_at, i.id from {} i where {} {} limit {})"
      " select count(*), {}, (select id from walked order by received_at, id limit 1) from walked",
      table_of(day), bounds, newest_first, rows, micros("min(received_at)"));
  return {std::move(text), std::move(c.with)};
}

task<result<std::vector<pg::rows>>> ask_all(pg::connection& db, std::vector<question> questions) {
  if (questions.empty()) co_return std::vector<pg::rows>();
  pg::pipeline steps;
  steps.add(guide);
  for (question& each : questions) steps.add({"", each.text}, std::move(each.with));
  auto answers = co_await db.run(std::move(steps));
  if (!answers) co_return answers.error();
  answers->erase(answers->begin());
  co_return std::move(*answers);
}

instant at(const list_place& place) {
  return instant(microseconds(place.number));
}

// What came late, from a spool, lies on later days than it was received on: few days have such events.
task<result<void>> learn_earliest(pg::connection& db, std::vector<stored_day>& days, instant place) {
  std::vector<question> questions;
  std::vector<stored_day*> incomplete;
  for (stored_day& day : days) {
    if (day.earliest || !day.end || *day.end - 48h <= place) continue;
    incomplete.push_back(&day);
    questions.push_back(
        {fmt::format("select min(i.received_at) from suivi.inbox i where i.stored_on = '{}'", day.date),
         pg::params()});
  }
  auto answers = co_await ask_all(db, std::move(questions));
  if (!answers) co_return answers.error();
  for (std::size_t i = 0; i < incomplete.size(); ++i)
    incomplete[i]->earliest = (*answers)[i].maybe_timestamp(0, 0).value_or(*incomplete[i]->end);
  co_return result<void>();
}

struct gathering {
  event_part part;
  part_found found;
  std::int64_t* budget = nullptr;

  // What is older needs not be looked at any more.
  [[nodiscard]] std::optional<instant> lower() const {
    std::optional<instant> bound = part.from;
    if (found.ended_at) bound = std::max(bound.value_or(at(*found.ended_at)), at(*found.ended_at));
    if (found.events.size() == part.wanted)
      bound = std::max(bound.value_or(found.events.back().received_at), found.events.back().received_at);
    return bound;
  }
  void end_at(const list_place& place) {
    auto order = [](const list_place& p) { return std::pair(p.number, read_id(p.text).value_or(0)); };
    if (!found.ended_at || order(*found.ended_at) < order(place)) found.ended_at = place;
  }
  void take(const pg::rows& rows, std::size_t first) {
    for (std::size_t i = first; i < rows.size(); ++i)
      found.events.push_back(
          {instant(microseconds(rows.integer(i, 2))), rows.integer(i, 0), std::string(rows.text(i, 1))});
    std::sort(found.events.begin(), found.events.end(), is_newer);
    if (found.events.size() > part.wanted) found.events.resize(part.wanted);
  }
};

task<result<void>> walk_days(pg::connection& db, gathering& g, std::vector<const stored_day*> days) {
  std::vector<question> walks, ends;
  for (const stored_day* day : days) walks.push_back(ask_walk(g.part, *day));
  auto walked = co_await ask_all(db, std::move(walks));
  if (!walked) co_return walked.error();
  for (std::size_t i = 0; i < days.size(); ++i) {
    g.take((*walked)[i], 0);
    if ((*walked)[i].size() < g.part.wanted) ends.push_back(ask_end(g.part, *days[i]));
  }
  auto ended = co_await ask_all(db, std::move(ends));
  if (!ended) co_return ended.error();
  for (const pg::rows& end : *ended) {
    *g.budget -= end.integer(0, 0);
    if (end.integer(0, 0) == rows_walked(g.part))
      g.end_at({end.integer(0, 1), std::to_string(end.integer(0, 2))});
  }
  co_return result<void>();
}

task<result<void>> look_at(pg::connection& db, gathering& g, std::vector<const stored_day*> days) {
  std::vector<const stored_day*> to_walk, by_index;
  std::vector<question> questions;
  for (const stored_day* day : days) {
    bool is_indexed = g.part.by_outcome && !day->date.empty();
    if (is_indexed && g.part.only_waiting && !g.part.waiting_days.contains(day->date)) continue;
    if (is_indexed) questions.push_back(ask_few(g.part, *day));
    (is_indexed ? by_index : to_walk).push_back(day);
  }
  auto answers = co_await ask_all(db, std::move(questions));
  if (!answers) co_return answers.error();
  for (std::size_t i = 0; i < by_index.size(); ++i) {
    const pg::rows& few = (*answers)[i];
    *g.budget -= few.integer(0, 2);
    if (few.integer(0, 2) > few_max)
      to_walk.push_back(by_index[i]);
    else
      g.take(few, 1);
  }
  auto walked = co_await walk_days(db, g, std::move(to_walk));
  co_return walked;
}

} // namespace

bool is_newer(const found_event& a, const found_event& b) {
  return std::pair(a.received_at, a.id) > std::pair(b.received_at, b.id);
}

task<result<std::vector<stored_day>>> days_of_events(pg::connection& db) {
  auto found = co_await db.run(days_there);
  if (!found) co_return found.error();
  std::vector<stored_day> days;
  for (std::size_t i = 0; i < found->size(); ++i)
    days.push_back({found->maybe_text(i, 0).value_or(""), found->maybe_timestamp(i, 1), std::nullopt});
  co_return days;
}

task<result<void>> choose_indexes(pg::connection& db, event_part& part) {
  const event_filter& filter = part.filter;
  bool is_unprocessed = filter.processed && !*filter.processed;
  bool is_seldom = filter.outcome && *filter.outcome != "applied";
  if (!is_unprocessed && !is_seldom) co_return result<void>();
  pg::params with;
  with.text(filter.outcome).integer(waiting_max + 1);
  auto found = co_await db.run(waiting_days, std::move(with));
  if (!found) co_return found.error();
  std::int64_t waiting = 0;
  for (std::size_t i = 0; i < found->size(); ++i) {
    part.waiting_days.emplace(found->text(i, 0));
    waiting += found->integer(i, 1);
  }
  part.by_outcome = waiting <= waiting_max;
  part.only_waiting = filter.outcome && is_waiting(*filter.outcome);
  co_return result<void>();
}

task<result<part_found>> find_part(pg::connection& db, std::vector<stored_day>& days, event_part part,
                                   std::int64_t& budget) {
  if (part.place) {
    auto learned = co_await learn_earliest(db, days, at(*part.place));
    if (!learned) co_return learned.error();
  }
  gathering g{std::move(part), {}, &budget};
  std::size_t batch_days = 1;
  for (std::size_t next = 0; next < days.size();) {
    std::vector<const stored_day*> some;
    for (; next < days.size() && some.size() < batch_days; ++next) {
      const stored_day& day = days[next];
      auto lower = g.lower();
      if (lower && day.end && *day.end <= *lower) break;
      if (g.part.place && day.earliest && *day.earliest > at(*g.part.place)) continue;
      some.push_back(&day);
    }
    if (some.empty()) break;
    const std::optional<instant>& end = some.front()->end;
    if (budget <= 0 && end && (!g.part.place || *end < at(*g.part.place))) {
      g.end_at({std::chrono::duration_cast<microseconds>(end->time_since_epoch()).count(), "0"});
      break;
    }
    g.part.from = g.lower();
    auto done = co_await look_at(db, g, std::move(some));
    if (!done) co_return done.error();
    batch_days = std::min(batch_days * 2, batch_days_max);
  }
  if (g.found.ended_at) {
    const list_place& to = *g.found.ended_at;
    found_event last{at(to), read_id(to.text).value_or(0), ""};
    std::erase_if(g.found.events, [&](const found_event& e) { return is_newer(last, e); });
  }
  co_return std::move(g.found);
}

} // namespace suivi::receiver
