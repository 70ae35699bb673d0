// The journal knows the stretches where its numbers lie, not their order: so a stretch of numbers is read and
// sorted, and a longer one where that held too few.
#include "receiver/api/orders/change_queries.hpp"

#include "common/json/json_values.hpp"
#include "receiver/api/orders/change_json.hpp"

#include <algorithm>
#include <boost/json/value.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr pg::statement newest{"changes_newest", "select last_value + 1 from suivi.change_id_seq"};

constexpr pg::statement stretch{"changes_stretch", R"sql(
select c.id, o."reference", c.account, c.at, c.source, c.field, c.from_value, c.to_value, c.event_id, c.sweep_id
from (select * from suivi.change where id >= $1 and id < $2 order by id desc limit $3) c
left join orders o on o."id" = c.order_id
order by c.id desc
)sql"};

} // namespace

task<result<change_page>> list_changes_before(pg::connection& db, std::optional<std::int64_t> before,
                                              std::int64_t limit) {
  auto next = co_await db.run(newest);
  if (!next) co_return next.error();
  change_page page;
  std::int64_t length = limit * 4;
  std::int64_t last = std::min(before.value_or(INT64_MAX), next->integer(0, 0));
  for (std::int64_t end = last; end > 1;) {
    std::int64_t begin = std::max<std::int64_t>(end - length, 0);
    auto wanted = limit + 1 - static_cast<std::int64_t>(page.changes.size());
    pg::params with;
    with.integer(begin).integer(end).integer(wanted);
    auto found = co_await db.run(stretch, std::move(with));
    if (!found) co_return found.error();
    for (std::size_t i = 0; i < found->size(); ++i) {
      if (static_cast<std::int64_t>(page.changes.size()) == limit) {
        page.next = std::to_string(last);
        co_return page;
      }
      json::object c = change_of(*found, i, 3);
      c["reference"] = or_null(found->maybe_text(i, 1));
      c["account"] = found->text(i, 2);
      last = found->integer(i, 0);
      page.changes.push_back(std::move(c));
    }
    end = begin;
    length *= 16;
  }
  co_return page;
}

} // namespace suivi::receiver
