// Arrays in, arrays out; texts are made storable here, the raw bytes stay whole.
#include "receiver/inbox/ingest.hpp"

#include "common/base/utf8.hpp"
#include "common/door/legacy_links.hpp"
#include "common/pg/sqlstate.hpp"

namespace suivi::receiver {
namespace {

using texts = std::vector<std::optional<std::string>>;
using integers = std::vector<std::optional<std::int64_t>>;

std::optional<std::string> storable(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return to_storable_text(*text);
}

std::optional<std::string> unless_empty(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return to_storable_text(text);
}

constexpr pg::statement ingest_statement{"receiver_ingest",
                                         "select event, day::text, seen from suivi.ingest($1, $2, $3, $4, "
                                         "$5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
                                         "$15, $16, $17)"};

// Element by element, so that the arrays cannot get out of step. Valid while the arrivals live.
struct webhook_arrays {
  std::vector<std::optional<std::string_view>> keys, raws;
  std::vector<std::optional<bool>> expiring;
  std::vector<std::optional<instant>> received, published;
  texts accounts, names, message_ids, uuids, display_ids, trackings, references, outcomes, errors, orders;
  integers ids, statuses;

  // `end`: what became of it already, if anything.
  void add(const webhook& a, const std::string& poison, const disposition* end = nullptr) {
    const auto& e = a.what;
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
    uuids.push_back(order ? storable(e.what.uuid) : std::nullopt);
    display_ids.push_back(order ? storable(e.what.display_id) : std::nullopt);
    trackings.push_back(order ? storable(e.what.tracking) : std::nullopt);
    references.push_back(order ? storable(e.what.reference) : std::nullopt);
    statuses.push_back(order && e.what.status ? std::optional<std::int64_t>(*e.what.status) : std::nullopt);
    orders.push_back(end == nullptr ? std::nullopt : unless_empty(end->order_id));
    if (order) {
      outcomes.push_back(end == nullptr ? std::nullopt : std::optional(end->outcome));
      errors.push_back(end == nullptr ? std::nullopt : unless_empty(end->error));
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
  auto answer = co_await db.run(ingest_statement, std::move(with));
  if (!answer) co_return answer.error();
  co_return receipts_of(*answer, rows);
}

constexpr pg::statement close_statement{"receiver_close", "select suivi.close_events($1, $2, $3, $4, $5)"};
constexpr pg::statement defer_statement{
    "receiver_defer", "select suivi.defer_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};

void add_closed(pg::pipeline& steps, const std::string& owner, std::span<const settled> events) {
  integers ids;
  texts outcomes, errors, orders;
  for (const auto& s : events) {
    if (s.next.what != disposition::kind::close) continue;
    ids.emplace_back(s.event->id);
    outcomes.emplace_back(s.next.outcome);
    errors.push_back(unless_empty(s.next.error));
    orders.push_back(unless_empty(s.next.order_id));
  }
  if (ids.empty()) return;
  pg::params p;
  p.text(owner).integers(ids).texts(outcomes).texts(errors).texts(orders);
  steps.add(close_statement, std::move(p));
}

void add_deferred(pg::pipeline& steps, const std::string& owner, std::span<const settled> events) {
  integers ids, tries, delays;
  std::vector<std::optional<bool>> keep;
  texts states, errors, uuids, display_ids, trackings, references;
  for (const auto& s : events) {
    bool reads = s.next.what == disposition::kind::read_first;
    if (!reads && s.next.what != disposition::kind::postpone) continue;
    bool parked = s.next.state == event_state::parked;
    const auto& id = s.event->what.what;
    ids.emplace_back(s.event->id);
    states.emplace_back(std::string(to_string(s.next.state)));
    tries.emplace_back(s.next.attempts);
    delays.emplace_back(reads ? read_lease_time.count() : s.next.delay.count());
    keep.emplace_back(reads);
    errors.push_back(unless_empty(s.next.error));
    uuids.push_back(parked ? storable(id.uuid) : std::nullopt);
    display_ids.push_back(parked ? storable(id.display_id) : std::nullopt);
    trackings.push_back(parked ? storable(id.tracking) : std::nullopt);
    references.push_back(parked && !s.next.by_ids_only ? storable(id.reference) : std::nullopt);
  }
  if (ids.empty()) return;
  pg::params p;
  p.text(owner).integers(ids).texts(states).integers(tries).integers(delays).booleans(keep).texts(errors);
  p.texts(uuids).texts(display_ids).texts(trackings).texts(references);
  steps.add(defer_statement, std::move(p));
}

} // namespace

webhook to_webhook(std::string raw, std::optional<std::string> account, instant received_at) {
  webhook a;
  a.received_at = received_at;
  a.what = maystro::decode(raw);
  a.key = choose_key(raw, a.what);
  a.what.body.reset(); // can be had again from the bytes
  a.raw = std::move(raw);
  a.account = std::move(account);
  return a;
}

shop::observation to_observation(const webhook& a) {
  shop::observation seen;
  seen.from = shop::source::webhook;
  seen.when = shop::webhook_time(a.what.published_at, a.received_at);
  seen.what = a.what.what;
  return seen;
}

work to_work(const webhook& a, std::int64_t id) {
  work w;
  w.id = id;
  w.named_account = a.account;
  w.received_at = a.received_at;
  w.what = to_observation(a);
  w.what.event_id = id;
  w.state_since = a.received_at;
  return w;
}

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
  static constexpr pg::statement text{"receiver_take_keys",
                                      "select event, day::text, seen from suivi.take_keys($1, $2)", true};
  steps.add(text, pg::params().byte_strings(keys).booleans(expiring));
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
  static constexpr pg::statement text{"receiver_store",
                                      "select suivi.store_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                                      "$11, $12, $13, $14, $15, $16, $17)"};
  if (!arrays.ids.empty()) steps.add(text, arrays.to_store(owner));
}

task<result<std::vector<work>>> claim(pg::connection& db, std::string owner, std::size_t most) {
  static constexpr pg::statement text{
      "receiver_claim",
      "select event, in_state, in_state_since, tries, last_error, again, received, named_account, bytes "
      "from suivi.claim_events($1, $2, $3)"};
  pg::params with;
  with.text(owner).integer(static_cast<std::int64_t>(most)).integer(lease_time.count());
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  std::vector<work> events;
  events.reserve(answer->size());
  for (std::size_t i = 0; i < answer->size(); ++i) {
    webhook a;
    if (!answer->null(i, 8)) {
      auto again = answer->maybe_at(i, 5);
      a.what = maystro::decode(answer->bytes(i, 8));
      a.received_at = again ? *again : answer->at(i, 6);
      a.account = answer->maybe_text(i, 7);
    }
    auto w = to_work(a, answer->integer(i, 0));
    w.state = event_state_from(answer->text(i, 1));
    w.state_since = answer->at(i, 2);
    w.attempts = static_cast<int>(answer->integer(i, 3));
    auto last_error = answer->maybe_text(i, 4);
    w.courier_away = w.state == event_state::confirming && last_error &&
                     (last_error->starts_with("maystro:") || last_error->starts_with("http:"));
    events.push_back(std::move(w));
  }
  co_return events;
}

void add_settled(pg::pipeline& steps, const std::string& owner, std::span<const settled> events) {
  add_closed(steps, owner, events);
  add_deferred(steps, owner, events);
}

task<result<void>> settle(pg::connection& db, std::string owner, std::vector<settled> events) {
  pg::pipeline steps;
  add_settled(steps, owner, events);
  if (steps.size() == 0) co_return result<void>();
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

task<result<std::vector<std::int64_t>>> held(pg::connection& db, std::string owner,
                                             std::vector<std::int64_t> ids) {
  static constexpr pg::statement text{
      "receiver_held", "select event_id from suivi.pending where owner = $1 and event_id = any($2)"};
  integers wanted(ids.begin(), ids.end());
  pg::params with;
  with.text(owner).integers(wanted);
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  std::vector<std::int64_t> ours;
  for (std::size_t i = 0; i < answer->size(); ++i) ours.push_back(answer->integer(i, 0));
  co_return ours;
}

task<result<void>> release(pg::connection& db, std::string owner) {
  static constexpr pg::statement text{
      "receiver_release", "update suivi.pending set owner = null, due_at = now() where owner = $1"};
  pg::params with;
  with.text(owner);
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

task<result<void>> store_repeats(pg::connection& db, std::vector<repeat> repeats) {
  static constexpr pg::statement text{"receiver_repeat", "select suivi.repeat_events($1, $2, $3)"};
  integers ids;
  texts days;
  std::vector<std::optional<instant>> times;
  for (const auto& r : repeats) {
    ids.emplace_back(r.id);
    days.emplace_back(r.stored_on);
    times.emplace_back(r.at);
  }
  pg::params with;
  with.integers(ids).texts(days).instants(times);
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

task<result<std::uint64_t>> wake_parked(pg::connection& db, bool by_old_columns) {
  // `orders` is found through the search_path: the shop's schema.
  static constexpr pg::statement by_index{
      "receiver_wake",
      "update suivi.pending p set due_at = now() where p.event_id in ("
      " select w.event_id from suivi.pending w where w.state = 'parked' and w.due_at > now() and w.owner is "
      "null and ("
      "  exists (select from orders o where o.reference = w.reference)"
      "  or exists (select from suivi.parcel k where k.uuid = w.uuid and k.order_id is not null)"
      "  or exists (select from suivi.parcel k where k.display_id = w.display_id and k.order_id is not null)"
      "  or exists (select from suivi.parcel k where k.tracking = w.tracking and k.order_id is not null))"
      " order by w.attempts, w.event_id limit 5000 for update skip locked)"}; // whoever was woken in vain
                                                                              // comes last
  static constexpr pg::statement parked_ids{
      "receiver_parked_ids",
      "select id from (select distinct id from suivi.pending, unnest(array[uuid, display_id, tracking]) as id"
      " where state = 'parked' and due_at > now() and owner is null and id is not null) as all_of_them"
      " order by random() limit 10000"};
  static constexpr pg::statement by_link{
      "receiver_wake_linked",
      "with due as (select event_id from suivi.pending w"
      "             where state = 'parked' and due_at > now() and owner is null and exists"
      "              (select from suivi.legacy_link l where l.courier_id in (w.uuid, w.display_id, "
      "w.tracking))"
      "             order by attempts, event_id limit 5000 for update skip locked)"
      "update suivi.pending p set due_at = now() from due where p.event_id = due.event_id"};
  if (by_old_columns) {
    auto parked = co_await db.run(parked_ids);
    if (!parked) co_return parked.error();
    std::vector<std::optional<std::string>> ids;
    for (std::size_t i = 0; i < parked->size(); ++i) ids.emplace_back(parked->text(i, 0));
    if (ids.empty()) co_return std::uint64_t{0};
    auto linked = co_await shop::find_in_old_columns(db, std::move(ids));
    if (!linked) co_return linked.error();
  }
  const auto& text = by_old_columns ? by_link : by_index;
  auto answer = co_await db.run(text);
  if (!answer) co_return answer.error();
  co_return answer->affected();
}

task<result<queue_lengths>> count_pending(pg::connection& db) {
  static constexpr pg::statement text{
      "receiver_count", "select count(*) filter (where state <> 'parked'), count(*) filter "
                        "(where state = 'confirming'), count(*) filter (where state = 'failed'), "
                        "count(*) filter (where state = 'parked') from suivi.pending"};
  auto answer = co_await db.run(text);
  if (!answer) co_return answer.error();
  co_return queue_lengths{answer->integer(0, 0), answer->integer(0, 1), answer->integer(0, 2),
                          answer->integer(0, 3)};
}

task<result<std::int64_t>> make_partitions(pg::connection& db) {
  // Attaching waits for whoever reads the default partition, and others would queue up behind it.
  static constexpr pg::statement give_way{"receiver_give_way",
                                          "select set_config('lock_timeout', '100ms', true)"};
  static constexpr pg::statement text{"receiver_partitions",
                                      "select suivi.make_partitions(7), suivi.make_change_partitions(now())"};
  pg::pipeline steps; // one transaction
  steps.add(give_way);
  steps.add(text);
  auto answer = co_await db.run(std::move(steps));
  if (!answer) co_return answer.error();
  co_return answer->back().integer(0, 0);
}

bool lease_is_lost(const error& e) {
  return pg::sqlstate_of(e) == "SV001";
}

} // namespace suivi::receiver
