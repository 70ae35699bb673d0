// Arrays in; one statement a batch, however many ranges are in it.
#include "receiver/inbox/ranges.hpp"

#include "receiver/inbox/storable.hpp"

#include <optional>
#include <utility>

namespace suivi::receiver {
namespace {

using texts = std::vector<std::optional<std::string>>;
using integers = std::vector<std::optional<std::int64_t>>;

constexpr pg::statement settle_statement{"inbox_settle_batch", R"sql(
select suivi.settle_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
)sql",
                                         false, true};

constexpr pg::statement claim_statement{"inbox_claim_ranges", R"sql(
select range, day::text, event, received, named_account, bytes from suivi.claim_ranges($1, $2, $3, $4)
)sql"};

// Each may hold as many bytes as one batch of intake's.
constexpr std::int64_t ranges_at_once = 4;

constexpr pg::statement open_statement{"inbox_open_ranges", R"sql(
select suivi.open_held_ranges($1, $2, $3)
)sql"};

constexpr pg::statement open_of_statement{"inbox_open_ranges_of", "select suivi.open_ranges_of($1)"};

constexpr pg::statement renew_statement{"inbox_renew_ranges", R"sql(
update suivi.pending_range set due_at = now() + $3 * interval '1 millisecond'
where owner = $1 and first_id = any($2)
)sql"};

struct closed_arrays {
  integers ids;
  texts days, outcomes, errors, orders;
  std::vector<std::optional<bool>> named; // the event tells its order's reference

  void add(const settled& s, const std::string& day) {
    ids.emplace_back(s.event->id);
    days.emplace_back(day);
    outcomes.emplace_back(s.next.outcome);
    errors.push_back(storable_unless_empty(s.next.error));
    orders.push_back(storable_unless_empty(s.next.order_id));
    named.emplace_back(s.next.tells_reference ? std::optional(true) : std::nullopt);
  }
  void add_all(pg::params& p) const {
    p.integers(ids).texts(days).texts(outcomes).texts(errors).texts(orders).booleans(named);
  }
};

struct waiting_arrays {
  integers ids, tries, delays;
  std::vector<std::optional<bool>> keep;
  texts days, states, errors, uuids, display_ids, trackings, references;

  void add(const settled& s, const std::string& day) {
    bool in_memory = s.next.action == disposition::kind::try_again;
    bool reads = s.next.action == disposition::kind::read_first;
    bool parked = s.next.action == disposition::kind::postpone && s.next.state == event_state::parked;
    const suivi::shipment& id = s.event->observation.shipment;
    milliseconds delay = in_memory ? lease_time : reads ? read_lease_time : s.next.delay;
    ids.emplace_back(s.event->id);
    days.emplace_back(day);
    states.emplace_back(std::string(to_string(in_memory ? s.event->state : s.next.state)));
    tries.emplace_back(in_memory ? s.event->attempts : s.next.attempts);
    delays.emplace_back(delay.count());
    keep.emplace_back(in_memory || reads);
    errors.push_back(storable_unless_empty(s.next.error));
    uuids.push_back(parked ? storable(id.uuid) : std::nullopt);
    display_ids.push_back(parked ? storable(id.display_id) : std::nullopt);
    trackings.push_back(parked ? storable(id.tracking) : std::nullopt);
    references.push_back(parked && !s.next.by_ids_only ? storable(id.reference) : std::nullopt);
  }
  void add_all(pg::params& p) const {
    p.integers(ids).texts(days).texts(states).integers(tries).integers(delays).booleans(keep).texts(errors);
    p.texts(uuids).texts(display_ids).texts(trackings).texts(references);
  }
};

integers names_of(std::span<const event_range> ranges) {
  integers firsts;
  for (const event_range& each : ranges) firsts.emplace_back(each.first);
  return firsts;
}

} // namespace

void add_settled_ranges(pg::pipeline& steps, const std::string& owner, std::span<const event_range> ranges,
                        std::span<const settled> events) {
  closed_arrays closed;
  waiting_arrays waiting;
  std::size_t at = 0;
  for (const event_range& range : ranges) {
    for (std::size_t end = at + range.events; at < end; ++at) {
      const settled& one = events[at];
      if (one.next.action == disposition::kind::close)
        closed.add(one, range.stored_on);
      else
        waiting.add(one, range.stored_on);
    }
  }
  integers firsts = names_of(ranges);
  pg::params p;
  p.text(owner).integers(firsts);
  closed.add_all(p);
  waiting.add_all(p);
  steps.add(settle_statement, std::move(p));
}

task<result<std::vector<claimed_range>>> claim_ranges(pg::connection& db, std::string owner,
                                                      std::size_t events_max) {
  pg::params with;
  with.text(owner)
      .integer(ranges_at_once)
      .integer(static_cast<std::int64_t>(events_max))
      .integer(lease_time.count());
  auto answer = co_await db.run(claim_statement, std::move(with));
  if (!answer) co_return answer.error();
  std::vector<claimed_range> claimed;
  std::size_t decoded_bytes = 0;
  for (std::size_t i = 0; i < answer->size(); ++i) {
    std::int64_t first = answer->integer(i, 0);
    if (claimed.empty() || claimed.back().range.first != first)
      claimed.push_back({{first, std::string(answer->text(i, 1)), 0}, {}});
    webhook stored;
    if (!answer->null(i, 5)) {
      std::string raw = answer->bytes(i, 5);
      decoded_bytes += raw.size();
      stored = to_stored_webhook(raw, answer->maybe_text(i, 4), answer->timestamp(i, 3));
    }
    ++claimed.back().range.events;
    claimed.back().events.push_back(to_work(stored, answer->integer(i, 2)));
    if (decoded_bytes < decoded_at_a_stretch_bytes) continue;
    decoded_bytes = 0;
    co_await runtime::sleep_for(milliseconds(0)); // others are served between
  }
  co_return claimed;
}

task<result<void>> open_ranges(pg::connection& db, std::string owner, std::vector<std::int64_t> firsts) {
  integers names(firsts.begin(), firsts.end());
  pg::params with;
  with.text(owner).integers(names).integer(lease_time.count());
  auto answer = co_await db.run(open_statement, std::move(with));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

void add_open_ranges_of(pg::pipeline& steps, const std::vector<std::optional<std::int64_t>>& ids) {
  steps.add(open_of_statement, pg::params().integers(ids));
}

task<result<void>> renew_ranges(pg::connection& db, std::string owner, std::vector<std::int64_t> firsts) {
  integers names(firsts.begin(), firsts.end());
  pg::params with;
  with.text(owner).integers(names).integer(lease_time.count());
  auto answer = co_await db.run(renew_statement, std::move(with));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

} // namespace suivi::receiver
