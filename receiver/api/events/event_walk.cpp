// Goes down from the list's place, one stretch of time after the other.
#include "receiver/api/events/event_walk.hpp"

#include "receiver/api/events/event_days.hpp"
#include "receiver/api/events/event_search.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t looked_at_max = 20'000; // for one page
constexpr std::size_t stretches_max = 24;

// Past this counts of events go (0011_samples.sql).
constexpr std::chrono::hours counts_kept = 390 * 24h;
// Stored since the last count: so many are looked at to see what came late.
constexpr std::int64_t uncounted_max = 20'000;

constexpr pg::statement counted_to{"events_counted_to", R"sql(
select up_to, event_before, ((up_to at time zone 'UTC')::date - 1)::text from suivi.event_counted
)sql"};

// A slot is an hour, or a quarter of one.
constexpr pg::statement newest_slots{"events_newest_slots", R"sql(
select c.slot, sum(c.events)::bigint from suivi.event_count c
where c.slot <= $1 and ($2::text is null or c.name = $2)
  and ($3::text is null or c.account = $3 or ($4 and c.account = ''))
  and (not $5 or c.account = any($6) or ($7 <> '' and starts_with(c.name, $7)))
group by 1 order by 1 desc limit 24
)sql"};
constexpr std::chrono::hours slot_length{1};

struct stretch {
  instant begin, end;
};

list_place place_at(instant time) {
  return {std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count(), "0"};
}

// Null: of all, or the first courier's.
const event_sender* sender_wanted(const event_filter& filter) {
  return filter.source ? sender_named(filter.origins, *filter.source) : nullptr;
}

// Whether all that is older than the place was received before `time`.
bool is_below(const list_place& place, instant time) {
  instant at(microseconds(place.number));
  return at < time || (at == time && place.text == "0");
}

// From when on events are not surely counted; nullopt: counts are of no use to this list.
task<result<std::optional<instant>>> find_border(pg::connection& db, event_filter filter,
                                                 std::vector<stored_day> days) {
  std::optional<instant> border;
  if (!filter.name && !filter.account && sender_wanted(filter) == nullptr) co_return border;
  if (days.empty() || !days.back().end || *days.back().end < now() - counts_kept) co_return border;
  auto counted = co_await db.run(counted_to);
  if (!counted) co_return counted.error();
  if (counted->empty()) co_return border;
  std::string late =
      fmt::format("select count(*), min(x.received_at) from (select i.received_at from suivi.inbox i"
                  " where i.id > $1 and i.stored_on >= '{}' limit {}) x",
                  counted->text(0, 2), uncounted_max + 1);
  pg::statement statement{"", late};
  pg::params with;
  with.integer(counted->integer(0, 1));
  auto uncounted = co_await db.run(statement, std::move(with));
  if (!uncounted) co_return uncounted.error();
  if (uncounted->integer(0, 0) > uncounted_max) co_return border;
  border = counted->timestamp(0, 0);
  if (auto oldest = uncounted->maybe_timestamp(0, 1)) border = std::min(*border, *oldest);
  co_return border;
}

// The newest slot with such events and, as far as they follow it at once, those below that make up a page.
task<result<std::optional<stretch>>> find_slots(pg::connection& db, event_filter filter, list_place below,
                                                std::size_t wanted) {
  pg::params with;
  bool is_bare = below.text == "0"; // nothing of that very moment is left
  with.timestamp(instant(microseconds(below.number - (is_bare ? 1 : 0))));
  with.text(filter.name).text(filter.account).boolean(filter.and_unnamed);
  const event_sender* sender = sender_wanted(filter);
  std::vector<std::optional<std::string>> accounts;
  if (sender != nullptr) accounts.assign(sender->accounts.begin(), sender->accounts.end());
  with.boolean(sender != nullptr).texts(accounts);
  with.text(sender == nullptr ? std::string_view() : sender->type_prefix);
  auto found = co_await db.run(newest_slots, std::move(with));
  if (!found) co_return found.error();
  std::optional<stretch> slots;
  std::int64_t events = 0;
  for (std::size_t i = 0; i < found->size() && events < static_cast<std::int64_t>(wanted); ++i) {
    instant slot = found->timestamp(i, 0);
    if (!slots) slots = stretch{slot, slot + slot_length};
    if (slot + slot_length < slots->begin) break;
    slots->begin = slot;
    events += found->integer(i, 1);
  }
  co_return slots;
}

// Puts the part at the next stretch below `place`; false: there is none.
task<result<bool>> next_stretch(pg::connection& db, event_part& part, std::optional<instant> border) {
  const std::optional<instant> since = part.filter.since;
  part.from = since;
  if (!border) co_return true;
  if (!part.place || !is_below(*part.place, *border)) {
    part.from = std::max(since.value_or(*border), *border);
    co_return true;
  }
  auto found = co_await find_slots(db, part.filter, *part.place, part.wanted);
  if (!found) co_return found.error();
  if (!*found) co_return false;
  const stretch slots = **found;
  if (since && slots.end <= *since) co_return false;
  if (!is_below(*part.place, slots.end)) part.place = place_at(slots.end);
  part.from = since ? std::max(*since, slots.begin) : slots.begin;
  co_return true;
}

void add_to_page(event_page& page, const std::vector<found_event>& events, std::size_t page_rows) {
  for (const found_event& e : events) {
    if (page.events.size() == page_rows) {
      page.is_full = true;
      break;
    }
    page.events.push_back({e.id, e.stored_on});
    list_place place = place_at(e.received_at);
    place.text = std::to_string(e.id);
    page.next = std::move(place);
  }
}

} // namespace

task<result<event_page>> walk_events(pg::connection& db, event_query q) {
  event_page page;
  bool of_first = q.filter.source == event_source(couriers.front());
  if (q.filter.source && !of_first && sender_wanted(q.filter) == nullptr) co_return page; // of nobody here
  auto page_rows = static_cast<std::size_t>(q.limit);
  event_part part;
  part.filter = q.filter;
  part.place = q.after;
  if (!part.place && q.filter.until) part.place = place_at(*q.filter.until);
  auto chosen = co_await choose_indexes(db, part);
  if (!chosen) co_return chosen.error();
  auto days = co_await days_of_events(db);
  if (!days) co_return days.error();
  std::optional<instant> border;
  if (!part.by_outcome) {
    auto found = co_await find_border(db, q.filter, *days);
    if (!found) co_return found.error();
    border = *found;
  }
  std::int64_t budget = looked_at_max;
  for (std::size_t stretches = 0;; ++stretches) {
    if (stretches == stretches_max || (stretches > 0 && budget <= 0)) {
      page.next = part.place;
      co_return page;
    }
    part.wanted = page_rows + 1 - page.events.size();
    auto there = co_await next_stretch(db, part, border);
    if (!there) co_return there.error();
    if (!*there) break;
    auto found = co_await find_part(db, *days, part, budget);
    if (!found) co_return found.error();
    add_to_page(page, found->events, page_rows);
    if (page.is_full) co_return page;
    if (found->ended_at) {
      page.next = found->ended_at;
      co_return page;
    }
    if (part.from == q.filter.since) break;
    part.place = place_at(*part.from);
  }
  page.next.reset();
  co_return page;
}

} // namespace suivi::receiver
