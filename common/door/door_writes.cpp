// What the decision writes; values travel as arrays, one statement a table whatever the number of rows.
// Arrays are unnested side by side in a SELECT list: `from unnest(a, b, …)` stores each of them away first,
// at six times the price.
#include "common/door/door_writes.hpp"

#include "common/decision/state_rules.hpp"

#include <fmt/format.h>
#include <tuple>
#include <unordered_map>

namespace suivi::shop {
namespace {

using made_texts = std::vector<std::optional<std::string>>;
using integers = std::vector<std::optional<std::int64_t>>;
using instants = std::vector<std::optional<instant>>;

// Of rows that outlive it.
struct texts {
  std::vector<std::optional<std::string_view>> lent;

  void push_back(const std::string& text) { lent.emplace_back(text); }
  void push_back(const std::optional<std::string>& text) {
    lent.push_back(text ? std::optional<std::string_view>(*text) : std::nullopt);
  }
  void push_back(std::string&&) = delete;
  void push_back(std::optional<std::string>&&) = delete;
};

// What is written here is counted, too: of Suivi's own tables as of the shop's.
constexpr pg::statement insert_parcels{"suivi_insert_parcels", R"(
  with done as (
  insert into suivi.parcel (account, uuid, display_id, reference, order_id, link, tracking, strength, status,
                            alerted_at, alert_reason, abort_reason, known_fields, created_at,
                            as_of_shape, as_of_from, as_of_to, source, pulled_at, left_statuses, courier, state,
                            ended)
  select account, uuid, display_id, reference, order_id, link, tracking, strength, status,
         alerted_at, alert_reason, abort_reason, known_fields, created_at,
         as_of_shape, as_of_from, as_of_to, source, pulled_at, string_to_array(left_statuses, ',')::integer[], courier,
         state, ended
  from (
    select unnest($2::text[]) as account, unnest($3::text[]) as uuid, unnest($4::text[]) as display_id,
           unnest($5::text[]) as reference, unnest($6::text[]) as order_id, unnest($7::bigint[]) as link,
           unnest($8::text[]) as tracking, unnest($9::bigint[]) as strength, unnest($10::bigint[]) as status,
           unnest($11::timestamptz[]) as alerted_at, unnest($12::text[]) as alert_reason,
           unnest($13::text[]) as abort_reason, unnest($14::bigint[]) as known_fields,
           unnest($15::timestamptz[]) as created_at, unnest($16::bigint[]) as as_of_shape,
           unnest($17::timestamptz[]) as as_of_from, unnest($18::timestamptz[]) as as_of_to,
           unnest($19::bigint[]) as source, unnest($20::timestamptz[]) as pulled_at,
           unnest($21::text[]) as left_statuses, unnest($22::bigint[]) as courier, unnest($23::text[]) as state,
           unnest($24::boolean[]) as ended) p
  where $1::bigint[] is not null
  order by uuid, account
  returning 1)
  select suivi.check_written(cardinality($1::bigint[]), (select count(*) from done)))"};

constexpr pg::statement update_parcels{"suivi_update_parcels", R"(
  with done as (
  update suivi.parcel t
  set account = p.account, uuid = p.uuid, display_id = p.display_id, reference = p.reference, order_id = p.order_id,
      link = p.link, tracking = p.tracking, strength = p.strength, status = p.status, alerted_at = p.alerted_at,
      alert_reason = p.alert_reason, abort_reason = p.abort_reason, known_fields = p.known_fields,
      created_at = p.created_at, as_of_shape = p.as_of_shape, as_of_from = p.as_of_from, as_of_to = p.as_of_to,
      source = p.source, pulled_at = p.pulled_at, left_statuses = string_to_array(p.left_statuses, ',')::integer[],
      courier = p.courier, state = p.state, ended = p.ended,
      pull_stored_at = case when p.pulled then now() else t.pull_stored_at end,
      gone_at = case when p.pulled then null else t.gone_at end
  from (
    select unnest($1::bigint[]) as id, unnest($2::text[]) as account, unnest($3::text[]) as uuid,
           unnest($4::text[]) as display_id, unnest($5::text[]) as reference, unnest($6::text[]) as order_id,
           unnest($7::bigint[]) as link, unnest($8::text[]) as tracking, unnest($9::bigint[]) as strength,
           unnest($10::bigint[]) as status, unnest($11::timestamptz[]) as alerted_at,
           unnest($12::text[]) as alert_reason, unnest($13::text[]) as abort_reason,
           unnest($14::bigint[]) as known_fields, unnest($15::timestamptz[]) as created_at,
           unnest($16::bigint[]) as as_of_shape, unnest($17::timestamptz[]) as as_of_from,
           unnest($18::timestamptz[]) as as_of_to, unnest($19::bigint[]) as source,
           unnest($20::timestamptz[]) as pulled_at, unnest($21::text[]) as left_statuses,
           unnest($22::bigint[]) as courier, unnest($23::text[]) as state, unnest($24::boolean[]) as ended,
           unnest($25::boolean[]) as pulled) p
  where t.id = p.id
  returning 1)
  select suivi.check_written(cardinality($1::bigint[]), (select count(*) from done)))"};

// What nearly every observation changes in a parcel, and nothing else of it.
constexpr pg::statement advance_parcels{"suivi_advance_parcels", R"(
  with done as (
  update suivi.parcel t
  set status = p.status, as_of_shape = p.as_of_shape, as_of_from = p.as_of_from, as_of_to = p.as_of_to,
      source = p.source, pulled_at = p.pulled_at,
      left_statuses = case when p.left_statuses is null then t.left_statuses
                           else string_to_array(p.left_statuses, ',')::integer[] end,
      state = p.state, ended = p.ended,
      pull_stored_at = case when p.pulled then now() else t.pull_stored_at end,
      gone_at = case when p.pulled then null else t.gone_at end
  from (
    select unnest($1::bigint[]) as id, unnest($2::bigint[]) as status, unnest($3::bigint[]) as as_of_shape,
           unnest($4::timestamptz[]) as as_of_from, unnest($5::timestamptz[]) as as_of_to,
           unnest($6::bigint[]) as source, unnest($7::timestamptz[]) as pulled_at,
           unnest($8::text[]) as left_statuses, unnest($9::text[]) as state, unnest($10::boolean[]) as ended,
           unnest($11::boolean[]) as pulled) p
  where t.id = p.id
  returning 1)
  select suivi.check_written(cardinality($1::bigint[]), (select count(*) from done)))"};

// A trigger that cancels the UPDATE of a row, or puts something else into it, must not go unnoticed.
constexpr pg::statement update_orders{"suivi_update_orders", R"(
  with w as (
    select unnest($1::text[]) as id, unnest($2::text[]) as tracking, unnest($3::text[]) as shipping_status,
           unnest($4::text[]) as maystro_order_id, unnest($5::timestamptz[]) as alerted_at,
           unnest($6::text[]) as alert_reason, unnest($7::text[]) as abort_reason,
           unnest($8::text[]) as metadata, unnest($9::boolean[]) as delivers
  ), done as (
  update "orders" o
  set "trackingNumber" = w.tracking, "shippingStatus" = w.shipping_status, "maystroOrderId" = w.maystro_order_id,
      "alertedAt" = w.alerted_at at time zone 'UTC', "alertReason" = w.alert_reason, "abortReason" = w.abort_reason,
      "additionalMetaData" = case
        when w.metadata is null then o."additionalMetaData"
        else coalesce(nullif(o."additionalMetaData", 'null'), '{}') || w.metadata::jsonb
      end,
      "status" = case when w.delivers then 'DELIVERED' else o."status" end,
      "updatedAt" = now() at time zone 'UTC'
  from w where o."id" = w.id
  returning o."trackingNumber" is not distinct from w.tracking
            and o."shippingStatus" is not distinct from w.shipping_status as kept)
  select suivi.check_written(cardinality($1::text[]), (select count(*) filter (where kept) from done)))"};

constexpr pg::statement insert_changes{"suivi_insert_changes", R"(
  with done as (
  insert into suivi.change (order_id, account, parcel, source, field, from_value, to_value, event_id, sweep_id)
  select unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::bigint[]), unnest($5::text[]),
         unnest($6::text[]), unnest($7::text[]), unnest($8::bigint[]), unnest($9::bigint[])
  returning 1)
  select suivi.check_written(cardinality($1::text[]), (select count(*) from done)))"};

// Rarely called: there are few states that nobody has a text for.
constexpr pg::statement count_unknown_states{"suivi_count_unknown_states", R"(
  insert into suivi.unknown_state as u (courier, times)
  select courier, count(*) from (select unnest($1::bigint[]) as courier) moved group by courier order by courier
  on conflict (courier) do update set times = u.times + excluded.times)"};

constexpr pg::statement write_adoptions{"suivi_write_adoptions", R"(
  with done as (
  insert into suivi.adopted_order as a (order_id, account, contested_by)
  select * from unnest($1::text[], $2::text[], $3::text[])
  on conflict (order_id) do update
  set account = excluded.account, contested_by = excluded.contested_by,
      at = case when excluded.contested_by is distinct from a.contested_by then now() else a.at end
  returning 1)
  select suivi.check_written(cardinality($1::text[]), (select count(*) from done)))"};

std::optional<std::string> text_of(const std::optional<parcel_state>& state) {
  return state && !state->is_number() ? std::optional(state->text()) : std::nullopt;
}

int number_or_none(const std::optional<parcel_state>& state) {
  return state ? state->number() : parcel_state::no_number;
}

// Of numbers the table itself knows which are the last ones.
bool has_ended(const parcel_row& parcel) {
  return text_of(parcel.status) && is_final(parcel.courier, *parcel.status);
}

// What is merged into the shop's column, by the couriers' slugs.
std::string metadata_object(const order_columns& columns) {
  std::string object;
  for (courier_kind which : couriers) {
    const std::optional<std::string>& kept = columns.metadata[index_of(which)];
    if (kept) object += fmt::format("{}\"{}\":{}", object.empty() ? "" : ",", slug(which), *kept);
  }
  return "{" + object + "}";
}

std::string write_statuses(const std::set<int>& statuses) {
  std::string list;
  for (int status : statuses) {
    if (!list.empty()) list += ',';
    list += std::to_string(status);
  }
  return list;
}

pg::params parcel_params(const std::vector<parcel_row>& parcels) {
  integers id, link, strength, status, known, shape, from_source, courier;
  texts account, uuid, display_id, reference, order_id, tracking, alert_reason, abort_reason;
  made_texts left, state;
  std::vector<std::optional<bool>> ended;
  instants alerted_at, created_at, as_of_from, as_of_to, pulled_at;
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
    status.push_back(number_or_none(p.status));
    state.push_back(text_of(p.status));
    courier.push_back(static_cast<int>(p.courier));
    ended.push_back(has_ended(p));
    alerted_at.push_back(p.alerted_at.value);
    alert_reason.push_back(p.alert_reason.value);
    abort_reason.push_back(p.abort_reason.value);
    known.push_back((p.alerted_at.present ? 1 : 0) | (p.alert_reason.present ? 2 : 0) |
                    (p.abort_reason.present ? 4 : 0));
    created_at.push_back(p.created_at);
    shape.push_back(static_cast<int>(p.when.kind));
    as_of_from.push_back(timed ? std::optional(p.when.from) : std::nullopt);
    as_of_to.push_back(timed ? std::optional(p.when.to) : std::nullopt);
    from_source.push_back(static_cast<int>(p.from));
    pulled_at.push_back(p.pulled_at);
    left.push_back(write_statuses(p.past_statuses));
  }
  pg::params all;
  all.integers(id).lent_texts(account.lent).lent_texts(uuid.lent).lent_texts(display_id.lent);
  all.lent_texts(reference.lent).lent_texts(order_id.lent).integers(link).lent_texts(tracking.lent);
  all.integers(strength).integers(status).instants(alerted_at).lent_texts(alert_reason.lent);
  all.lent_texts(abort_reason.lent).integers(known).instants(created_at).integers(shape);
  all.instants(as_of_from).instants(as_of_to).integers(from_source).instants(pulled_at);
  all.texts(left).integers(courier).texts(state).booleans(ended);
  return all;
}

// Both lists in the same order.
pg::params advance_params(const std::vector<const parcel_row*>& parcels,
                          const std::vector<const parcel_row*>& before) {
  integers id, status, shape, from_source;
  made_texts left, state;
  std::vector<std::optional<bool>> ended;
  instants as_of_from, as_of_to, pulled_at;
  std::vector<std::optional<bool>> pulled;
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    const parcel_row& p = *parcels[i];
    bool timed = p.when.kind != as_of::shape::unknown;
    id.push_back(p.id);
    status.push_back(number_or_none(p.status));
    state.push_back(text_of(p.status));
    ended.push_back(has_ended(p));
    shape.push_back(static_cast<int>(p.when.kind));
    as_of_from.push_back(timed ? std::optional(p.when.from) : std::nullopt);
    as_of_to.push_back(timed ? std::optional(p.when.to) : std::nullopt);
    from_source.push_back(static_cast<int>(p.from));
    pulled_at.push_back(p.pulled_at);
    pulled.push_back(p.pulled);
    bool same = p.past_statuses == before[i]->past_statuses;
    left.push_back(same ? std::nullopt : std::optional(write_statuses(p.past_statuses)));
  }
  pg::params all;
  all.integers(id)
      .integers(status)
      .integers(shape)
      .instants(as_of_from)
      .instants(as_of_to)
      .integers(from_source);
  all.instants(pulled_at).texts(left).texts(state).booleans(ended).booleans(pulled);
  return all;
}

// No more has changed than advance_parcels writes.
bool only_advanced(const parcel_row& before, const parcel_row& now) {
  auto rest_of = [](const parcel_row& parcel) {
    // All are named, so that none is forgotten.
    const auto& [id, courier, account, uuid, display_id, reference, order_id, link, tracking, strength,
                 status, alerted_at, alert_reason, abort_reason, created_at, when, from, pulled_at, pulled,
                 past_statuses, locked] = parcel;
    return std::tie(id, courier, account, uuid, display_id, reference, order_id, link, tracking, strength,
                    alerted_at, alert_reason, abort_reason, created_at, locked);
  };
  return rest_of(before) == rest_of(now);
}

void add_parcel_updates(pg::pipeline& closing, const std::vector<parcel_row>& changed,
                        std::span<const parcel_row> before) {
  std::unordered_map<std::int64_t, const parcel_row*> was;
  for (const parcel_row& parcel : before) was.emplace(parcel.id, &parcel);
  std::vector<const parcel_row*> advanced, advanced_from;
  std::vector<parcel_row> others;
  for (const parcel_row& parcel : changed) {
    auto known = was.find(parcel.id);
    if (known != was.end() && only_advanced(*known->second, parcel)) {
      advanced.push_back(&parcel);
      advanced_from.push_back(known->second);
    } else {
      others.push_back(parcel);
    }
  }
  if (!advanced.empty()) closing.add(advance_parcels, advance_params(advanced, advanced_from));
  if (others.empty()) return;
  std::vector<std::optional<bool>> pulled;
  for (const parcel_row& parcel : others) pulled.push_back(parcel.pulled);
  pg::params written = parcel_params(others);
  written.booleans(pulled);
  closing.add(update_parcels, std::move(written));
}

// Of the parcels that came to a state without a text of its own.
void add_unknown_states(pg::pipeline& closing, const decision& decided, std::span<const parcel_row> before) {
  integers moved;
  auto check_parcel = [&](const parcel_row& parcel) {
    if (!parcel.status || is_known(parcel.courier, *parcel.status)) return;
    for (const parcel_row& was : before)
      if (was.id == parcel.id && parcel.id != 0 && was.status == parcel.status) return;
    moved.emplace_back(static_cast<int>(parcel.courier));
  };
  for (const parcel_row& parcel : decided.new_parcels) check_parcel(parcel);
  for (const parcel_row& parcel : decided.changed_parcels) check_parcel(parcel);
  if (!moved.empty()) closing.add(count_unknown_states, pg::params().integers(moved));
}

pg::params order_params(const std::vector<order_write>& orders) {
  texts id, tracking, shipping_status, maystro_order_id, alert_reason, abort_reason;
  made_texts metadata;
  instants alerted_at;
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
    metadata.push_back(write.writes_metadata ? std::optional(metadata_object(to)) : std::nullopt);
    delivers.push_back(write.delivers);
  }
  pg::params all;
  all.lent_texts(id.lent)
      .lent_texts(tracking.lent)
      .lent_texts(shipping_status.lent)
      .lent_texts(maystro_order_id.lent);
  all.instants(alerted_at)
      .lent_texts(alert_reason.lent)
      .lent_texts(abort_reason.lent)
      .texts(metadata)
      .booleans(delivers);
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
    field.push_back(entry.change.field);
    from.push_back(entry.change.from);
    to.push_back(entry.change.to);
    event_id.push_back(entry.event_id);
    sweep_id.push_back(entry.sweep_id);
  }
  pg::params all;
  all.lent_texts(order_id.lent)
      .lent_texts(account.lent)
      .lent_texts(parcel.lent)
      .integers(from_source)
      .lent_texts(field.lent);
  all.lent_texts(from.lent).lent_texts(to.lent);
  all.integers(event_id).integers(sweep_id);
  return all;
}

} // namespace

void add_writes(pg::pipeline& closing, const decision& decided, std::span<const parcel_row> before) {
  if (!decided.new_parcels.empty()) closing.add(insert_parcels, parcel_params(decided.new_parcels));
  add_parcel_updates(closing, decided.changed_parcels, before);
  add_unknown_states(closing, decided, before);
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
    closing.add(
        write_adoptions,
        pg::params().lent_texts(order_id.lent).lent_texts(account.lent).lent_texts(contested_by.lent));
  }
}

} // namespace suivi::shop
