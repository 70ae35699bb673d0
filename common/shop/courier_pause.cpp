// The SQL of an account's pause at its courier.
#include "common/shop/courier_pause.hpp"

#include "common/log/log.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::shop {
namespace {

constexpr pg::statement left_of_it{"shop_courier_pause_left", R"sql(
select ceil(extract(epoch from courier_paused_until - clock_timestamp()) * 1000)::bigint
from suivi.account where id = $1 and courier_paused_until > clock_timestamp()
)sql"};

constexpr pg::statement record{"shop_record_courier_pause", R"sql(
insert into suivi.account as a (id, courier_paused_until) values ($1, clock_timestamp() + $2 * interval '1 millisecond')
on conflict (id) do update set courier_paused_until = excluded.courier_paused_until
where coalesce(a.courier_paused_until, '-infinity') < excluded.courier_paused_until - interval '1 second'
)sql"};

constexpr milliseconds database_wait{2'000};

} // namespace

error left_alone(milliseconds pause) {
  return transient("courier:throttled", fmt::format("the courier wants to be left alone for {} s",
                                                    std::chrono::ceil<std::chrono::seconds>(pause).count()));
}

std::optional<milliseconds> held_back(const error& why, const courier::response_meta& how) {
  bool was_sent = how.status != 0;
  if (was_sent || why.code != "courier:throttled") return std::nullopt;
  return how.retry_after;
}

task<milliseconds> courier_pause_now(pg::pool& database, std::string account) {
  auto db = co_await database.acquire(steady_now() + database_wait);
  if (!db) co_return milliseconds(0);
  auto left = co_await courier_pause_left(**db, std::move(account));
  co_return left ? std::max(*left, milliseconds(0)) : milliseconds(0);
}

task<std::optional<error>> refusal_of_pause(pg::pool& database, std::string account) {
  milliseconds left = co_await courier_pause_now(database, std::move(account));
  if (left.count() == 0) co_return std::nullopt;
  co_return left_alone(left);
}

task<void> share_courier_pause(pg::pool& database, std::string account, const courier::response_meta& how) {
  if (how.status != 429 && !how.retry_after) co_return;
  milliseconds pause = std::max(how.retry_after.value_or(recorded_pause_min), recorded_pause_min);
  auto db = co_await database.acquire(steady_now() + database_wait);
  if (!db) co_return;
  auto recorded = co_await record_courier_pause(**db, std::move(account), pause);
  if (!recorded)
    log::warn("the courier's pause could not be recorded", {{"error", to_string(recorded.error())}});
}

task<result<milliseconds>> courier_pause_left(pg::connection& db, std::string account) {
  pg::params with;
  with.text(account);
  auto found = co_await db.run(left_of_it, std::move(with));
  if (!found) co_return found.error();
  co_return milliseconds(found->empty() ? 0 : found->integer(0, 0));
}

task<result<void>> record_courier_pause(pg::connection& db, std::string account, milliseconds left) {
  pg::params with;
  with.text(account).integer(left.count());
  auto done = co_await db.run(record, std::move(with));
  if (!done) co_return done.error();
  co_return result<void>();
}

} // namespace suivi::shop
