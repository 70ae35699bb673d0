// Reads one parcel at the courier and gives what it says to the door.
#include "common/shop/single_read.hpp"

#include "common/courier_list/parts.hpp"

#include <algorithm>

namespace suivi::shop {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

observation observe_for(shipment row, const wanted_read& wanted, source as, pull_kind kind,
                        const courier::response_meta& how, milliseconds read_lag) {
  // A courier that knows no references: it was asked for this order's parcel.
  bool tells_references = courier::capabilities_of(row.courier).references_max > 0;
  if (!tells_references && !wanted.reference.empty()) row.reference = wanted.reference;
  observation o = observe(std::move(row), as, kind, how, read_lag);
  o.account = wanted.account;
  o.event_id = wanted.event_id;
  return o;
}

} // namespace

observation observe(shipment row, source as, pull_kind kind, const courier::response_meta& how,
                    milliseconds read_lag) {
  observation o;
  o.from = as;
  as_of by_request = pull_time(how.requested_at, how.answered_at, how.server_date, read_lag);
  o.when = pull_time(row.status_at, kind, by_request);
  o.read_at = by_request.to;
  o.shipment = std::move(row);
  return o;
}

task<courier::answer<std::vector<observation>>>
read_parcels(courier::courier_api& courier, wanted_read wanted, source as, milliseconds read_lag) {
  std::vector<observation> parcels;
  if (wanted.uuid) {
    const auto uuid = *wanted.uuid;
    auto found = co_await courier.one(uuid);
    if (!found.content) co_return courier::answer<std::vector<observation>>{found.content.error(), found.how};
    auto& row = *found.content;
    if (!row.uuid || *row.uuid != uuid || !row.status) {
      auto e = transient("courier:malformed", "the answer is not the parcel that was asked for");
      co_return courier::answer<std::vector<observation>>{e, found.how};
    }
    parcels.push_back(observe_for(std::move(row), wanted, as, pull_kind::answer, found.how, read_lag));
    co_return courier::answer<std::vector<observation>>{std::move(parcels), found.how};
  }
  const auto reference = wanted.reference;
  std::vector<std::string> references{reference};
  auto listed = co_await courier.find_by_references(std::move(references), true);
  if (!listed.content)
    co_return courier::answer<std::vector<observation>>{listed.content.error(), listed.how};
  for (auto& row : listed.content->rows)
    if (is_reference(row.reference, reference) && row.status)
      parcels.push_back(observe_for(std::move(row), wanted, as, pull_kind::row, listed.how, read_lag));
  // Where none of the rows is the reference's and there are more, the filter was ignored or something could
  // not be read: nobody knows whether it is there.
  if (parcels.empty() && !listed.content->is_whole()) {
    auto e = permanent("courier:unfiltered", "the courier's answer is not about that reference alone");
    co_return courier::answer<std::vector<observation>>{e, listed.how};
  }
  if (parcels.empty()) {
    auto e = permanent("courier:not_found", "the courier shows no parcel of that reference");
    co_return courier::answer<std::vector<observation>>{e, listed.how};
  }
  co_return courier::answer<std::vector<observation>>{std::move(parcels), listed.how};
}

task<courier::answer<std::vector<verdict>>> read_and_apply(courier::courier_api& courier,
                                                           pg::pool& connections, wanted_read wanted,
                                                           source as, door_options options) {
  auto read = co_await read_parcels(courier, std::move(wanted), as, options.read_lag);
  if (!read.content) co_return courier::answer<std::vector<verdict>>{read.content.error(), read.how};
  const auto parcels = std::move(*read.content);
  const auto deadline = steady_clock::now() + 5s;
  milliseconds pause = 20ms;
  for (;;) {
    auto db = co_await connections.acquire(deadline);
    if (!db) co_return courier::answer<std::vector<verdict>>{db.error(), read.how};
    auto& connection = **db;
    std::span<const observation> observations(parcels);
    auto verdicts = co_await apply(connection, observations, options);
    if (!verdicts) co_return courier::answer<std::vector<verdict>>{verdicts.error(), read.how};
    bool busy = std::any_of(verdicts->begin(), verdicts->end(),
                            [](const verdict& v) { return v.outcome == outcome::busy; });
    if (!busy) co_return courier::answer<std::vector<verdict>>{std::move(*verdicts), read.how};
    if (pause > 500ms) {
      auto e = transient("shop:busy", "the order stays locked");
      co_return courier::answer<std::vector<verdict>>{e, read.how};
    }
    {
      auto back = std::move(*db); // not held while waiting
    }
    co_await runtime::sleep_for(pause);
    pause *= 2;
  }
}

} // namespace suivi::shop
