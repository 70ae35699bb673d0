// The statements of courier_pause.hpp.
#include "common/shop/courier_pause.hpp"

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

} // namespace

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
