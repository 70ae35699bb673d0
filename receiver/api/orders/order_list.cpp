// Conditions are put together from those that are there, and planned for these very values.
#include "receiver/api/orders/order_list.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_values.hpp"
#include "receiver/api/orders/change_json.hpp"
#include "receiver/api/orders/seldom_status.hpp"
#include "receiver/api/redaction/order_columns.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <vector>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view found_by_query = R"sql(
  select x."id" from orders x where x."reference" = {0}
  union select p.order_id from suivi.parcel p where p.tracking = {0} and p.order_id is not null
  union select p.order_id from suivi.parcel p where p.display_id = {0} and p.order_id is not null
  union select p.order_id from suivi.parcel p where p.uuid = {0} and p.order_id is not null
  union (select p.order_id from suivi.parcel p where p.reference like {1} and p.order_id is not null limit 1000)
  union (select s.order_id from suivi.sampled_order s where s.reference like {1} and s.view in ('untracked', 'unassigned', 'alerted') limit 1000)
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
         >= case when $1 in ('alerted', 'on_the_way') then 1000 else 20000 end
       or (select max(at) is null from suivi.sample)
from suivi.sample where at = (select max(at) from suivi.sample)
)sql"};
// Of parcels all that are open are at hand: where many are so, a page of them is looked for among so many of
// the newest orders before all of them are sorted.
constexpr int newest_orders = 5000;

// Nobody's sweep: no row.
constexpr pg::statement changed_by_sweep{"orders_swept", R"sql(
select coalesce(s.status_changed, 0) + coalesce(s.backfilled, 0) >= 5000, coalesce(s.missed_by_webhook, 0) >= 5000
from suivi.sweep s where s.id = $1
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

// Where there are so many, the newest orders are looked at first.
bool has_many(const pg::rows& swept, const figure_row& figure) {
  switch (figure.source) {
  case figure_source::journal:
    return swept.boolean(0, 0);
  case figure_source::missed:
    return swept.boolean(0, 1);
  case figure_source::conflicts:
    break;
  }
  return false;
}

// Those of a sweep's figure. The journal knows its changes by sweep and by order.
void add_counted(conditions& c, const order_list_query& q, start where_from) {
  c.with.integer(*q.sweep);
  const figure_row& figure = row_of(q.counted);
  std::string its = fmt::format("c.sweep_id = ${} and {}", c.with.size(), figure.condition);
  if (figure.source == figure_source::conflicts)
    c.add(fmt::format(
        R"(o."reference" = any(array(select c.reference from suivi.sweep_conflict c where {})))", its));
  else if (where_from == start::from_newest)
    c.add(fmt::format(R"(exists (select from {} c where c.order_id = o."id" and {} offset 0))",
                      figure.source == figure_source::missed ? "suivi.sweep_missed" : "suivi.change", its));
  else if (figure.source == figure_source::missed)
    c.add(fmt::format(R"(o."id" = any(array(select c.order_id from suivi.sweep_missed c where {})))", its));
  else
    c.add(fmt::format(R"(o."id" = any(array(select c.order_id from suivi.change c where {})))", its));
}

// How a page is looked for: from where, and the few orders that its status may name.
struct way {
  start from = start::from_few;
  std::optional<std::string> seldom_status;
};

// The sampled ones that a list begins with, of which it shows those that still are so; empty: none.
std::string_view sample_of(const order_list_query& q, const way& how) {
  if (!q.query.empty() || how.seldom_status || q.sweep) return ""; // these name fewer
  const filter_row& only = row_of(q.only);
  if (!only.sampled.empty()) return only.sampled; // there are more of the view's, but no more of these
  if (how.from != start::from_few) return "";
  return q.unmatched ? row_of(order_view::unassigned).sampled : row_of(q.view).sampled;
}

// Orders before the cursor, of columns by these names.
std::string beyond(std::size_t first_parameter, std::string_view created_at, std::string_view reference) {
  return fmt::format(
      "{1} <= timestamp 'epoch' + ${0} * interval '1 microsecond' and ({1}, {2}) < (timestamp 'epoch' +"
      " ${0} * interval '1 microsecond', ${3})",
      first_parameter, created_at, reference, first_parameter + 1);
}

// Each sampled order is looked at by itself, in the list's order, until the page is full. They are sorted
// apart: of a table that was just filled the planner knows too little to see that this is best.
std::string sampled_orders(conditions& c, const order_list_query& q, std::string_view view,
                           std::size_t cursor) {
  std::string which = fmt::format("s.view = '{}'", view);
  if (q.after) which += " and " + beyond(cursor, "s.created_at", "s.reference");
  if (!q.account.empty()) which += fmt::format(" and s.account = {}", c.text(q.account));
  return fmt::format("(select s.order_id, s.created_at, s.reference from suivi.sampled_order s where {}"
                     " order by s.created_at desc, s.reference desc) s"
                     " cross join lateral (select {} from orders o where o.\"id\" = s.order_id offset 0) o",
                     which, page_columns);
}

std::string page_text(conditions& c, const order_list_query& q, const way& how) {
  std::string before; // the cursor
  std::size_t cursor = 1;
  if (q.after) {
    c.with.integer(q.after->number).text(q.after->text);
    before = beyond(cursor, R"(o."createdAt")", R"(o."reference")");
  }
  std::string orders = "orders o";
  std::string order = R"(o."createdAt" desc, o."reference" desc)";
  std::string_view sample = sample_of(q, how);
  if (!sample.empty()) {
    orders = sampled_orders(c, q, sample, cursor);
    order = "s.created_at desc, s.reference desc";
  } else if (how.from == start::from_newest) {
    orders = fmt::format("(select {} from orders o where {} order by {} limit {}) o", page_columns,
                         before.empty() ? "true" : before, order, newest_orders);
  }
  c.add(before);
  if (!q.query.empty()) {
    std::string exact = c.text(q.query);
    std::string prefix = c.text(beginning_with(q.query));
    c.add(fmt::format("o.\"id\" = any(array({}))", fmt::format(fmt::runtime(found_by_query), exact, prefix)));
  }
  for (const filter_row* one : {&row_of(q.view), &row_of(q.only)}) {
    if (!one->parcels.empty())
      add_parcels(c, *one, how.from);
    else if (!one->among.empty() && how.from == start::from_few)
      c.add(fmt::format("o.\"id\" = any(array({}))", one->among));
    c.add(one->condition);
  }
  if (q.sweep) add_counted(c, q, how.from);
  if (q.unmatched)
    c.add("o.\"shippingAccountId\" is null"
          " and not exists (select from suivi.adopted_order d where d.order_id = o.\"id\")");
  if (!q.account.empty()) c.add(fmt::format("o.\"shippingAccountId\" = {}", c.text(q.account)));
  if (!q.status.empty()) {
    std::string status = c.text(q.status);
    c.add(fmt::format("(o.\"status\"::text = {0} or o.\"shippingStatus\" = {0})", status));
    if (how.seldom_status)
      c.add(fmt::format("o.\"id\" = any(array({}))", fmt::format(fmt::runtime(*how.seldom_status), status)));
  }
  c.with.integer(q.limit + 1);
  return fmt::format("with page as materialized (select {} from {} where {} order by {} limit ${}) {}",
                     page_columns, orders, c.where, order, c.with.size(), columns);
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

task<result<pg::rows>> read_page(pg::connection& db, order_list_query q, way how) {
  conditions c;
  std::string text = page_text(c, q, how);
  pg::statement statement{"", text};
  auto found = co_await db.run(statement, std::move(c.with));
  co_return found;
}

} // namespace

task<result<order_page>> list_orders_of(pg::connection& db, order_list_query q) {
  way how;
  std::vector<const filter_row*> narrowing{&row_of(q.view), &row_of(q.only)};
  if (q.unmatched) narrowing.push_back(&row_of(order_view::unassigned));
  for (const filter_row* one : narrowing) {
    bool by_parcels = !one->parcels.empty();
    bool by_sample = !one->sampled.empty() && one != &row_of(order_part::unknown_to_courier);
    if (!by_sample && !(by_parcels && q.query.empty())) continue;
    pg::params which;
    which.text(one->name);
    auto many = co_await db.run(too_many, std::move(which));
    if (!many) co_return many.error();
    if (many->boolean(0, 0)) how.from = by_parcels ? start::from_newest : start::from_all;
  }
  if (q.sweep) {
    pg::params which;
    which.integer(*q.sweep);
    auto many = co_await db.run(changed_by_sweep, std::move(which));
    if (!many) co_return many.error();
    if (many->size() == 0) co_return order_page{{}, std::nullopt, false};
    if (has_many(*many, row_of(q.counted))) how.from = start::from_newest;
  }
  if (!q.status.empty()) {
    std::string status = q.status;
    auto seldom = co_await find_seldom_status(db, std::move(status));
    if (!seldom) co_return seldom.error();
    how.seldom_status = std::move(*seldom);
  }
  auto found = co_await read_page(db, q, how);
  if (!found) co_return found.error();
  if (how.from == start::from_newest && found->size() <= static_cast<std::size_t>(q.limit)) {
    how.from = start::from_few;
    found = co_await read_page(db, q, how);
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
