// Takes a request from the shared quota, and waits where none is left.
#include "common/shop/request_quota.hpp"

#include "common/runtime/task.hpp"
#include "common/sqlstate/sqlstate.hpp"

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
      auto answer = co_await (*db)->run(take_request, std::move(with));
      if (!answer && pg::schema_is_missing(answer.error())) co_return std::nullopt; // nowhere to count
      if (!answer) co_return refusal{answer.error(), std::nullopt};
      wait = milliseconds(answer->integer(0, 0));
    }
    if (wait <= milliseconds(0)) co_return std::nullopt;
    if (steady_now() + wait > give_up) co_return used_up(wait);
    co_await runtime::sleep_for(wait);
  }
}

task<void> request_quota::note(std::string account, courier::request_limits limits, quota_answer answer) {
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) co_return;
  integers left{answer.second_left, answer.minute_left, answer.hour_left, answer.day_left};
  pg::params with;
  with.text(account).integers(as_integers(limits.allowed)).integers(left).boolean(answer.throttled);
  with.integer(answer.retry_after ? std::optional<std::int64_t>(answer.retry_after->count()) : std::nullopt);
  auto noted = co_await (*db)->run(note_quota, std::move(with));
  (void)noted; // what is left is counted here as well
}

} // namespace suivi::shop
