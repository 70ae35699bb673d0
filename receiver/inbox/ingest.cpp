// Arrays in, arrays out; texts are made storable here, the raw bytes stay whole.
#include "receiver/inbox/ingest.hpp"

#include "common/base/utf8.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/inbox/storable.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <string_view>
#include <utility>

namespace suivi::receiver {
namespace {

using texts = std::vector<std::optional<std::string_view>>;
using integers = std::vector<std::optional<std::int64_t>>;

constexpr pg::statement ingest_webhooks{"inbox_ingest", R"sql(
select event, day::text, seen
from suivi.ingest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
)sql"};

// One row for all: `days` and `seen` are null where nothing was seen before.
constexpr pg::statement ingest_webhooks_as_range{"inbox_ingest_batch", R"sql(
select array_to_string(events, ',') as events, day::text, array_to_string(days, ',') as days,
       array_to_string(seen, ',') as seen
from suivi.ingest_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
)sql",
                                                 true};

// Element by element, so that the arrays cannot get out of step. Valid while the arrivals live.
struct webhook_arrays {
  texts keys, raws;
  std::vector<std::optional<bool>> expiring;
  std::vector<std::optional<instant>> received, published;
  texts accounts, names, message_ids, uuids, display_ids, trackings, references, outcomes, errors;
  integers statuses;
  std::deque<std::string> made; // what was not storable as it came

  explicit webhook_arrays(std::size_t rows) {
    for (auto* each : {&received, &published}) each->reserve(rows);
    for (texts* each : {&keys, &raws, &accounts, &names, &message_ids, &uuids, &display_ids, &trackings,
                        &references, &outcomes, &errors})
      each->reserve(rows);
    expiring.reserve(rows);
    statuses.reserve(rows);
  }

  std::string_view storable(std::string_view text) {
    return is_plain_ascii(text) ? text : std::string_view(made.emplace_back(to_storable_text(text)));
  }
  std::optional<std::string_view> storable(const std::optional<std::string>& text) {
    return text ? std::optional(storable(std::string_view(*text))) : std::nullopt;
  }

  std::optional<std::string_view> in_ascii(const std::optional<std::string>& text) {
    std::optional<std::string> ascii = storable_in_ascii(text);
    return ascii ? std::optional<std::string_view>(made.emplace_back(std::move(*ascii))) : std::nullopt;
  }

  void add(const webhook& a, const std::string& poison) {
    const auto& e = a.event;
    bool poisoned = !poison.empty();
    bool order = e.kind == event_kind::order && !poisoned;
    keys.emplace_back(a.key.bytes);
    raws.emplace_back(a.raw);
    expiring.emplace_back(a.key.expiring);
    received.emplace_back(a.received_at);
    published.push_back(poisoned ? std::nullopt : e.published_at);
    // A database of a narrow encoding may refuse an account's name as well, and an address may name anything.
    accounts.push_back(poisoned ? in_ascii(a.account) : storable(a.account));
    names.push_back(poisoned ? std::nullopt : storable(e.name));
    message_ids.push_back(poisoned ? std::nullopt : storable(e.message_id));
    uuids.push_back(order ? storable(e.shipment.uuid) : std::nullopt);
    display_ids.push_back(order ? storable(e.shipment.display_id) : std::nullopt);
    trackings.push_back(order ? storable(e.shipment.tracking) : std::nullopt);
    references.push_back(order ? storable(e.shipment.reference) : std::nullopt);
    statuses.push_back(order ? number_of(e.shipment.status) : std::nullopt);
    if (order) {
      outcomes.emplace_back(std::nullopt);
      errors.emplace_back(std::nullopt);
    } else if (e.kind == event_kind::ignored && !poisoned) {
      outcomes.emplace_back("ignored");
      errors.emplace_back(std::nullopt);
    } else {
      outcomes.emplace_back("quarantined");
      errors.emplace_back(storable(std::string_view(poisoned ? poison : e.why)));
    }
  }

  pg::params to_params(const std::string& owner) const {
    pg::params p;
    p.byte_strings(keys).booleans(expiring).instants(received).lent_texts(accounts).byte_strings(raws);
    p.lent_texts(names).lent_texts(message_ids).instants(published).lent_texts(uuids);
    p.lent_texts(display_ids).lent_texts(trackings).lent_texts(references);
    p.integers(statuses).lent_texts(outcomes).lent_texts(errors);
    p.text(owner.empty() ? std::nullopt : std::optional<std::string_view>(owner));
    p.integer(owner.empty() ? 0 : lease_time.count());
    return p;
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

// The next of a list parted by commas, of which the rest is left.
std::string_view next_of(std::string_view& list) {
  std::string_view one = list.substr(0, list.find(','));
  list.remove_prefix(std::min(list.size(), one.size() + 1));
  return one;
}

result<std::vector<receipt>> receipts_of_batch(const pg::rows& answer, std::size_t rows) {
  const error unexpected = permanent("receiver:ingest", "not one answer for each webhook");
  if (answer.size() != 1 || answer.null(0, 0)) return unexpected;
  bool repeats = !answer.null(0, 3);
  std::string_view ids = answer.text(0, 0);
  std::string_view days = repeats ? answer.text(0, 2) : std::string_view();
  std::string_view repeated = repeats ? answer.text(0, 3) : std::string_view();
  std::vector<receipt> receipts;
  receipts.reserve(rows);
  while (!ids.empty()) {
    std::string_view id = next_of(ids);
    receipt& one = receipts.emplace_back();
    std::from_chars(id.data(), id.data() + id.size(), one.id);
    one.stored_on = repeats ? next_of(days) : answer.text(0, 1);
    one.repeated = repeats && next_of(repeated) == "t";
  }
  if (receipts.size() != rows) return unexpected;
  return receipts;
}

task<result<std::vector<receipt>>> run_ingest(pg::connection& db, pg::statement statement, pg::params with,
                                              std::size_t rows) {
  auto answer = co_await db.run(statement, std::move(with));
  if (!answer) co_return answer.error();
  co_return receipts_of(*answer, rows);
}

} // namespace

task<result<std::vector<receipt>>> ingest(pg::connection& db, std::span<const webhook> rows,
                                          std::string owner) {
  webhook_arrays arrays(rows.size());
  for (const auto& row : rows) arrays.add(row, "");
  auto with = arrays.to_params(owner);
  auto count = rows.size();
  auto answer = co_await run_ingest(db, ingest_webhooks, std::move(with), count);
  co_return answer;
}

task<result<std::vector<receipt>>> ingest_as_range(pg::connection& db, std::span<const webhook> rows,
                                                   std::string owner) {
  webhook_arrays arrays(rows.size());
  for (const webhook& row : rows) arrays.add(row, "");
  pg::params with = arrays.to_params(owner);
  std::size_t count = rows.size();
  auto answer = co_await db.run(ingest_webhooks_as_range, std::move(with));
  if (!answer) co_return answer.error();
  co_return receipts_of_batch(*answer, count);
}

task<result<receipt>> ingest_as_poison(pg::connection& db, const webhook& row, std::string why) {
  webhook_arrays arrays(1);
  arrays.add(row, why);
  auto with = arrays.to_params("");
  auto answer = co_await run_ingest(db, ingest_webhooks, std::move(with), 1);
  if (!answer) co_return answer.error();
  auto only = std::move(answer->front());
  only.poison = std::move(why);
  co_return only;
}

} // namespace suivi::receiver
