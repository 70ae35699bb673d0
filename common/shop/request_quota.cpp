// Takes a request from the shared quota, and waits where none is left.
#include "common/shop/request_quota.hpp"

#include "common/runtime/task.hpp"
#include "common/sqlstate/sqlstate.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace suivi::shop {
namespace {

using integers = std::vector<std::optional<std::int64_t>>;

constexpr pg::statement take_request{"quota_take_request", "select suivi.take_request($1, $2, $3)"};

// Answers come in any order: a later one never shortens a pause, and a good one to a request that was sent
// before a lock-out does not end it. Whoever is refused and may come again at once was told nothing.
constexpr pg::statement note_quota{"quota_note", R"sql(
select suivi.note_quota($1, $2, $3, $4, case when $4 then greatest(
         coalesce(nullif($5, 0), least(60000 * power(2, least(q.lockouts, 10)), 3600000)),
         extract(epoch from q.closed_until - clock_timestamp()) * 1000)::bigint end)
from (select lockouts, closed_until from suivi.request_quota where account = $1 for update) q
where $4 or q.closed_until is null or q.closed_until <= clock_timestamp()
)sql"};

// What suivi.take_request reckons with, and nothing taken: of each window its beginning, what is left of it
// and what of that stays with others, how long it lasts, and how long nobody may ask.
constexpr pg::statement look_at_quota{"quota_look", R"sql(
select s.windows[i], case when q.starts[i] >= s.windows[i] then q.lefts[i] else ($2::bigint[])[i] end,
       ($3::bigint[])[i],
       ceil(extract(epoch from s.windows[i] + ('{1 second,1 minute,1 hour,1 day}'::interval[])[i] - s.at)
            * 1000)::bigint,
       greatest(0, ceil(coalesce(extract(epoch from q.closed_until - s.at), 0) * 1000))::bigint
from (select c.at, suivi.quota_windows(c.at) as windows from (select clock_timestamp() as at) c) s
cross join generate_series(1, 4) i
left join suivi.request_quota q on q.account = $1
order by i
)sql"};

constexpr milliseconds database_wait{5'000};
// Until the next minute begins; whoever waits longer does something else meanwhile.
constexpr milliseconds wait_max{61'000};
constexpr milliseconds single_wait_max{2'000};

integers as_integers(const std::array<std::int64_t, 4>& numbers) {
  return {numbers.begin(), numbers.end()};
}

courier::request_gate::refusal used_up(milliseconds wait) {
  return {transient("courier:throttled", "the courier's quota is used up"), wait};
}

} // namespace

milliseconds request_quota::take_here(own_windows& own, const pg::rows& windows) {
  std::int64_t wait = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i].start != windows.timestamp(i, 0)) own[i] = {windows.timestamp(i, 0), 0, std::nullopt};
    std::int64_t left = windows.integer(i, 1) - own[i].taken;
    left = std::min(left, own[i].reported.value_or(left));
    if (left <= windows.integer(i, 2)) wait = std::max<std::int64_t>({1, wait, windows.integer(i, 3)});
    wait = std::max(wait, windows.integer(i, 4));
  }
  if (wait > 0) return milliseconds(wait);
  for (own_window& window : own) {
    ++window.taken;
    if (window.reported) --*window.reported;
  }
  return milliseconds(0);
}

task<std::optional<courier::request_gate::refusal>>
request_quota::admit(std::string account, courier::request_limits limits, bool single) {
  const milliseconds patience = single ? single_wait_max : wait_max;
  const steady_time give_up = steady_now() + patience;
  const integers allowed = as_integers(limits.allowed);
  const integers kept = single ? integers(limits.kept.size(), 0) : as_integers(limits.kept);
  for (;;) {
    milliseconds wait{0};
    {
      auto db = co_await database_.acquire(steady_now() + database_wait);
      if (!db) co_return refusal{db.error(), std::nullopt};
      pg::params with;
      with.text(account).integers(allowed).integers(kept);
      const pg::statement& request = writes_nothing_ ? look_at_quota : take_request;
      auto answer = co_await (*db)->run(request, std::move(with));
      if (!answer && pg::schema_is_missing(answer.error())) co_return std::nullopt; // nowhere to count
      if (!answer) co_return refusal{answer.error(), std::nullopt};
      wait = writes_nothing_ ? take_here(own_[account], *answer) : milliseconds(answer->integer(0, 0));
    }
    if (wait <= milliseconds(0)) co_return std::nullopt;
    if (steady_now() + wait > give_up) co_return used_up(wait);
    co_await runtime::sleep_for(wait);
  }
}

task<void> request_quota::note(std::string account, courier::request_limits limits, quota_answer answer) {
  integers left{answer.second_left, answer.minute_left, answer.hour_left, answer.day_left};
  if (writes_nothing_) {
    own_windows& own = own_[account];
    for (std::size_t i = 0; i < own.size(); ++i)
      if (left[i]) own[i].reported = std::min(*left[i], own[i].reported.value_or(*left[i]));
    co_return;
  }
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) co_return;
  pg::params with;
  with.text(account).integers(as_integers(limits.allowed)).integers(left).boolean(answer.throttled);
  with.integer(answer.retry_after ? std::optional<std::int64_t>(answer.retry_after->count()) : std::nullopt);
  auto noted = co_await (*db)->run(note_quota, std::move(with));
  (void)noted; // what is left is counted here as well
}

} // namespace suivi::shop
