// Searches, locks, reads and writes; values travel as arrays, one statement a table whatever the number of rows.
#include "common/shop/door_sql.hpp"

#include <boost/json/serialize.hpp>
#include <charconv>

namespace suivi::shop {
namespace {

using texts = std::vector<std::optional<std::string>>;
using integers = std::vector<std::optional<std::int64_t>>;

constexpr pg::statement find_orders{"suivi_find_orders", R"(
  select "id" from "orders" where "reference" = any($1))"};

// By uuid always; by number only for observations that may need it (see add_search).
constexpr pg::statement find_parcels{"suivi_find_parcels", R"(
  select id, order_id from suivi.parcel where uuid = any($1)
  union select id, order_id from suivi.parcel where display_id = any($2)
  union select id, order_id from suivi.parcel where tracking = any($2))"};

constexpr pg::statement find_legacy_orders{"suivi_find_legacy_orders", R"(
  select order_id from suivi.legacy_link where courier_id = any($1))"};

constexpr pg::statement lock_orders{"suivi_lock_orders", R"(
  select "id" from "orders" where "id" = any($1) order by "id" for no key update skip locked)"};

constexpr pg::statement lock_parcels{"suivi_lock_parcels", R"(
  select id from suivi.parcel where id = any($1) or order_id = any($2) order by id for update skip locked)"};

constexpr pg::statement see_orders{"suivi_see_orders", R"(select "id" from "orders" where "id" = any($1))"};

constexpr pg::statement see_parcels{"suivi_see_parcels", R"(
  select id from suivi.parcel where id = any($1) or order_id = any($2))"};

constexpr pg::statement read_orders{"suivi_read_orders", R"(
  select o."id", o."reference", o."shippingAccountId", o."trackingNumber", o."shippingStatus", o."maystroOrderId",
         o."alertedAt", o."alertReason", o."abortReason",
         case when jsonb_typeof(o."additionalMetaData") = 'object' then o."additionalMetaData" -> 'maystro' end,
         coalesce(jsonb_typeof(o."additionalMetaData") in ('object', 'null'), true),
         o."status"::text, a.account, a.contested_by
  from "orders" o left join suivi.adopted_order a on a.order_id = o."id"
  where o."id" = any($1))"};

constexpr pg::statement read_parcels{"suivi_read_parcels", R"(
  select id, account, uuid, display_id, reference, order_id, link, tracking, strength, status,
         alerted_at, alert_reason, abort_reason, known_fields, created_at,
         as_of_shape, as_of_from, as_of_to, source, pulled_at, array_to_string(left_statuses, ',')
  from suivi.parcel where id = any($1) or order_id = any($2))"};

constexpr pg::statement read_legacy_links{"suivi_read_legacy_links", R"(
  select courier_id, order_id from suivi.legacy_link where courier_id = any($1))"};

constexpr pg::statement insert_parcels{"suivi_insert_parcels", R"(
  insert into suivi.parcel (account, uuid, display_id, reference, order_id, link, tracking, strength, status,
                            alerted_at, alert_reason, abort_reason, known_fields, created_at,
                            as_of_shape, as_of_from, as_of_to, source, pulled_at, left_statuses)
  select account, uuid, display_id, reference, order_id, link, tracking, strength, status,
         alerted_at, alert_reason, abort_reason, known_fields, created_at,
         as_of_shape, as_of_from, as_of_to, source, pulled_at, string_to_array(left_statuses, ',')::integer[]
  from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::bigint[],
              $10::bigint[], $11::timestamptz[], $12::text[], $13::text[], $14::bigint[], $15::timestamptz[],
              $16::bigint[], $17::timestamptz[], $18::timestamptz[], $19::bigint[], $20::timestamptz[], $21::text[])
    as p (account, uuid, display_id, reference, order_id, link, tracking, strength, status, alerted_at, alert_reason,
          abort_reason, known_fields, created_at, as_of_shape, as_of_from, as_of_to, source, pulled_at, left_statuses)
  where $1::bigint[] is not null
  order by uuid, account)"};

constexpr pg::statement update_parcels{"suivi_update_parcels", R"(
  update suivi.parcel t
  set account = p.account, uuid = p.uuid, display_id = p.display_id, reference = p.reference, order_id = p.order_id,
      link = p.link, tracking = p.tracking, strength = p.strength, status = p.status, alerted_at = p.alerted_at,
      alert_reason = p.alert_reason, abort_reason = p.abort_reason, known_fields = p.known_fields,
      created_at = p.created_at, as_of_shape = p.as_of_shape, as_of_from = p.as_of_from, as_of_to = p.as_of_to,
      source = p.source, pulled_at = p.pulled_at, left_statuses = string_to_array(p.left_statuses, ',')::integer[]
  from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
              $9::bigint[], $10::bigint[], $11::timestamptz[], $12::text[], $13::text[], $14::bigint[],
              $15::timestamptz[], $16::bigint[], $17::timestamptz[], $18::timestamptz[], $19::bigint[],
              $20::timestamptz[], $21::text[])
    as p (id, account, uuid, display_id, reference, order_id, link, tracking, strength, status, alerted_at, alert_reason,
          abort_reason, known_fields, created_at, as_of_shape, as_of_from, as_of_to, source, pulled_at, left_statuses)
  where t.id = p.id)"};

constexpr pg::statement update_orders{"suivi_update_orders", R"(
  update "orders" o
  set "trackingNumber" = w.tracking, "shippingStatus" = w.shipping_status, "maystroOrderId" = w.maystro_order_id,
      "alertedAt" = w.alerted_at at time zone 'UTC', "alertReason" = w.alert_reason, "abortReason" = w.abort_reason,
      "additionalMetaData" = case
        when w.metadata is null then o."additionalMetaData"
        else coalesce(nullif(o."additionalMetaData", 'null'), '{}') || jsonb_build_object('maystro', w.metadata::jsonb)
      end,
      "status" = case when w.delivers then 'DELIVERED' else o."status" end,
      "updatedAt" = now() at time zone 'UTC'
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[],
              $9::boolean[])
    as w (id, tracking, shipping_status, maystro_order_id, alerted_at, alert_reason, abort_reason, metadata, delivers)
  where o."id" = w.id)"};

constexpr pg::statement insert_changes{"suivi_insert_changes", R"(
  insert into suivi.change (order_id, account, parcel, source, field, from_value, to_value, event_id, sweep_id)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                       $8::bigint[], $9::bigint[]))"};

constexpr pg::statement write_adoptions{"suivi_write_adoptions", R"(
  insert into suivi.adopted_order (order_id, account, contested_by)
  select * from unnest($1::text[], $2::text[], $3::text[])
  on conflict (order_id) do update set account = excluded.account, contested_by = excluded.contested_by)"};

pg::params order_and_parcel_ids(const candidates& found) {
  pg::params both;
  both.integers(integers(found.parcels.begin(), found.parcels.end()));
  both.texts(texts(found.orders.begin(), found.orders.end()));
  return both;
}

texts courier_ids(std::span<const observation> observations) {
  std::set<std::string> ids;
  for (const observation& seen : observations)
    for (const auto& id : {seen.what.uuid, seen.what.display_id, seen.what.tracking})
      if (id) ids.insert(*id);
  return texts(ids.begin(), ids.end());
}

std::set<int> read_statuses(std::string_view list) {
  std::set<int> statuses;
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    int status = 0;
    std::from_chars(one.data(), one.data() + one.size(), status);
    statuses.insert(status);
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return statuses;
}

std::string write_statuses(const std::set<int>& statuses) {
  std::string list;
  for (int status : statuses) {
    if (!list.empty()) list += ',';
    list += std::to_string(status);
  }
  return list;
}

order_row read_order(const pg::rows& rows, std::size_t i) {
  order_row order;
  order.id = rows.text(i, 0);
  order.reference = rows.text(i, 1);
  order.account = rows.maybe_text(i, 2);
  order.columns.tracking = rows.maybe_text(i, 3);
  order.columns.shipping_status = rows.maybe_text(i, 4);
  order.columns.maystro_order_id = rows.maybe_text(i, 5);
  order.columns.alerted_at = rows.maybe_at(i, 6);
  order.columns.alert_reason = rows.maybe_text(i, 7);
  order.columns.abort_reason = rows.maybe_text(i, 8);
  order.columns.metadata = rows.maybe_text(i, 9);
  order.metadata_mergeable = rows.boolean(i, 10);
  order.columns.status = rows.text(i, 11);
  order.adopted_by = rows.maybe_text(i, 12);
  order.contested_by = rows.maybe_text(i, 13);
  return order;
}

parcel_row read_parcel(const pg::rows& rows, std::size_t i) {
  parcel_row parcel;
  parcel.id = rows.integer(i, 0);
  parcel.account = rows.text(i, 1);
  parcel.uuid = rows.maybe_text(i, 2);
  parcel.display_id = rows.maybe_text(i, 3);
  parcel.reference = rows.maybe_text(i, 4);
  parcel.order_id = rows.maybe_text(i, 5);
  parcel.link = static_cast<link_strength>(rows.integer(i, 6));
  parcel.tracking = rows.maybe_text(i, 7);
  parcel.strength = static_cast<maystro::tracking_strength>(rows.integer(i, 8));
  parcel.status = static_cast<int>(rows.integer(i, 9));
  std::int64_t known = rows.integer(i, 13);
  parcel.alerted_at = {(known & 1) != 0, rows.maybe_at(i, 10)};
  parcel.alert_reason = {(known & 2) != 0, rows.maybe_text(i, 11)};
  parcel.abort_reason = {(known & 4) != 0, rows.maybe_text(i, 12)};
  parcel.created_at = rows.maybe_at(i, 14);
  parcel.when.kind = static_cast<as_of::shape>(rows.integer(i, 15));
  parcel.when.from = rows.maybe_at(i, 16).value_or(instant{});
  parcel.when.to = rows.maybe_at(i, 17).value_or(instant{});
  parcel.from = static_cast<source>(rows.integer(i, 18));
  parcel.pulled_at = rows.maybe_at(i, 19);
  parcel.left_statuses = read_statuses(rows.text(i, 20));
  return parcel;
}

pg::params parcel_params(const std::vector<parcel_row>& parcels) {
  integers id, link, strength, status, known, shape, from_source;
  texts account, uuid, display_id, reference, order_id, tracking, alert_reason, abort_reason, left;
  std::vector<std::optional<instant>> alerted_at, created_at, as_of_from, as_of_to, pulled_at;
  for (const parcel_row& p : parcels) {
    bool timed = p.when.kind != as_of::shape::unknown;
    id.push_back(p.id);
    account.push_back(p.account);
    uuid.push_back(p.uuid);
    display_id.push_back(p.display_id);
    reference.push_back(p.reference);
    order_id.push_back(p.order_id);
    link.push_back(static_cast<int>(p.link));
    tracking.push_back(p.tracking);
    strength.push_back(static_cast<int>(p.strength));
    status.push_back(*p.status);
    alerted_at.push_back(p.alerted_at.value);
    alert_reason.push_back(p.alert_reason.value);
    abort_reason.push_back(p.abort_reason.value);
    known.push_back((p.alerted_at.present ? 1 : 0) | (p.alert_reason.present ? 2 : 0) | (p.abort_reason.present ? 4 : 0));
    created_at.push_back(p.created_at);
    shape.push_back(static_cast<int>(p.when.kind));
    as_of_from.push_back(timed ? std::optional(p.when.from) : std::nullopt);
    as_of_to.push_back(timed ? std::optional(p.when.to) : std::nullopt);
    from_source.push_back(static_cast<int>(p.from));
    pulled_at.push_back(p.pulled_at);
    left.push_back(write_statuses(p.left_statuses));
  }
  pg::params all;
  all.integers(id).texts(account).texts(uuid).texts(display_id).texts(reference).texts(order_id).integers(link);
  all.texts(tracking).integers(strength).integers(status).instants(alerted_at).texts(alert_reason).texts(abort_reason);
  all.integers(known).instants(created_at).integers(shape).instants(as_of_from).instants(as_of_to);
  all.integers(from_source).instants(pulled_at).texts(left);
  return all;
}

pg::params order_params(const std::vector<order_write>& orders) {
  texts id, tracking, shipping_status, maystro_order_id, alert_reason, abort_reason, metadata;
  std::vector<std::optional<instant>> alerted_at;
  std::vector<std::optional<bool>> delivers;
  for (const order_write& write : orders) {
    const order_columns& to = write.columns;
    id.push_back(write.order_id);
    tracking.push_back(to.tracking);
    shipping_status.push_back(to.shipping_status);
    maystro_order_id.push_back(to.maystro_order_id);
    alerted_at.push_back(to.alerted_at);
    alert_reason.push_back(to.alert_reason);
    abort_reason.push_back(to.abort_reason);
    metadata.push_back(write.writes_metadata ? to.metadata : std::nullopt);
    delivers.push_back(write.delivers);
  }
  pg::params all;
  all.texts(id).texts(tracking).texts(shipping_status).texts(maystro_order_id).instants(alerted_at);
  all.texts(alert_reason).texts(abort_reason).texts(metadata).booleans(delivers);
  return all;
}

pg::params journal_params(const std::vector<journal_entry>& journal) {
  texts order_id, account, parcel, field, from, to;
  integers from_source, event_id, sweep_id;
  for (const journal_entry& entry : journal) {
    order_id.push_back(entry.order_id);
    account.push_back(entry.account);
    parcel.push_back(entry.parcel);
    from_source.push_back(static_cast<int>(entry.from));
    field.push_back(entry.what.field);
    from.push_back(entry.what.from);
    to.push_back(entry.what.to);
    event_id.push_back(entry.event_id);
    sweep_id.push_back(entry.sweep_id);
  }
  pg::params all;
  all.texts(order_id).texts(account).texts(parcel).integers(from_source).texts(field).texts(from).texts(to);
  all.integers(event_id).integers(sweep_id);
  return all;
}

} // namespace

void add_search(pg::pipeline& opening, std::span<const observation> observations) {
  std::set<std::string> references, uuids, numbers, ids;
  for (const observation& seen : observations) {
    const maystro::shipment& what = seen.what;
    if (what.reference) references.insert(*what.reference);
    if (what.uuid) uuids.insert(*what.uuid);
    if (what.uuid && what.reference && seen.when.kind == as_of::shape::interval) continue;
    for (const auto& number : {what.display_id, what.tracking})
      if (number) numbers.insert(*number);
  }
  opening.add(find_orders, pg::params().texts(texts(references.begin(), references.end())));
  opening.add(find_parcels, pg::params()
                                .texts(texts(uuids.begin(), uuids.end()))
                                .texts(texts(numbers.begin(), numbers.end())));
  opening.add(find_legacy_orders, pg::params().texts(courier_ids(observations)));
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

void add_steps(pg::pipeline& steps, pg::statement orders_first, pg::statement parcels_first, const candidates& found,
               std::span<const observation> observations) {
  texts orders(found.orders.begin(), found.orders.end());
  steps.add(orders_first, pg::params().texts(orders));
  steps.add(parcels_first, order_and_parcel_ids(found));
  steps.add(read_orders, pg::params().texts(orders));
  steps.add(read_parcels, order_and_parcel_ids(found));
  steps.add(read_legacy_links, pg::params().texts(courier_ids(observations)));
}

} // namespace

void add_lock_and_read(pg::pipeline& steps, const candidates& found, std::span<const observation> observations) {
  add_steps(steps, lock_orders, lock_parcels, found, observations);
}

void add_read(pg::pipeline& steps, const candidates& found, std::span<const observation> observations) {
  add_steps(steps, see_orders, see_parcels, found, observations);
}

snapshot read_snapshot(std::span<const pg::rows> answers) {
  std::set<std::string, std::less<>> locked_orders;
  for (std::size_t i = 0; i < answers[0].size(); ++i) locked_orders.emplace(answers[0].text(i, 0));
  std::set<std::int64_t> locked_parcels;
  for (std::size_t i = 0; i < answers[1].size(); ++i) locked_parcels.insert(answers[1].integer(i, 0));

  snapshot read;
  for (std::size_t i = 0; i < answers[2].size(); ++i) {
    read.orders.push_back(read_order(answers[2], i));
    read.orders.back().locked = locked_orders.contains(read.orders.back().id);
  }
  for (std::size_t i = 0; i < answers[3].size(); ++i) {
    read.parcels.push_back(read_parcel(answers[3], i));
    read.parcels.back().locked = locked_parcels.contains(read.parcels.back().id);
  }
  for (std::size_t i = 0; i < answers[4].size(); ++i)
    read.legacy_links.emplace(answers[4].text(i, 0), answers[4].text(i, 1));
  return read;
}

void add_writes(pg::pipeline& closing, const decision& decided) {
  if (!decided.new_parcels.empty()) closing.add(insert_parcels, parcel_params(decided.new_parcels));
  if (!decided.changed_parcels.empty()) closing.add(update_parcels, parcel_params(decided.changed_parcels));
  if (!decided.orders.empty()) closing.add(update_orders, order_params(decided.orders));
  if (!decided.journal.empty()) closing.add(insert_changes, journal_params(decided.journal));
  if (!decided.adoptions.empty()) {
    // One observation adopts, a later one of the same call contests: the last word counts.
    std::map<std::string, const adoption*> last;
    for (const adoption& one : decided.adoptions) last[one.order_id] = &one;
    texts order_id, account, contested_by;
    for (const auto& [id, one] : last) {
      order_id.push_back(id);
      account.push_back(one->account);
      contested_by.push_back(one->contested_by);
    }
    closing.add(write_adoptions, pg::params().texts(order_id).texts(account).texts(contested_by));
  }
}

} // namespace suivi::shop
