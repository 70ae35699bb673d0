// Arrays in, arrays out. Whoever holds an event by its lease may settle it; SV001 says that the lease was
// lost.
#include "receiver/inbox/pending.hpp"

#include "common/sqlstate/sqlstate.hpp"
#include "receiver/inbox/ranges.hpp"
#include "receiver/inbox/storable.hpp"

namespace suivi::receiver {

namespace {

using texts = std::vector<std::optional<std::string>>;
using integers = std::vector<std::optional<std::int64_t>>;

constexpr pg::statement claim_events{"inbox_claim", R"sql(
select event, in_state, in_state_since, tries, last_error, again, received, named_account, bytes
from suivi.claim_single_events($1, $2, $3)
)sql"};

constexpr pg::statement held_events{"inbox_held", R"sql(
select event_id from suivi.pending where owner = $1 and event_id = any($2)
)sql"};

constexpr pg::statement release_statement{"inbox_release", "select suivi.release_events($1)"};

constexpr pg::statement repeat_events{"inbox_repeat", R"sql(select suivi.repeat_events($1, $2, $3))sql"};

constexpr pg::statement readdress_events{"inbox_readdress", R"sql(
with given as (
  select distinct on (id) id, day::date as day, account
  from unnest($1::bigint[], $2::text[], $3::text[]) as u(id, day, account) order by id
), moved as (
  update suivi.inbox i set account = g.account from given g
  where i.id = g.id and i.stored_on = g.day and i.outcome is null
    and i.account is not null and not (i.account = any($4::text[]))
    and (exists (select from suivi.pending p where p.event_id = i.id)
         or exists (select from suivi.event_outcome o
                    where o.event_id = i.id and o.stored_on = i.stored_on and o.outcome = 'conflict'))
  returning i.id, i.stored_on
), forgotten as (
  delete from suivi.event_outcome o using moved m where o.event_id = m.id and o.stored_on = m.stored_on
), put as (
  insert into suivi.pending (event_id, stored_on, due_at) select id, stored_on, now() from moved
  on conflict (event_id) do update
    set due_at = now(), owner = null, state = 'pending', since = now(), attempts = 0, error = null
  returning event_id
)
select put.event_id
from (select suivi.check_written((select count(*) from moved), (select count(*) from put)) offset 0) counted
left join put on true
)sql"};

constexpr pg::statement count_events{"inbox_count", R"sql(
select count(*) filter (where state <> 'parked'), count(*) filter (where state = 'confirming'),
       count(*) filter (where state = 'failed'), count(*) filter (where state = 'parked')
from suivi.waiting_event
)sql"};

constexpr pg::statement close_statement{
    "inbox_close", R"sql(select suivi.close_events($1, $2, $3, $4, $5))sql", false, true};
constexpr pg::statement defer_statement{"inbox_defer", R"sql(
select suivi.defer_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
)sql",
                                        false, true};

void add_closed(pg::pipeline& steps, const std::string& owner, std::span<const settled> events) {
  integers ids;
  texts outcomes, errors, orders;
  for (const auto& s : events) {
    if (s.next.action != disposition::kind::close) continue;
    ids.emplace_back(s.event->id);
    outcomes.emplace_back(s.next.outcome);
    errors.push_back(storable_unless_empty(s.next.error));
    orders.push_back(storable_unless_empty(s.next.order_id));
  }
  if (ids.empty()) return;
  pg::params p;
  p.text(owner).integers(ids).texts(outcomes).texts(errors).texts(orders);
  steps.add(close_statement, std::move(p));
}

void add_deferred(pg::pipeline& steps, const std::string& owner, std::span<const settled> events) {
  integers ids, tries, delays;
  std::vector<std::optional<bool>> keep;
  texts states, errors, uuids, display_ids, trackings, references;
  for (const auto& s : events) {
    bool reads = s.next.action == disposition::kind::read_first;
    if (!reads && s.next.action != disposition::kind::postpone) continue;
    bool parked = s.next.state == event_state::parked;
    const auto& id = s.event->observation.shipment;
    ids.emplace_back(s.event->id);
    states.emplace_back(std::string(to_string(s.next.state)));
    tries.emplace_back(s.next.attempts);
    delays.emplace_back(reads ? read_lease_time.count() : s.next.delay.count());
    keep.emplace_back(reads);
    errors.push_back(storable_unless_empty(s.next.error));
    uuids.push_back(parked ? storable(id.uuid) : std::nullopt);
    display_ids.push_back(parked ? storable(id.display_id) : std::nullopt);
    trackings.push_back(parked ? storable(id.tracking) : std::nullopt);
    references.push_back(parked && !s.next.by_ids_only ? storable(id.reference) : std::nullopt);
  }
  if (ids.empty()) return;
  pg::params p;
  p.text(owner).integers(ids).texts(states).integers(tries).integers(delays).booleans(keep).texts(errors);
  p.texts(uuids).texts(display_ids).texts(trackings).texts(references);
  steps.add(defer_statement, std::move(p));
}

} // namespace

task<result<std::vector<pending_event>>> claim(pg::connection& db, std::string owner, std::size_t limit) {
  pg::params with;
  with.text(owner).integer(static_cast<std::int64_t>(limit)).integer(lease_time.count());
  auto answer = co_await db.run(claim_events, std::move(with));
  if (!answer) co_return answer.error();
  std::vector<pending_event> events;
  events.reserve(answer->size());
  std::size_t decoded_bytes = 0;
  for (std::size_t i = 0; i < answer->size(); ++i) {
    webhook a;
    if (!answer->null(i, 8)) {
      auto again = answer->maybe_timestamp(i, 5);
      std::string raw = answer->bytes(i, 8);
      decoded_bytes += raw.size();
      a = to_stored_webhook(raw, answer->maybe_text(i, 7), again ? *again : answer->timestamp(i, 6));
    }
    auto w = to_work(a, answer->integer(i, 0));
    w.state = event_state_from(answer->text(i, 1));
    w.state_since = answer->timestamp(i, 2);
    w.attempts = static_cast<int>(answer->integer(i, 3));
    auto last_error = answer->maybe_text(i, 4);
    w.courier_away = w.state == event_state::confirming && last_error &&
                     (last_error->starts_with("courier:") || last_error->starts_with("http:"));
    events.push_back(std::move(w));
    if (decoded_bytes < decoded_at_a_stretch_bytes) continue;
    decoded_bytes = 0;
    co_await runtime::sleep_for(milliseconds(0)); // others are served between
  }
  co_return events;
}

void add_settled(pg::pipeline& steps, const std::string& owner, std::span<const settled> events) {
  add_closed(steps, owner, events);
  add_deferred(steps, owner, events);
}

task<result<void>> settle(pg::connection& db, std::string owner, std::vector<settled> events) {
  pg::pipeline steps;
  add_settled(steps, owner, events);
  if (steps.size() == 0) co_return result<void>();
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

task<result<std::vector<std::int64_t>>> held(pg::connection& db, std::string owner,
                                             std::vector<std::int64_t> ids) {
  integers wanted(ids.begin(), ids.end());
  pg::params with;
  with.text(owner).integers(wanted);
  auto answer = co_await db.run(held_events, std::move(with));
  if (!answer) co_return answer.error();
  std::vector<std::int64_t> ours;
  for (std::size_t i = 0; i < answer->size(); ++i) ours.push_back(answer->integer(i, 0));
  co_return ours;
}

task<result<void>> release(pg::connection& db, std::string owner) {
  pg::params with;
  with.text(owner);
  auto answer = co_await db.run(release_statement, std::move(with));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

task<result<std::vector<std::int64_t>>> readdress(pg::connection& db, std::vector<readdressed> events,
                                                  std::vector<std::string> known) {
  integers ids;
  texts days, accounts;
  for (const readdressed& each : events) {
    ids.emplace_back(each.id);
    days.emplace_back(each.stored_on);
    accounts.push_back(storable(each.account));
  }
  pg::params with;
  with.integers(ids).texts(days).texts(accounts).texts(texts(known.begin(), known.end()));
  pg::pipeline steps;
  add_open_ranges_of(steps, ids);
  steps.add(readdress_events, std::move(with));
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  const pg::rows& found = answer->back();
  std::vector<std::int64_t> moved;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!found.null(i, 0)) moved.push_back(found.integer(i, 0));
  co_return moved;
}

task<result<void>> store_repeats(pg::connection& db, std::vector<repeated_webhook> repeats) {
  integers ids;
  texts days;
  std::vector<std::optional<instant>> times;
  for (const auto& r : repeats) {
    ids.emplace_back(r.id);
    days.emplace_back(r.stored_on);
    times.emplace_back(r.at);
  }
  pg::params with;
  with.integers(ids).texts(days).instants(times);
  auto answer = co_await db.run(repeat_events, std::move(with));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

task<result<queue_lengths>> count_pending(pg::connection& db) {
  auto answer = co_await db.run(count_events);
  if (!answer) co_return answer.error();
  co_return queue_lengths{answer->integer(0, 0), answer->integer(0, 1), answer->integer(0, 2),
                          answer->integer(0, 3)};
}

bool lease_is_lost(const error& e) {
  return e.code == pg::events_taken_over;
}

} // namespace suivi::receiver
