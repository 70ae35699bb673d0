// By the shop's own index of its status, and by what was sampled of shipping statuses
// (0033_screen_lists.sql).
#include "receiver/api/orders/seldom_status.hpp"

#include <fmt/format.h>

namespace suivi::receiver {
namespace {

// As many are sampled of a status at most.
constexpr std::int64_t seldom_max = 1000;

// A status that is no label of the column's type is no order's own.
constexpr pg::statement known{"orders_status_known", R"sql(
select exists (select from suivi.sampled_status x where x.status = ''),
       coalesce((select x.orders from suivi.sampled_status x where x.status = $1), 0),
       t.typtype = 'e', format_type(t.oid, null),
       exists (select from pg_enum e where e.enumtypid = t.oid and e.enumlabel = $1)
from pg_attribute a join pg_type t on t.oid = a.atttypid
where a.attrelid = 'orders'::regclass and a.attname = 'status'
)sql"};

// What changed since the last sampling is in the journal.
constexpr std::string_view of_shipping = R"sql(
select s.order_id from suivi.sampled_order s where s.view = 'status=' || {0}
union all
select c.order_id from suivi.change c
where c.id > (select x.since_change from suivi.sampled_status x where x.status = '')
  and c.at > (select max(at) from suivi.sample) - interval '1 minute' and c.field = 'shippingStatus' and c.to_value = {0}
)sql";

} // namespace

task<result<std::optional<std::string>>> find_seldom_status(pg::connection& db, std::string status) {
  std::optional<std::string> question;
  pg::params which;
  which.text(status);
  auto found = co_await db.run(known, std::move(which));
  if (!found) co_return found.error();
  bool is_sampled = found->size() == 1 && found->boolean(0, 0) && found->boolean(0, 2);
  if (!is_sampled || found->integer(0, 1) > seldom_max) co_return question;
  question = of_shipping;
  if (!found->boolean(0, 4)) co_return question;

  std::string type(found->text(0, 3)); // as SQL writes it
  if (type.find_first_of("{}") != std::string::npos) co_return std::nullopt;
  std::string counted =
      fmt::format("select count(*) from (select from orders x where x.\"status\" = $1::text::{}"
                  " limit {}) x",
                  type, seldom_max + 1);
  pg::statement count{"", counted};
  pg::params with;
  with.text(status);
  auto own = co_await db.run(count, std::move(with));
  if (!own) co_return own.error();
  if (own->integer(0, 0) > seldom_max)
    question.reset();
  else
    *question +=
        fmt::format("union all select x.\"id\" from orders x where x.\"status\" = {{0}}::text::{}", type);
  co_return question;
}

} // namespace suivi::receiver
