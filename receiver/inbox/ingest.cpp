// Arrays in, arrays out; texts are made storable here, the raw bytes stay whole.
#include "receiver/inbox/ingest.hpp"

#include "common/base/utf8.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/inbox/storable.hpp"

namespace suivi::receiver {
namespace {

using texts = std::vector<std::optional<std::string>>;
using integers = std::vector<std::optional<std::int64_t>>;

constexpr pg::statement ingest_webhooks{"inbox_ingest", R"sql(
select event, day::text, seen
from suivi.ingest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
)sql"};

constexpr pg::statement take_keys{"inbox_take_keys", R"sql(
select event, day::text, seen from suivi.take_keys($1, $2)
)sql",
                                  true};

constexpr pg::statement store_events{"inbox_store", R"sql(
select suivi.store_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
)sql"};

// Element by element, so that the arrays cannot get out of step. Valid while the arrivals live.
struct webhook_arrays {
  std::vector<std::optional<std::string_view>> keys, raws;
  std::vector<std::optional<bool>> expiring;
  std::vector<std::optional<instant>> received, published;
  texts accounts, names, message_ids, uuids, display_ids, trackings, references, outcomes, errors, orders;
  integers ids, statuses;

  // `end`: what became of it already, if anything.
  void add(const webhook& a, const std::string& poison, const disposition* end = nullptr) {
    const auto& e = a.event;
    bool poisoned = !poison.empty();
    bool order = e.kind == maystro::event_kind::order && !poisoned;
    keys.emplace_back(a.key.bytes);
    raws.emplace_back(a.raw);
    expiring.emplace_back(a.key.expiring);
    received.emplace_back(a.received_at);
    published.push_back(poisoned ? std::nullopt : e.published_at);
    accounts.push_back(storable(a.account));
    names.push_back(poisoned ? std::nullopt : storable(e.name));
    message_ids.push_back(poisoned ? std::nullopt : storable(e.message_id));
    uuids.push_back(order ? storable(e.shipment.uuid) : std::nullopt);
    display_ids.push_back(order ? storable(e.shipment.display_id) : std::nullopt);
    trackings.push_back(order ? storable(e.shipment.tracking) : std::nullopt);
    references.push_back(order ? storable(e.shipment.reference) : std::nullopt);
    statuses.push_back(order ? number_of(e.shipment.status) : std::nullopt);
    orders.push_back(end == nullptr ? std::nullopt : storable_unless_empty(end->order_id));
    if (order) {
      outcomes.push_back(end == nullptr ? std::nullopt : std::optional(end->outcome));
      errors.push_back(end == nullptr ? std::nullopt : storable_unless_empty(end->error));
    } else if (e.kind == maystro::event_kind::ignored && !poisoned) {
      outcomes.emplace_back("ignored");
      errors.emplace_back(std::nullopt);
    } else {
      outcomes.emplace_back("quarantined");
      errors.push_back(to_storable_text(poisoned ? poison : e.why));
    }
  }

  void add_all(pg::params& p) const {
    p.instants(received)
        .texts(accounts)
        .byte_strings(raws)
        .texts(names)
        .texts(message_ids)
        .instants(published);
    p.texts(uuids).texts(display_ids).texts(trackings).texts(references).integers(statuses);
    p.texts(outcomes).texts(errors);
  }
  pg::params to_ingest(const std::string& owner) const {
    pg::params p;
    p.byte_strings(keys).booleans(expiring);
    add_all(p);
    add_lease(p, owner);
    return p;
  }
  pg::params to_store(const std::string& owner) const {
    pg::params p;
    p.integers(ids);
    add_all(p);
    p.texts(orders);
    add_lease(p, owner);
    return p;
  }
  static void add_lease(pg::params& p, const std::string& owner) {
    p.text(owner.empty() ? std::nullopt : std::optional<std::string_view>(owner)).integer(lease_time.count());
  }
};

result<std::vector<receipt>> receipts_of(const pg::rows& answer, std::size_t rows) {
  if (answer.size() != rows) return permanent("receiver:ingest", "not one answer a row");
  std::vector<receipt> receipts;
  receipts.reserve(rows);
  for (std::size_t i = 0; i < rows; ++i)
    receipts.push_back(
        {answer.integer(i, 0), std::string(answer.text(i, 1)), answer.boolean(i, 2), {}, false});
  return receipts;
}

task<result<std::vector<receipt>>> run_ingest(pg::connection& db, pg::params with, std::size_t rows) {
  auto answer = co_await db.run(ingest_webhooks, std::move(with));
  if (!answer) co_return answer.error();
  co_return receipts_of(*answer, rows);
}

} // namespace

task<result<std::vector<receipt>>> ingest(pg::connection& db, std::span<const webhook> rows,
                                          std::string owner) {
  webhook_arrays arrays;
  for (const auto& row : rows) arrays.add(row, "");
  auto with = arrays.to_ingest(owner);
  auto count = rows.size();
  auto answer = co_await run_ingest(db, std::move(with), count);
  co_return answer;
}

task<result<receipt>> ingest_as_poison(pg::connection& db, const webhook& row, std::string why) {
  webhook_arrays arrays;
  arrays.add(row, why);
  auto with = arrays.to_ingest("");
  auto answer = co_await run_ingest(db, std::move(with), 1);
  if (!answer) co_return answer.error();
  auto only = std::move(answer->front());
  only.poison = std::move(why);
  co_return only;
}

void add_take_keys(pg::pipeline& steps, std::span<const webhook> rows) {
  std::vector<std::optional<std::string_view>> keys;
  std::vector<std::optional<bool>> expiring;
  for (const auto& row : rows) {
    keys.emplace_back(row.key.bytes);
    expiring.emplace_back(row.key.expiring);
  }
  steps.add(take_keys, pg::params().byte_strings(keys).booleans(expiring));
}

result<std::vector<receipt>> read_taken_keys(const pg::rows& answer, std::size_t rows) {
  return receipts_of(answer, rows);
}

void add_store(pg::pipeline& steps, std::span<const webhook> rows, std::span<const receipt> receipts,
               std::span<const std::optional<disposition>> ends, const std::string& owner) {
  webhook_arrays arrays;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (receipts[i].seen_before) continue;
    arrays.ids.emplace_back(receipts[i].id);
    arrays.add(rows[i], "", ends[i] ? &*ends[i] : nullptr);
  }
  if (!arrays.ids.empty()) steps.add(store_events, arrays.to_store(owner));
}

} // namespace suivi::receiver
