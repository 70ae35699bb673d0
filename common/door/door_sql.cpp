// Searches, locks and reads; values travel as arrays, one statement a table whatever the number of rows.
#include "common/door/door_sql.hpp"

#include "common/decision/fast_path.hpp"
#include "common/door/door_rows.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <unordered_set>

namespace suivi::shop {
namespace {

using texts = std::vector<std::optional<std::string>>;
using integers = std::vector<std::optional<std::int64_t>>;

constexpr pg::statement find_orders{"suivi_find_orders", R"(
  select "id"::text from "orders" where "reference" = any($1))"};

// Of parcels and orders that bear one number or id, `limit 10` is bearers_looked_at_max: beyond it, it tells
// nothing. By uuid always; by number only for observations that may need it (see add_search).
constexpr pg::statement find_parcels{"suivi_find_parcels", R"(
  select id, order_id from suivi.parcel where uuid = any($1)
  union
  select p.id, p.order_id from unnest($2::text[]) as reported(number) cross join lateral (
    select id, order_id from suivi.parcel where display_id = reported.number limit 10) p
  union
  select p.id, p.order_id from unnest($2::text[]) as reported(number) cross join lateral (
    select id, order_id from suivi.parcel where tracking = reported.number limit 10) p)"};

// None of an id that so many bear that it is no identity: they would be locked for nothing.
constexpr pg::statement find_legacy_orders{"suivi_find_legacy_orders", R"(
  select unnest(l.orders) from unnest($1::text[]) as reported(id) cross join lateral (
    select array_agg(few.order_id) as orders
    from (select order_id from suivi.legacy_link where courier_id = reported.id limit 10) few) l
  where cardinality(l.orders) < 10)"};

constexpr pg::statement lock_orders{"suivi_lock_orders", R"(
  select "id"::text from "orders" where "id" = any($1) order by "id" for no key update skip locked)"};

// A parcel whose order is in the shop is written under that order's lock alone; one whose order has gone,
// under its own.
constexpr pg::statement lock_orphans{"suivi_lock_orphans", R"(
  select p.id from suivi.parcel p
  where p.id = any($1) and not exists (select from "orders" o where o."id" = p.order_id)
  order by p.id for update skip locked)"};

constexpr pg::statement see_orders{"suivi_see_orders",
                                   R"(select "id"::text from "orders" where "id" = any($1))"};

constexpr pg::statement see_parcels{"suivi_see_parcels", R"(
  select id from suivi.parcel where id = any($1) or order_id = any($2))"};

// As text: a character(n) is padded with blanks, which the cast drops and comparing with a text does not see.
#define SUIVI_PLAIN_ORDER_COLUMNS                                                                            \
  R"(
  o."id"::text, o."reference"::text, o."shippingAccountId"::text, o."trackingNumber"::text,
  o."shippingStatus"::text, o."maystroOrderId"::text, o."alertedAt", o."alertReason"::text, o."abortReason"::text)"

// What of an order's metadata is read: each courier's key, in the order of suivi::couriers, or nulls instead.
std::string order_columns_sql(bool with_metadata) {
  std::string columns = SUIVI_PLAIN_ORDER_COLUMNS ", ";
  columns +=
      with_metadata ? "coalesce(jsonb_typeof(o.\"additionalMetaData\") in ('object', 'null'), true)" : "true";
  columns += R"(, o."status"::text)";
  for (courier_kind which : couriers)
    columns += with_metadata ? fmt::format(R"(, (o."additionalMetaData" -> '{}')::text)", slug(which))
                             : ", null::text";
  return columns;
}

#define SUIVI_PARCEL_COLUMNS                                                                                 \
  R"(
  p.id, p.account, p.uuid, p.display_id, p.reference, p.order_id, p.link, p.tracking, p.strength, p.status,
  p.alerted_at, p.alert_reason, p.abort_reason, p.known_fields, p.created_at,
  p.as_of_shape, p.as_of_from, p.as_of_to, p.source, p.pulled_at, array_to_string(p.left_statuses, ','),
  p.courier, p.state)"

// FOR UPDATE answers a row as it is under the lock, newer than the statement's snapshot. That holds for the
// locked table only: adoptions are read by a later statement. Which orders were locked is kept in a setting
// of the transaction, so that their parcels are read in the same round trip, by a later statement, without
// finding the orders a second time. Always a row: where no order was locked, of nulls.
// Plans are kept: one made while Suivi's tables were small, or had no statistics yet, would read them whole
// ever after, each batch more. So what follows in the transaction, all of it by keys, is planned without
// that.
std::string lock_referenced_sql(bool with_metadata) {
  return "with locked as materialized (select " + order_columns_sql(with_metadata) + R"(
    from "orders" o where o."reference" = any($1) for no key update skip locked
  ), kept as materialized (
    select set_config('suivi.locked_orders', coalesce(array_agg("id"), '{}')::text, true),
           set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
           set_config('enable_mergejoin', 'off', true) from locked
  )
  select locked.* from kept left join locked on true)";
}

pg::statement lock_referenced() {
  static const std::string text = lock_referenced_sql(true);
  return {"suivi_lock_referenced", text, true};
}

// The same without the column that only what carries metadata of its own is compared with: often long, and
// stored apart from its row.
pg::statement lock_referenced_plainly() {
  static const std::string text = lock_referenced_sql(false);
  return {"suivi_lock_referenced_plainly", text, true};
}

constexpr pg::statement adoptions_of{"suivi_adoptions_of", R"(
  select order_id, account, contested_by from suivi.adopted_order where order_id = any($1))"};

// The setting in a query of its own, so that it is read once. No join: where the table was analyzed while it
// was empty, one would begin with the whole of it.
constexpr pg::statement read_parcels_of_locked{"suivi_read_parcels_of_locked",
                                               "select " SUIVI_PARCEL_COLUMNS R"(
  from suivi.parcel p where p.order_id = any ((select current_setting('suivi.locked_orders')::text[])::text[]))",
                                               true};

constexpr pg::statement read_parcels_by_uuid{"suivi_read_parcels_by_uuid", "select " SUIVI_PARCEL_COLUMNS R"(
  from suivi.parcel p where p.uuid = any($1))"};

pg::statement read_orders() {
  static const std::string text = "select " + order_columns_sql(true) + R"(, a.account, a.contested_by
  from "orders" o left join suivi.adopted_order a on a.order_id = o."id"
  where o."id" = any($1))";
  return {"suivi_read_orders", text};
}

constexpr pg::statement read_parcels{"suivi_read_parcels", "select " SUIVI_PARCEL_COLUMNS R"(,
         not exists (select from "orders" o where o."id" = p.order_id)
  from suivi.parcel p where p.id = any($1) or p.order_id = any($2))"};

// Without the schema: the old columns themselves instead of the links that were read from them.
pg::statement read_shop_orders() {
  static const std::string text = "select " + order_columns_sql(true) + R"(, null::text, null::text
  from "orders" o
  where o."reference" = any($1) or o."trackingNumber" = any($2) or o."maystroOrderId" = any($2))";
  return {"suivi_read_shop_orders", text};
}

// In one statement, hence as of one moment. An order without a parcel is not among them. Whatever the
// statistics say, it begins with the orders (offset 0).
pg::statement look_at_referenced() {
  static const std::string text = "select " + order_columns_sql(false) + "," SUIVI_PARCEL_COLUMNS R"(
  from "orders" o cross join lateral (select * from suivi.parcel q where q.order_id = o."id" offset 0) p
  where o."reference" = any($1))";
  return {"suivi_look_at_referenced", text, true};
}

constexpr pg::statement plan_by_keys{"suivi_plan_by_keys", R"(
  select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
         set_config('enable_mergejoin', 'off', true))"};

#undef SUIVI_PLAIN_ORDER_COLUMNS
#undef SUIVI_PARCEL_COLUMNS

constexpr pg::statement read_legacy_links{"suivi_read_legacy_links", R"(
  select reported.id, l.order_id from unnest($1::text[]) as reported(id) cross join lateral (
    select order_id from suivi.legacy_link where courier_id = reported.id limit 10) l)"};

pg::params order_and_parcel_ids(const candidates& found) {
  pg::params both;
  both.integers(integers(found.parcels.begin(), found.parcels.end()));
  both.texts(texts(found.orders.begin(), found.orders.end()));
  return both;
}

texts courier_ids(std::span<const observation> observations) {
  std::set<std::string> ids;
  for (const observation& observed : observations)
    for (const auto& id : {observed.shipment.uuid, observed.shipment.display_id, observed.shipment.tracking})
      if (id) ids.insert(*id);
  return texts(ids.begin(), ids.end());
}

// Those that `into` has not got; locked with the order they are linked to.
void add_parcels(snapshot& into, const pg::rows& rows) {
  std::unordered_set<std::string_view> locked;
  for (const order_row& order : into.orders)
    if (order.locked) locked.insert(order.id);
  std::unordered_set<std::int64_t> known_ids;
  for (const parcel_row& parcel : into.parcels) known_ids.insert(parcel.id);
  into.parcels.reserve(into.parcels.size() + rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!known_ids.insert(rows.integer(i, 0)).second) continue;
    parcel_row& parcel = into.parcels.emplace_back(read_parcel(rows, i));
    parcel.locked = parcel.order_id && locked.contains(*parcel.order_id);
  }
}

} // namespace

pg::params order_ids(const std::vector<std::string>& ids) {
  pg::params with;
  with.texts(texts(ids.begin(), ids.end()));
  return with;
}

void add_fast_path(pg::pipeline& opening, std::span<const observation> observations) {
  texts references;
  bool metadata = false;
  for (const observation& observed : observations) {
    metadata = metadata || !observed.shipment.metadata.empty();
    if (!observed.shipment.reference || !observed.shipment.uuid) continue;
    references.push_back(observed.shipment.reference);
  }
  opening.add(metadata ? lock_referenced() : lock_referenced_plainly(), pg::params().texts(references));
  opening.add(read_parcels_of_locked);
}

snapshot read_fast_path(std::span<const pg::rows> answers) {
  snapshot read;
  const pg::rows& orders = answers[0];
  read.orders.reserve(orders.size());
  for (std::size_t i = 0; i < orders.size(); ++i)
    if (!orders.null(i, 0)) read.orders.emplace_back(read_order(orders, i)).locked = true;
  add_parcels(read, answers[1]);
  return read;
}

void add_unlocked_look(pg::pipeline& looking, std::span<const observation> observations) {
  texts references;
  for (const observation& observed : observations)
    if (observed.shipment.reference && observed.shipment.uuid)
      references.push_back(observed.shipment.reference);
  looking.add(plan_by_keys);
  looking.add(look_at_referenced(), pg::params().texts(references));
}

snapshot read_unlocked_look(std::span<const pg::rows> answers) {
  snapshot read;
  const pg::rows& rows = answers[1];
  std::unordered_set<std::string_view> known;
  read.parcels.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (known.insert(rows.text(i, 0)).second) read.orders.emplace_back(read_order(rows, i)).locked = true;
    read.parcels.emplace_back(read_parcel(rows, i, order_columns_read)).locked = true;
  }
  return read;
}

task<result<void>> read_aside(pg::connection& db, snapshot& rows, std::span<const observation> observations,
                              bool adopt_unassigned) {
  std::unordered_map<std::string_view, order_row*> of_nobody;
  texts ids;
  for (order_row& order : rows.orders) {
    if (order.account) continue;
    of_nobody.emplace(order.id, &order);
    ids.emplace_back(order.id);
  }
  std::vector<std::string> uuids = uuids_not_met(rows, observations, adopt_unassigned);
  pg::pipeline asking;
  if (!ids.empty()) asking.add(adoptions_of, pg::params().texts(ids));
  if (!uuids.empty()) asking.add(read_parcels_by_uuid, pg::params().texts(texts(uuids.begin(), uuids.end())));
  if (asking.size() == 0) co_return result<void>();
  auto answers = co_await db.run(std::move(asking));
  if (!answers) co_return answers.error();
  if (!uuids.empty()) add_parcels(rows, answers->back());
  if (ids.empty()) co_return result<void>();
  const pg::rows& adopted = answers->front();
  for (std::size_t i = 0; i < adopted.size(); ++i) {
    order_row& order = *of_nobody.at(adopted.text(i, 0));
    order.adopted_by = adopted.maybe_text(i, 1);
    order.contested_by = adopted.maybe_text(i, 2);
  }
  co_return result<void>();
}

void add_search(pg::pipeline& opening, std::span<const observation> observations) {
  std::set<std::string> references, uuids, numbers, ids;
  for (const observation& observed : observations) {
    const suivi::shipment& shipment = observed.shipment;
    if (shipment.reference) {
      references.insert(*shipment.reference);
      references.insert(without_blanks_around(*shipment.reference));
    }
    if (shipment.uuid) uuids.insert(*shipment.uuid);
    if (shipment.uuid && shipment.reference && is_pull(observed.when.kind)) continue;
    for (const auto& number : {shipment.display_id, shipment.tracking})
      if (number) numbers.insert(*number);
  }
  opening.add(find_orders, pg::params().texts(texts(references.begin(), references.end())));
  opening.add(
      find_parcels,
      pg::params().texts(texts(uuids.begin(), uuids.end())).texts(texts(numbers.begin(), numbers.end())));
  opening.add(find_legacy_orders, pg::params().texts(courier_ids(observations)));
}

void add_read_shop(pg::pipeline& steps, std::span<const observation> observations) {
  std::set<std::string> references;
  for (const observation& observed : observations) {
    if (!observed.shipment.reference) continue;
    references.insert(*observed.shipment.reference);
    references.insert(without_blanks_around(*observed.shipment.reference));
  }
  steps.add(read_shop_orders(),
            pg::params().texts(texts(references.begin(), references.end())).texts(courier_ids(observations)));
}

snapshot read_shop(const pg::rows& answer, std::span<const observation> observations) {
  snapshot read;
  std::set<std::string> reported_ids;
  for (const std::optional<std::string>& id : courier_ids(observations)) reported_ids.insert(*id);
  for (std::size_t i = 0; i < answer.size(); ++i) {
    order_row& order = read.orders.emplace_back(read_order(answer, i));
    order.locked = true;
    std::set<std::string> own_ids;
    for (const auto& id : {order.columns.tracking, order.columns.maystro_order_id})
      if (id && reported_ids.contains(*id) && own_ids.insert(*id).second)
        read.legacy_links.emplace(*id, order.id);
  }
  return read;
}

candidates read_search(std::span<const pg::rows> answers, std::size_t first) {
  candidates found;
  const pg::rows& orders = answers[first];
  for (std::size_t i = 0; i < orders.size(); ++i) found.orders.emplace(orders.text(i, 0));
  const pg::rows& parcels = answers[first + 1];
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    found.parcels.insert(parcels.integer(i, 0));
    if (!parcels.null(i, 1)) found.orders.emplace(parcels.text(i, 1));
  }
  const pg::rows& legacy = answers[first + 2];
  for (std::size_t i = 0; i < legacy.size(); ++i) found.orders.emplace(legacy.text(i, 0));
  return found;
}

namespace {

void add_steps(pg::pipeline& steps, pg::statement orders_first, pg::statement parcels_first,
               const candidates& found, std::span<const observation> observations) {
  texts orders(found.orders.begin(), found.orders.end());
  steps.add(orders_first, pg::params().texts(orders));
  steps.add(parcels_first, order_and_parcel_ids(found));
  steps.add(read_orders(), pg::params().texts(orders));
  steps.add(read_parcels, order_and_parcel_ids(found));
  steps.add(read_legacy_links, pg::params().texts(courier_ids(observations)));
}

} // namespace

void add_lock_and_read(pg::pipeline& steps, const candidates& found,
                       std::span<const observation> observations) {
  add_steps(steps, lock_orders, lock_orphans, found, observations);
}

void add_read(pg::pipeline& steps, const candidates& found, std::span<const observation> observations) {
  add_steps(steps, see_orders, see_parcels, found, observations);
}

snapshot read_snapshot(std::span<const pg::rows> answers) {
  std::set<std::string, std::less<>> locked_orders;
  for (std::size_t i = 0; i < answers[0].size(); ++i) locked_orders.emplace(answers[0].text(i, 0));
  std::set<std::int64_t> locked_orphans;
  for (std::size_t i = 0; i < answers[1].size(); ++i) locked_orphans.insert(answers[1].integer(i, 0));

  snapshot read;
  for (std::size_t i = 0; i < answers[2].size(); ++i) {
    order_row& order = read.orders.emplace_back(read_order(answers[2], i));
    order.adopted_by = answers[2].maybe_text(i, order_columns_read);
    order.contested_by = answers[2].maybe_text(i, order_columns_read + 1);
    order.locked = locked_orders.contains(order.id);
  }
  for (std::size_t i = 0; i < answers[3].size(); ++i) {
    parcel_row& parcel = read.parcels.emplace_back(read_parcel(answers[3], i));
    // It may have got an order between the look and the lock.
    bool still_orphan = answers[3].boolean(i, 23);
    parcel.locked =
        still_orphan ? locked_orphans.contains(parcel.id) : locked_orders.contains(*parcel.order_id);
  }
  for (std::size_t i = 0; i < answers[4].size(); ++i)
    read.legacy_links.emplace(answers[4].text(i, 0), answers[4].text(i, 1));
  return read;
}

} // namespace suivi::shop
