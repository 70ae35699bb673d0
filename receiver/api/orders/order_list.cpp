// Conditions are put together from those that are there, and planned for these very values.
#include "receiver/api/orders/order_list.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_values.hpp"
#include "receiver/api/orders/change_json.hpp"
#include "receiver/api/redaction/order_columns.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view found_by_query = R"sql(
  select x."id" from orders x where x."reference" = {0}
  union select p.order_id from suivi.parcel p where p.tracking = {0} and p.order_id is not null
  union select p.order_id from suivi.parcel p where p.display_id = {0} and p.order_id is not null
  union select p.order_id from suivi.parcel p where p.uuid = {0} and p.order_id is not null
  union (select p.order_id from suivi.parcel p where p.reference like {1} and p.order_id is not null limit 1000)
  union (select s.order_id from suivi.sampled_order s where s.reference like {1} limit 1000)
  union (select x."id" from orders x
         where x."reference" like {1} and (select pg_relation_size('orders') < 1000 * 8192) limit 1000)
)sql";

// By name: the database role may read no other column of the shop's.
constexpr std::string_view page_columns = R"sql(
o."id", o."reference", o."status", o."trackingNumber", o."shippingStatus", o."shippingAccountId", o."createdAt",
o."alertReason"
)sql";

constexpr std::string_view columns = R"sql(
select o."reference", o."status"::text, o."trackingNumber", o."shippingStatus", o."shippingAccountId",
       o."createdAt" at time zone 'UTC', last.at, last.source, greatest(checked.at, l.asked_at), o."alertReason",
       case when o."shippingAccountId" is null or coalesce(o."trackingNumber", '') <> ''
                 or o."status"::text in ('PENDING', 'CANCELLED')
                 or o."createdAt" >= (now() - interval '6 hours') at time zone 'UTC' then null
            when l.negatives > 0 or o."createdAt" < a.whole_watermark at time zone 'UTC' then 'unknown_to_courier'
            else 'not_asked' end,
       (extract(epoch from o."createdAt") * 1000000)::bigint
from page o
left join lateral (select c.at, c.source from suivi.change c where c.order_id = o."id" order by c.id desc limit 1) last on true
left join lateral (select max(p.pulled_at) as at from suivi.parcel p where p.order_id = o."id") checked on true
left join suivi.lookup l on l.order_id = o."id" and l.account = o."shippingAccountId"
left join suivi.account a on a.id = o."shippingAccountId"
order by o."createdAt" desc, o."reference" desc
)sql";

// So many sampled orders are kept of a view; a view that has more is read from the newest order on.
constexpr pg::statement too_many{"orders_too_many", R"sql(
select coalesce(sum(case $1 when 'untracked' then (account <> '')::int * untracked when 'alerted' then alerted
                            when 'unchecked' then unchecked when 'on_the_way' then open
                            else (account = '')::int * orders end), 0)
         >= case when $1 in ('alerted', 'unchecked', 'on_the_way') then 1000 else 20000 end
       or (select max(at) is null from suivi.sample)
from suivi.sample where at = (select max(at) from suivi.sample)
)sql"};
// Of parcels all that are open are at hand: where many are so, a page of them is looked for among so many of
// the newest orders before all of them are sorted.
constexpr int newest_orders = 5000;

// Nobody's sweep: no row.
constexpr pg::statement changed_by_sweep{"orders_swept", R"sql(
select coalesce(s.status_changed, 0) + coalesce(s.backfilled, 0) >= 1000 from suivi.sweep s where s.id = $1
)sql"};

constexpr pg::statement counted_views{"orders_views", R"sql(
select coalesce(sum(orders), 0)::bigint, coalesce(sum(untracked) filter (where account <> ''), 0)::bigint,
       coalesce(sum(unchecked), 0)::bigint, coalesce(sum(alerted), 0)::bigint,
       coalesce(sum(orders) filter (where account = ''), 0)::bigint,
       (select count(*) from suivi.adopted_order d join orders o on o."id" = d.order_id
        where d.contested_by is not null and o."shippingAccountId" is null),
       (select count(*) from suivi.sweep_conflict c
        join (select s.account, max(s.id) as id from suivi.sweep s
              where s.kind = 'full' and s.finished_at is not null group by 1) last
          on last.account = c.account and last.id = c.sweep_id
        join orders x on x."reference" = c.reference
        where not c.unmatched)
from suivi.sample where at = (select max(at) from suivi.sample)
)sql"};

// `%`, `_` and `\` mean themselves.
std::string beginning_with(std::string_view text) {
  std::string pattern;
  for (char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

// `= any(array(…))`, not `in`: the few are found first, whatever the planner thinks of their number.
struct conditions {
  std::string where = "true";
  pg::params with;

  std::string text(const std::string& value) {
    with.text(value);
    return fmt::format("${}", with.size());
  }
  void add(std::string_view condition) {
    if (!condition.empty()) where += fmt::format(" and {}", condition);
  }
};

// Where a page begins.
enum class start { from_few, from_all, from_newest };

// `offset 0` keeps a question for each order a question for each order: joined, all that are open would be
// read for a page of them.
//
// Those of open parcels, and sampled ones beside them: where the order itself tells, the newest need no
// parcel.
void add_parcels(conditions& c, const filter_row& one, start where_from) {
  if (where_from != start::from_newest)
    c.add(fmt::format("o.\"id\" = any(array(select p.order_id from suivi.parcel p"
                      " where p.open and p.order_id is not null and {}{}{}))",
                      one.parcels, one.among.empty() ? "" : " union all ", one.among));
  else if (one.condition.empty())
    c.add(fmt::format("exists (select from suivi.parcel p where p.order_id = o.\"id\" and p.open and {}"
                      " offset 0)",
                      one.parcels));
}

// Those of a sweep's figure. The journal has its changes by order and by time.
void add_counted(conditions& c, const order_list_query& q, start where_from) {
  c.with.integer(*q.sweep);
  const figure_row& figure = row_of(q.counted);
  std::string its = fmt::format("c.sweep_id = ${} and {}", c.with.size(), figure.condition);
  if (!figure.of_changes)
    c.add(fmt::format(
        R"(o."reference" = any(array(select c.reference from suivi.sweep_conflict c where {})))", its));
  else if (where_from == start::from_newest)
    c.add(
        fmt::format(R"(exists (select from suivi.change c where c.order_id = o."id" and {} offset 0))", its));
  else
    c.add(fmt::format(
        R"(o."id" = any(array(select c.order_id from suivi.change c)"
        " where c.at >= (select s.started_at from suivi.sweep s where s.id = ${0})"
        " and c.at <= (select coalesce(s.finished_at, now()) from suivi.sweep s where s.id = ${0})"
        " and {1}))",
        c.with.size(), its));
}

std::string page_text(conditions& c, const order_list_query& q, start where_from) {
  std::string beyond; // the cursor
  if (q.after) {
    c.with.integer(q.after->number);
    auto at = c.with.size();
    std::string reference = c.text(q.after->text);
    beyond = fmt::format(
        R"(o."createdAt" <= timestamp 'epoch' + ${0} * interval '1 microsecond')"
        R"( and (o."createdAt", o."reference") < (timestamp 'epoch' + ${0} * interval '1 microsecond', {1}))",
        at, reference);
  }
  std::string orders = "orders o";
  if (where_from == start::from_newest)
    orders = fmt::format(
        "(select {} from orders o where {} order by o.\"createdAt\" desc, o.\"reference\" desc limit {}) o",
        page_columns, beyond.empty() ? "true" : beyond, newest_orders);
  c.add(beyond);
  if (!q.query.empty()) {
    std::string exact = c.text(q.query);
    std::string prefix = c.text(beginning_with(q.query));
    c.add(fmt::format("o.\"id\" = any(array({}))", fmt::format(fmt::runtime(found_by_query), exact, prefix)));
  }
  for (const filter_row* one : {&row_of(q.view), &row_of(q.only)}) {
    // All of the sampled ones are looked for where only a few of them can be meant.
    bool by_few = where_from == start::from_few || one->name == row_of(order_part::unknown_to_courier).name;
    if (!one->parcels.empty())
      add_parcels(c, *one, where_from);
    else if (!one->among.empty() && by_few && !(one == &row_of(q.view) && one->among == row_of(q.only).among))
      c.add(fmt::format("o.\"id\" = any(array({}))", one->among));
    c.add(one->condition);
  }
  if (q.sweep) add_counted(c, q, where_from);
  if (q.unmatched)
    c.add("o.\"shippingAccountId\" is null"
          " and not exists (select from suivi.adopted_order d where d.order_id = o.\"id\")");
  if (!q.account.empty()) c.add(fmt::format("o.\"shippingAccountId\" = {}", c.text(q.account)));
  if (!q.status.empty()) {
    std::string status = c.text(q.status);
    c.add(fmt::format("(o.\"status\"::text = {0} or o.\"shippingStatus\" = {0})", status));
  }
  c.with.integer(q.limit + 1);
  return fmt::format("with page as materialized (select {} from {} where {} order by o.\"createdAt\" desc,"
                     " o.\"reference\" desc limit ${}) {}",
                     page_columns, orders, c.where, c.with.size(), columns);
}

json::object order_row(const pg::rows& found, std::size_t i) {
  json::object o;
  o["reference"] = found.text(i, 0);
  o["status"] = or_null(found.maybe_text(i, 1));
  o["trackingNumber"] = or_null(found.maybe_text(i, 2));
  o["shippingStatus"] = shown_column("shippingStatus", found.maybe_text(i, 3));
  o["accountId"] = or_null(found.maybe_text(i, 4));
  o["courier"] = nullptr;
  o["createdAt"] = or_null(found.maybe_timestamp(i, 5));
  o["changedAt"] = or_null(found.maybe_timestamp(i, 6));
  o["changedBy"] = nullptr;
  if (auto source = found.maybe_integer(i, 7)) o["changedBy"] = name_of_source(*source);
  o["checkedAt"] = or_null(found.maybe_timestamp(i, 8));
  o["alertReason"] = shown_column("alertReason", found.maybe_text(i, 9));
  o["why"] = or_null(found.maybe_text(i, 10));
  return o;
}

task<result<pg::rows>> read_page(pg::connection& db, order_list_query q, start where_from) {
  conditions c;
  std::string text = page_text(c, q, where_from);
  pg::statement statement{"", text};
  auto found = co_await db.run(statement, std::move(c.with));
  co_return found;
}

} // namespace

task<result<order_page>> list_orders_of(pg::connection& db, order_list_query q) {
  start where_from = start::from_few;
  for (const filter_row* one : {&row_of(q.view), &row_of(q.only)}) {
    bool by_parcels = !one->parcels.empty();
    bool sampled =
        one->name == row_of(order_view::untracked).name || one->name == row_of(order_view::unassigned).name;
    if (!sampled && !(by_parcels && q.query.empty())) continue;
    pg::params which;
    which.text(one->name);
    auto many = co_await db.run(too_many, std::move(which));
    if (!many) co_return many.error();
    if (many->boolean(0, 0)) where_from = by_parcels ? start::from_newest : start::from_all;
  }
  if (q.sweep) {
    pg::params which;
    which.integer(*q.sweep);
    auto many = co_await db.run(changed_by_sweep, std::move(which));
    if (!many) co_return many.error();
    if (many->size() == 0) co_return order_page{{}, std::nullopt, false};
    if (many->boolean(0, 0) && row_of(q.counted).of_changes) where_from = start::from_newest;
  }
  auto found = co_await read_page(db, q, where_from);
  if (!found) co_return found.error();
  if (where_from == start::from_newest && found->size() <= static_cast<std::size_t>(q.limit)) {
    found = co_await read_page(db, q, start::from_few);
    if (!found) co_return found.error();
  }
  order_page page;
  auto page_rows = std::min(found->size(), static_cast<std::size_t>(q.limit));
  for (std::size_t i = 0; i < page_rows; ++i) page.orders.push_back(order_row(*found, i));
  if (found->size() > page_rows && page_rows > 0)
    page.next = write_cursor(paged_list::orders,
                             {found->integer(page_rows - 1, 11), std::string(found->text(page_rows - 1, 0))});
  co_return page;
}

task<result<json::object>> count_views(pg::connection& db) {
  auto found = co_await db.run(counted_views);
  if (!found) co_return found.error();
  json::object counts;
  counts["all"] = found->integer(0, 0);
  counts["untracked"] = found->integer(0, 1);
  counts["unchecked"] = found->integer(0, 2);
  counts["alerted"] = found->integer(0, 3);
  counts["contested"] = found->integer(0, 5);
  counts["unassigned"] = found->integer(0, 4);
  counts["conflicting"] = found->integer(0, 6);
  co_return counts;
}

} // namespace suivi::receiver
