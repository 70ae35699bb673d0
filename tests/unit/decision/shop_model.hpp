// A shop in memory that lives on between calls of the door's decision, as the database would, and the few
// observations the tests speak of.
#pragma once

#include "common/decision/decide.hpp"

#include <doctest/doctest.h>

namespace suivi::shop {

inline constexpr instant noon =
    std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + std::chrono::hours(12);

inline instant at(int s) {
  return noon + seconds(s);
}
inline as_of webhook(int published) {
  return {as_of::shape::point, at(published), at(published)};
}
inline as_of untimed(int received) {
  return {as_of::shape::untimed, at(received), at(received)};
}
inline as_of pull(int from, int to) {
  return {as_of::shape::interval, at(from), at(to)};
}

// A shop that lives on between calls, as the database would.
struct shop_model {
  snapshot rows;
  door_options options;
  std::int64_t next_parcel_id = 1;
  std::vector<journal_entry> journal;

  order_row& add_order(std::string reference, std::optional<std::string> account = "account-a") {
    order_row order;
    order.id = "order-" + reference;
    order.reference = std::move(reference);
    order.account = std::move(account);
    order.columns.status = "CONFIRMED";
    order.locked = true;
    rows.orders.push_back(order);
    return rows.orders.back();
  }

  order_row& order(std::string_view reference) {
    for (order_row& one : rows.orders)
      if (one.reference == reference) return one;
    FAIL("no such order");
    throw 0;
  }

  std::vector<verdict> apply(std::vector<observation> observations) {
    decision made = decide(rows, observations, options);
    for (parcel_row& parcel : made.new_parcels) {
      parcel.id = next_parcel_id++;
      rows.parcels.push_back(parcel);
    }
    for (const parcel_row& changed : made.changed_parcels)
      for (parcel_row& parcel : rows.parcels)
        if (parcel.id == changed.id) parcel = changed;
    for (const order_write& write : made.orders)
      for (order_row& one : rows.orders)
        if (one.id == write.order_id) one.columns = write.columns;
    for (const adoption& adopted : made.adoptions)
      for (order_row& one : rows.orders)
        if (one.id == adopted.order_id)
          one.adopted_by = adopted.account, one.contested_by = adopted.contested_by;
    journal.insert(journal.end(), made.journal.begin(), made.journal.end());
    return made.verdicts;
  }

  verdict apply(observation observed) { return apply(std::vector{observed}).front(); }
};

inline observation make_observation(source from, as_of when, std::string reference, std::string uuid,
                                    int status) {
  observation o;
  o.account = "account-a";
  o.from = from;
  o.when = when;
  if (!reference.empty()) o.shipment.reference = reference;
  if (!uuid.empty()) o.shipment.uuid = uuid;
  o.shipment.status = status;
  return o;
}

inline observation a_row(int start, std::string reference, std::string uuid, int status, int created = 0) {
  observation o = make_observation(source::sweep, pull(start, start + 1), reference, uuid, status);
  o.shipment.tracking = "track-" + uuid;
  o.shipment.display_id = "display-" + uuid;
  o.shipment.created_at = at(created);
  return o;
}

inline observation push(int published, std::string reference, std::string uuid, int status) {
  observation o = make_observation(source::webhook, webhook(published), reference, uuid, status);
  if (!uuid.empty()) o.shipment.display_id = "display-" + uuid;
  return o;
}

} // namespace suivi::shop
