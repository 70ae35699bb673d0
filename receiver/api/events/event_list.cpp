// Conditions are put together from those that are there: a list of 100,000 events is counted without looking
// at what became of each unless that is asked for. Statements have no name, so that each is planned for the
// very days it looks at.
#include "receiver/api/events/event_list.hpp"

#include "receiver/api/events/event_places.hpp"
#include "receiver/api/events/event_search.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

pg::statement planned_anew(const std::string& text) {
  return {"", text};
}

struct conditions {
  std::string from = "suivi.inbox i";
  std::string joins;
  std::string where = "true";
  pg::params with;

  // `%` in the text is the parameter's number.
  template <class Put>
  void add(std::string text, Put put) {
    put(with);
    auto number = "$" + std::to_string(with.size());
    for (auto at = text.find('%'); at != std::string::npos; at = text.find('%', at))
      text.replace(at, 1, number);
    where += " and " + text;
  }

  // A partition holds what was stored on its day, which was received then or, from a spool, before.
  void received_from(instant since) {
    add("i.received_at >= % and i.stored_on >= (% at time zone 'UTC')::date - 1",
        [&](pg::params& p) { p.timestamp(since); });
  }
  void received_before(instant until) {
    add("i.received_at < %", [&](pg::params& p) { p.timestamp(until); });
  }
  void stored_about(instant until) {
    add("i.stored_on <= (% at time zone 'UTC')::date + 1", [&](pg::params& p) { p.timestamp(until); });
  }

  // The planner does not see by itself that an outcome lies in its event's partition alone.
  void look_at_outcomes(std::string_view bound) {
    joins =
        fmt::format(" left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on{}"
                    " left join suivi.pending p on p.event_id = i.id",
                    bound);
  }
};

constexpr std::string_view outcome_of = "coalesce(o.outcome, p.state, i.outcome, 'pending')";

// One stretch after the other: each by the index of the time of receipt.
constexpr std::string_view from_stretches =
    "unnest($1::timestamptz[], $2::timestamptz[]) as s(begins, ends) cross join lateral"
    " (select x.* from suivi.inbox x where x.received_at >= s.begins and x.received_at < s.ends"
    " and x.stored_on >= (s.begins at time zone 'UTC')::date - 1"
    " and x.stored_on <= (s.ends at time zone 'UTC')::date + 1"
    " order by x.received_at desc, x.id desc) i";

// Where the events are looked for.
struct places {
  std::optional<std::vector<event_name>> names; // among these alone
  std::vector<stretch> several;                 // else in these, newest first, which have both ends
  stretch within;                               // else, and besides, in this one
  bool with_late = false; // those too that were stored more than a day later than `within` ends
};

conditions conditions_of(const event_filter& filter, const places& at) {
  conditions c;
  std::string days;
  if (at.names) {
    put_names(c.with, *at.names);
    if (!at.names->empty()) days = fmt::format(" in ({})", days_of(*at.names));
    c.from = "unnest($1::bigint[], $2::text[]) as u(id, day)"
             " join suivi.inbox i on i.id = u.id and i.stored_on = u.day::date";
    c.where = at.names->empty() ? "false" : "i.stored_on" + days;
  } else if (!at.several.empty()) {
    std::vector<std::optional<instant>> begins, ends;
    for (const stretch& each : at.several) {
      begins.push_back(each.from);
      ends.push_back(each.until);
    }
    c.with.instants(begins).instants(ends);
    c.from = from_stretches;
  }
  if (filter.source == event_source::foreign) c.where = "false";
  if (filter.source == event_source::guepex || filter.source == event_source::maystro) {
    std::vector<std::optional<std::string>> accounts(filter.guepex_accounts.begin(),
                                                     filter.guepex_accounts.end());
    // The same as is_from_guepex().
    bool wanted = filter.source == event_source::guepex;
    c.add(fmt::format("{} coalesce(i.account = any(%) or starts_with(i.name, 'parcel_'), false)",
                      wanted ? "" : "not"),
          [&](pg::params& p) { p.texts(accounts); });
  }
  if (filter.name) c.add("i.name = %", [&](pg::params& p) { p.text(*filter.name); });
  std::string stored = days.empty() ? std::string() : " and o.stored_on" + days;
  if (at.within.from) {
    c.received_from(*at.within.from);
    if (days.empty())
      stored +=
          fmt::format(" and o.stored_on >= (${}::timestamptz at time zone 'UTC')::date - 1", c.with.size());
  }
  if (at.within.until) {
    c.received_before(*at.within.until);
    if (!at.names && !at.with_late) {
      c.stored_about(*at.within.until);
      stored +=
          fmt::format(" and o.stored_on <= (${}::timestamptz at time zone 'UTC')::date + 1", c.with.size());
    }
  }
  if (filter.until) c.received_before(*filter.until);
  if (filter.account)
    c.add(filter.and_unnamed ? "(i.account = % or i.account is null)" : "i.account = %",
          [&](pg::params& p) { p.text(*filter.account); });
  if (filter.outcome || filter.processed) c.look_at_outcomes(stored);
  if (filter.outcome)
    c.add(fmt::format("{} = %", outcome_of), [&](pg::params& p) { p.text(*filter.outcome); });
  if (filter.processed)
    c.where += fmt::format(" and {} {} ('applied', 'unchanged', 'stale', 'ignored')", outcome_of,
                           *filter.processed ? "in" : "not in");
  return c;
}

struct placed_event {
  event_name name;
  std::int64_t received_us = 0;
};

// The newest `limit` of those beyond the cursor.
task<result<std::vector<placed_event>>> read_places(pg::connection& db, event_query q, conditions c,
                                                    std::size_t limit) {
  if (q.after) {
    c.with.integer(q.after->number).integer(read_id(q.after->text).value_or(0));
    auto number = c.with.size();
    c.where += fmt::format(
        " and i.received_at <= timestamptz 'epoch' + ${0} * interval '1 microsecond'"
        " and (i.received_at, i.id) < (timestamptz 'epoch' + ${0} * interval '1 microsecond', ${1})",
        number - 1, number);
  }
  c.with.integer(static_cast<std::int64_t>(limit));
  auto list =
      fmt::format("select i.id, i.stored_on::text, (extract(epoch from i.received_at) * 1000000)::bigint"
                  " from {}{} where {} order by i.received_at desc, i.id desc limit ${}",
                  c.from, c.joins, c.where, c.with.size());
  auto statement = planned_anew(list);
  auto found = co_await db.run(statement, std::move(c.with));
  if (!found) co_return found.error();
  std::vector<placed_event> events;
  for (std::size_t i = 0; i < found->size(); ++i)
    events.push_back({{found->integer(i, 0), std::string(found->text(i, 1))}, found->integer(i, 2)});
  co_return events;
}

// Adds what is found in one place to the page, up to one row more than it shows. What a spool kept for more
// than a day is looked for on its own.
task<result<void>> add_place(pg::connection& db, event_query q, places at, event_page& page) {
  auto page_rows = static_cast<std::size_t>(q.limit);
  std::size_t limit = page_rows + 1 - page.events.size();
  std::vector<event_name> late;
  if (at.within.until && !at.with_late) {
    auto found_late = co_await find_late_events(db, at.within);
    if (!found_late) co_return found_late.error();
    if (found_late->size() > candidates_max)
      at.with_late = true;
    else
      late = std::move(*found_late);
  }
  conditions c = conditions_of(q.filter, at);
  auto found = co_await read_places(db, q, std::move(c), limit);
  if (!found) co_return found.error();
  std::vector<placed_event> events = std::move(*found);
  if (!late.empty()) {
    places among{std::move(late), {}, at.within, true};
    conditions of_late = conditions_of(q.filter, among);
    auto more = co_await read_places(db, q, std::move(of_late), limit);
    if (!more) co_return more.error();
    for (placed_event& one : *more) {
      bool known = std::any_of(events.begin(), events.end(),
                               [&](const placed_event& other) { return other.name.id == one.name.id; });
      if (!known) events.push_back(std::move(one));
    }
    std::sort(events.begin(), events.end(), [](const placed_event& a, const placed_event& b) {
      return a.received_us != b.received_us ? a.received_us > b.received_us : a.name.id > b.name.id;
    });
  }
  for (placed_event& one : events) {
    if (page.events.size() == page_rows) {
      page.is_full = true;
      break;
    }
    page.next = list_place{one.received_us, std::to_string(one.name.id)};
    page.events.push_back(std::move(one.name));
  }
  co_return result<void>();
}

// Where neither type nor account is named, or nothing has been counted yet.
task<result<void>> add_stretches(pg::connection& db, event_query q, instant place, event_page& page) {
  std::vector<stretch> ahead = stretches_before(place, q.filter.since);
  if (q.after) ahead.front().until = place + microseconds(1);
  std::reverse(ahead.begin(), ahead.end()); // the next one is the last
  while (!ahead.empty() && !page.is_full) {
    places at;
    at.within = ahead.back();
    ahead.pop_back();
    auto names = co_await find_candidates(db, q.filter, at.within, stretch_candidates_max);
    if (!names) co_return names.error();
    if (names->are_many) {
      if (auto halves = halves_of(at.within, now())) {
        ahead.push_back(halves->second);
        ahead.push_back(halves->first);
        continue;
      }
    }
    at.names = std::move(names->names);
    auto added = co_await add_place(db, q, std::move(at), page);
    if (!added) co_return added.error();
  }
  co_return result<void>();
}

// Where a type or an account is named: what has not been counted yet, then the hours that hold any.
task<result<void>> add_counted(pg::connection& db, event_query q, instant place, counted_edge edge,
                               event_page& page) {
  instant until = place + microseconds(1);
  if (until > edge.up_to && (!q.filter.since || *q.filter.since < until)) {
    places at;
    at.within.from = q.filter.since ? std::max(*q.filter.since, edge.up_to) : edge.up_to;
    auto added = co_await add_place(db, q, std::move(at), page);
    if (!added) co_return added.error();
    until = edge.up_to;
  }
  for (std::int64_t hours = 32; !page.is_full; hours *= 2) {
    auto next = co_await find_hours(db, q.filter, edge, until, q.limit + 1, hours);
    if (!next) co_return next.error();
    if (next->empty()) break;
    places at;
    at.within = {next->back().from, next->front().until};
    at.several = std::move(*next);
    until = *at.within.from;
    auto added = co_await add_place(db, q, std::move(at), page);
    if (!added) co_return added.error();
  }
  if (page.is_full || !edge.has_older) co_return result<void>();
  places oldest; // of which no counts are kept any more
  oldest.within = {q.filter.since, edge.up_to - counts_kept};
  if (q.filter.since && *q.filter.since >= *oldest.within.until) co_return result<void>();
  auto added = co_await add_place(db, q, std::move(oldest), page);
  co_return added;
}

task<result<event_page>> find_events_after(pg::connection& db, event_query q) {
  instant place = q.after ? instant(microseconds(q.after->number)) : q.filter.until.value_or(now());
  event_page page;
  if (q.filter.reference) {
    places at;
    at.within.from = q.filter.since;
    auto names = co_await find_candidates(db, q.filter, at.within, candidates_max);
    if (!names) co_return names.error();
    at.names = std::move(names->names);
    auto added = co_await add_place(db, q, std::move(at), page);
    if (!added) co_return added.error();
  } else {
    std::optional<counted_edge> edge;
    auto goes_by_hours = co_await is_found_by_hours(db, q.filter);
    if (!goes_by_hours) co_return goes_by_hours.error();
    if (*goes_by_hours) {
      auto found = co_await find_counted_edge(db);
      if (!found) co_return found.error();
      edge = *found;
    }
    result<void> added;
    if (edge)
      added = co_await add_counted(db, q, place, *edge, page);
    else
      added = co_await add_stretches(db, q, place, page);
    if (!added) co_return added.error();
  }
  if (!page.is_full) page.next.reset();
  co_return page;
}

} // namespace

task<result<event_page>> find_events(pg::connection& db, event_query q) {
  if (q.by_cursor) {
    auto page = co_await find_events_after(db, std::move(q));
    co_return page;
  }
  places at;
  at.within.from = q.filter.since;
  auto names = co_await find_candidates(db, q.filter, at.within, candidates_max);
  if (!names) co_return names.error();
  at.names = std::move(names->names);
  conditions counted = conditions_of(q.filter, at);
  auto count = fmt::format("select count(*) from {}{} where {}", counted.from, counted.joins, counted.where);
  conditions listed = conditions_of(q.filter, at);
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
  const pg::rows& listed_rows = (*answer)[1];
  for (std::size_t i = 0; i < listed_rows.size(); ++i)
    page.events.push_back({listed_rows.integer(i, 0), std::string(listed_rows.text(i, 1))});
  co_return page;
}

} // namespace suivi::receiver
