// The joins carry the range of ids on every side, so that no plan ever reads a whole table.
#include "receiver/replay/stored_events.hpp"
#include "receiver/event/decode_event.hpp"
#include "receiver/inbox/ranges.hpp"

#include "common/base/utf8.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

using texts = std::vector<std::optional<std::string>>;
using integers = std::vector<std::optional<std::int64_t>>;

// {0}: the end. {1} to {3}: which ids, of the events and of what is joined to them. $1, $2 belong to these;
// the selection is $3 to $11.
constexpr std::string_view from_selected = R"(
  from {4}
  left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on and {2}
  left join suivi.pending p on p.event_id = i.id and {3}
  where {1} and i.stored_on >= $3::text::date
    and ($4::timestamptz is null or i.received_at >= $4)
    and ($5::timestamptz is null or i.received_at < $5)
    and (cardinality($6::text[]) = 0 or coalesce(o.outcome, p.state, i.outcome, 'pending') = any($6))
    and ($7::text is null or i.account = $7
         or (i.account is null and ($8::boolean or exists (
               select from suivi.parcel k where k.uuid = i.uuid and k.account = $7))))
    and ($9::text is null or i.name = $9)
    and ($10::text is null or i.reference = $10
         or o.order_id = (select x."id" from orders x where x."reference" = $10))
    and ($11::boolean is null
         or (coalesce(o.outcome, p.state, i.outcome, 'pending') in ('applied', 'unchanged', 'stale', 'ignored')) = $11)
  {0})";

constexpr std::string_view columns = R"(
  select i.id, i.stored_on::text, i.received_at, i.account, i.raw,
         coalesce(o.outcome, p.state, i.outcome, 'pending'), p.event_id is not null, p.state, p.since, p.attempts,
         p.error, p.again_at, coalesce(p.owner is not null and p.due_at > now(), false),
         i.outcome is not null and o.outcome is null and p.state is null)";

constexpr std::string_view by_range = "{0} > $1::bigint and {0} <= $2::bigint";
// Each is looked for in its own day alone.
constexpr std::string_view among_places = "unnest($1::bigint[], $2::text[]) as u(id, day)"
                                          " join suivi.inbox i on i.id = u.id and i.stored_on = u.day::date";

// Rows that somebody holds are skipped, not waited for; new rows go in by id: two replays at once cannot wait
// for each other in a circle. What has ended otherwise since it was read is left as it ended: taken once
// more, an event that another replay has just applied would be noted as unchanged.
constexpr pg::statement take_statement{"replay_take", R"sql(
with wanted as (
  select * from unnest($2::bigint[], $3::text[], $5::text[]) as u(id, day, ended)
), free as (
  select p.event_id from suivi.pending p
  where p.event_id = any($2::bigint[]) and (p.owner is null or p.owner = $1 or p.due_at <= now())
  order by p.event_id for update skip locked
), moved as (
  update suivi.pending p set owner = $1, due_at = now() + $4 * interval '1 millisecond'
  from free where p.event_id = free.event_id
  returning p.event_id
), added as (
  insert into suivi.pending (event_id, stored_on, due_at, owner)
  select w.id, w.day::date, now() + $4 * interval '1 millisecond', $1
  from wanted w
  where w.ended = (select coalesce(o.outcome, i.outcome, 'pending')
                   from suivi.inbox i
                   left join suivi.event_outcome o on o.event_id = i.id and o.stored_on = i.stored_on
                   where i.id = w.id and i.stored_on = w.day::date)
  order by w.id
  on conflict (event_id) do nothing
  returning event_id
)
select event_id from moved union all select event_id from added
)sql"};

std::string build(std::string_view head, std::string_view tail) {
  auto on = [](std::string_view column) { return fmt::format(fmt::runtime(by_range), column); };
  return fmt::format("{}{}", head,
                     fmt::format(fmt::runtime(from_selected), tail, on("i.id"), on("o.event_id"),
                                 on("p.event_id"), "suivi.inbox i"));
}

std::string build_among_places(std::string_view head, std::string_view tail) {
  return fmt::format("{}{}", head,
                     fmt::format(fmt::runtime(from_selected), tail, "true", "true", "true", among_places));
}

void add_places(pg::params& with, const std::vector<event_place>& places) {
  integers ids;
  texts days;
  for (const event_place& each : places) {
    ids.emplace_back(each.id);
    days.emplace_back(each.stored_on);
  }
  with.integers(ids).texts(days);
}

std::vector<event_place> read_places(const pg::rows& rows) {
  std::vector<event_place> places;
  for (std::size_t i = 0; i < rows.size(); ++i)
    places.push_back({rows.integer(i, 0), std::string(rows.text(i, 1))});
  return places;
}

bool is_waiting_or_troubled(const std::string& outcome) {
  return outcome != "applied" && outcome != "unchanged" && outcome != "stale" && outcome != "ignored";
}

// Nothing is stored before it is received, but the two clocks may differ. Times before there was any webhook
// are no dates that every database writes alike.
std::string first_day_of(const std::optional<instant>& since) {
  if (!since || *since < instant{}) return "-infinity";
  return format_instant(*since - std::chrono::hours(48)).substr(0, 10);
}

void add_selection(pg::params& with, const replay_selection& selection, const std::string& only_account) {
  with.text(first_day_of(selection.since)).timestamp(selection.since).timestamp(selection.until);
  with.texts(texts(selection.outcomes.begin(), selection.outcomes.end()));
  with.text(selection.account.empty() ? std::nullopt : std::optional<std::string_view>(selection.account));
  with.boolean(!selection.account.empty() && selection.account == only_account);
  with.text(selection.event_type).text(selection.reference).boolean(selection.processed);
}

std::vector<stored_event> read_rows(const pg::rows& rows) {
  std::vector<stored_event> events;
  events.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    stored_event e;
    webhook a;
    auto again = rows.maybe_timestamp(i, 11);
    a.received_at = again ? *again : rows.timestamp(i, 2);
    a.account = rows.maybe_text(i, 3);
    std::string raw = rows.bytes(i, 4);
    e.raw_bytes = raw.size();
    a.event = decode_event(raw);
    a.event.body.reset();
    e.event = to_work(a, rows.integer(i, 0));
    e.event.observation.from = shop::source::replay;
    e.decoded = std::move(a.event);
    e.stored_on = rows.text(i, 1);
    e.recorded = rows.text(i, 5);
    e.is_pending = rows.boolean(i, 6);
    if (e.is_pending) {
      e.event.state = event_state_from(rows.text(i, 7));
      e.event.state_since = rows.timestamp(i, 8);
      e.event.attempts = static_cast<int>(rows.integer(i, 9));
      e.recorded_error = rows.maybe_text(i, 10).value_or("");
    }
    e.in_flight = rows.boolean(i, 12);
    e.from_the_start = rows.boolean(i, 13);
    if (e.from_the_start && e.decoded.kind == event_kind::not_understood)
      e.whole = {e.event.id, e.stored_on, a.account.value_or(""), a.received_at,
                 events_of_whole(raw, a.account)};
    events.push_back(std::move(e));
  }
  return events;
}

std::optional<std::string> storable(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return to_storable_text(*text);
}

} // namespace

task<result<id_range>> range_of(pg::connection& db, replay_selection selection) {
  static constexpr pg::statement text{"replay_bounds",
                                      "select coalesce(min(id), 0), coalesce(max(id), 0) from suivi.inbox "
                                      "where stored_on >= $1::text::date"};
  pg::params with;
  with.text(first_day_of(selection.since));
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return id_range{answer->integer(0, 0), answer->integer(0, 1)};
}

task<result<std::vector<stored_event>>> read_range(pg::connection& db, replay_selection selection,
                                                   std::string only_account, std::int64_t after,
                                                   std::int64_t last, std::size_t limit) {
  static const std::string sql = build(columns, "order by i.id limit $12::bigint");
  pg::params with;
  with.integer(after).integer(last);
  add_selection(with, selection, only_account);
  with.integer(static_cast<std::int64_t>(limit));
  pg::statement text{"replay_range", sql};
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return read_rows(*answer);
}

task<result<std::optional<std::vector<event_place>>>> find_few(pg::connection& db,
                                                               replay_selection selection) {
  // Indexes know these: an order's events (see event_search.cpp), and those that closed without being
  // processed.
  static constexpr pg::statement of_reference{"replay_of_reference", R"sql(
select r.id, r.stored_on::text from suivi.inbox r where r.reference = $3 and r.stored_on >= $1::text::date
union
select q.event_id, q.stored_on::text from suivi.event_outcome q
where q.order_id = (select x."id" from orders x where x."reference" = $3) and q.by_reference is not true
  and q.stored_on >= $1::text::date
union
select q.event_id, q.stored_on::text
from orders x
join suivi.parcel p on p.order_id = x."id" and p.reference <> x."reference"
join suivi.inbox r on r.reference = p.reference
join suivi.event_outcome q on q.event_id = r.id and q.stored_on = r.stored_on and q.order_id = x."id"
where x."reference" = $3 and r.stored_on >= $1::text::date
order by 1 limit $2
)sql"};
  static constexpr pg::statement of_outcomes{"replay_of_outcomes", R"sql(
select q.event_id, q.stored_on::text from suivi.event_outcome q
where q.outcome not in ('applied', 'unchanged', 'stale', 'ignored') and q.outcome = any($3)
  and q.stored_on >= $1::text::date
union
select i.id, i.stored_on::text from suivi.inbox i
where i.outcome = 'quarantined' and 'quarantined' = any($3) and i.stored_on >= $1::text::date
union
select w.event_id, w.stored_on::text from suivi.waiting_event w where w.state = any($3) and w.stored_on >= $1::text::date
order by 1 limit $2
)sql"};
  std::vector<std::string> outcomes = selection.outcomes;
  if (outcomes.empty() && selection.processed && !*selection.processed)
    outcomes = {"pending", "parked", "confirming", "failed", "conflict", "quarantined"};
  bool by_outcomes = !outcomes.empty() && std::ranges::all_of(outcomes, is_waiting_or_troubled);
  std::optional<std::vector<event_place>> places;
  if (!selection.reference && !by_outcomes) co_return places;
  pg::params with;
  with.text(first_day_of(selection.since)).integer(static_cast<std::int64_t>(few_max) + 1);
  if (selection.reference)
    with.text(selection.reference);
  else
    with.texts(texts(outcomes.begin(), outcomes.end()));
  pg::statement text = selection.reference ? of_reference : of_outcomes;
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  if (answer->size() <= few_max) places = read_places(*answer);
  co_return places;
}

task<result<std::vector<event_place>>> find_places(pg::connection& db, std::vector<std::int64_t> ids) {
  static constexpr pg::statement text{
      "replay_places", "select id, stored_on::text from suivi.inbox where id = any($1) order by id"};
  pg::params with;
  with.integers(integers(ids.begin(), ids.end()));
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return read_places(*answer);
}

task<result<std::vector<stored_event>>> read_at_places(pg::connection& db, replay_selection selection,
                                                       std::string only_account,
                                                       std::vector<event_place> places) {
  static const std::string sql = build_among_places(columns, "order by i.id");
  pg::params with;
  add_places(with, places);
  add_selection(with, selection, only_account);
  pg::statement text{"replay_at_places", sql};
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return read_rows(*answer);
}

task<result<std::uint64_t>> count_at_places(pg::connection& db, replay_selection selection,
                                            std::string only_account, std::vector<event_place> places) {
  static const std::string sql = build_among_places("select count(*)", "");
  pg::params with;
  add_places(with, places);
  add_selection(with, selection, only_account);
  pg::statement text{"replay_count_at_places", sql};
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return static_cast<std::uint64_t>(answer->integer(0, 0));
}

task<result<std::uint64_t>> count_range(pg::connection& db, replay_selection selection,
                                        std::string only_account, std::int64_t after, std::int64_t last) {
  static const std::string sql = build("select count(*)", "");
  pg::params with;
  with.integer(after).integer(last);
  add_selection(with, selection, only_account);
  pg::statement text{"replay_count", sql};
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return static_cast<std::uint64_t>(answer->integer(0, 0));
}

task<result<std::set<std::int64_t>>> take_for_replay(pg::connection& db, std::string owner,
                                                     std::vector<const stored_event*> events) {
  // In the same transaction, so that whoever takes such an event over finds it as this program reads it.
  static constexpr pg::statement understood{
      "replay_understood",
      "update suivi.inbox i set outcome = null, error = null, name = u.name, message_id = u.message_id,"
      " published_at = u.published, uuid = u.uuid, display_id = u.display_id, tracking = u.tracking,"
      " reference = u.reference, status = u.status "
      "from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], "
      "$8::text[],"
      "            $9::text[], $10::text[], $11::bigint[])"
      "       as u(id, day, name, message_id, published, uuid, display_id, tracking, reference, status) "
      "join suivi.pending p on p.event_id = u.id and p.owner = $1 "
      "where i.id = u.id and i.stored_on = u.day::date and i.outcome is not null"};
  integers ids, late_ids, statuses;
  texts days, ended, late_days, names, message_ids, uuids, display_ids, trackings, references;
  std::vector<std::optional<instant>> published;
  for (const auto* e : events) {
    ids.emplace_back(e->event.id);
    days.emplace_back(e->stored_on);
    ended.push_back(e->is_pending ? std::nullopt : std::optional(e->recorded));
    if (!e->from_the_start) continue;
    late_ids.emplace_back(e->event.id);
    late_days.emplace_back(e->stored_on);
    names.push_back(storable(e->decoded.name));
    message_ids.push_back(storable(e->decoded.message_id));
    published.push_back(e->decoded.published_at);
    uuids.push_back(storable(e->decoded.shipment.uuid));
    display_ids.push_back(storable(e->decoded.shipment.display_id));
    trackings.push_back(storable(e->decoded.shipment.tracking));
    references.push_back(storable(e->decoded.shipment.reference));
    statuses.push_back(number_of(e->decoded.shipment.status));
  }
  pg::pipeline steps;
  add_open_ranges_of(steps, ids);
  pg::params with;
  with.text(owner).integers(ids).texts(days).integer(replay_lease_time.count()).texts(ended);
  steps.add(take_statement, std::move(with));
  if (!late_ids.empty()) {
    pg::params fields;
    fields.text(owner)
        .integers(late_ids)
        .texts(late_days)
        .texts(names)
        .texts(message_ids)
        .instants(published);
    fields.texts(uuids).texts(display_ids).texts(trackings).texts(references).integers(statuses);
    steps.add(understood, std::move(fields));
  }
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  std::set<std::int64_t> taken;
  const auto& rows = (*answer)[1];
  for (std::size_t i = 0; i < rows.size(); ++i) taken.insert(rows.integer(i, 0));
  co_return taken;
}

void add_reopened(pg::pipeline& steps, std::span<const stored_event* const> events) {
  static constexpr pg::statement text{
      "replay_reopen",
      "delete from suivi.event_outcome o using unnest($1::bigint[], $2::text[]) as u(id, day) "
      "where o.event_id = u.id and o.stored_on = u.day::date"};
  integers ids;
  texts days;
  for (const auto* e : events) {
    if (e->from_the_start) continue;
    ids.emplace_back(e->event.id);
    days.emplace_back(e->stored_on);
  }
  if (ids.empty()) return;
  pg::params with;
  with.integers(ids).texts(days);
  steps.add(text, std::move(with));
}

} // namespace suivi::receiver
