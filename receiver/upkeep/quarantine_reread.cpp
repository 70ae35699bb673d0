// The place reached is noted after its events are on their way, so that a crash reads a few of them twice:
// once they are out of quarantine they are not found there again.
#include "receiver/upkeep/quarantine_reread.hpp"
#include "receiver/event/decode_event.hpp"

#include "common/base/utf8.hpp"
#include "common/log/log.hpp"
#include "common/shipment/courier_event.hpp"
#include "common/sqlstate/batch_parts.hpp"
#include "receiver/inbox/unpack_delivery.hpp"

#include <span>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds poll_every = 1h;
constexpr milliseconds again_after = 1min;
constexpr milliseconds between_batches = 50ms;
constexpr std::int64_t batch_rows = 50;
constexpr std::size_t decoded_at_a_stretch_bytes = 256 * 1024;

struct quarantined {
  std::int64_t id = 0;
  std::string stored_on;
  courier_event event;
  whole_delivery whole; // of several events; without bodies where it is one event
};

std::optional<std::string> storable(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return to_storable_text(*text);
}

task<result<std::vector<quarantined>>> read_batch(pg::connection& db, std::int64_t after) {
  static constexpr pg::statement text{
      "second_reading_batch",
      "select i.id, i.stored_on::text, i.raw, i.account, i.received_at from suivi.inbox i where i.outcome = "
      "'quarantined' and i.id > $1"
      " and not exists (select from suivi.event_outcome o where o.event_id = i.id and o.stored_on = "
      "i.stored_on)"
      " order by i.id limit $2"};
  pg::params with;
  with.integer(after).integer(batch_rows);
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  std::vector<quarantined> events;
  std::size_t decoded_bytes = 0;
  for (std::size_t i = 0; i < answer->size(); ++i) {
    std::string raw = answer->bytes(i, 2);
    std::optional<std::string> account = answer->maybe_text(i, 3);
    quarantined q{answer->integer(i, 0), std::string(answer->text(i, 1)), decode_event(raw), {}};
    q.event.body.reset();
    if (q.event.kind == event_kind::not_understood)
      q.whole = {q.id, q.stored_on, account.value_or(""), answer->timestamp(i, 4),
                 events_of_whole(raw, account)};
    events.push_back(std::move(q));
    decoded_bytes += raw.size();
    if (decoded_bytes < decoded_at_a_stretch_bytes) continue;
    decoded_bytes = 0;
    co_await runtime::sleep_for(milliseconds(0)); // others are served between
  }
  co_return events;
}

task<result<std::int64_t>> release(pg::connection& db, std::span<const quarantined> events) {
  static constexpr pg::statement text{
      "second_reading_release",
      "select suivi.release_quarantined($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
  std::vector<std::optional<std::int64_t>> ids, statuses;
  std::vector<std::optional<std::string>> days, outcomes, names, message_ids, uuids, display_ids, trackings,
      references;
  std::vector<std::optional<instant>> published;
  for (const auto& q : events) {
    bool order = q.event.kind == event_kind::order;
    ids.emplace_back(q.id);
    days.emplace_back(q.stored_on);
    outcomes.push_back(order ? std::nullopt : std::optional<std::string>("ignored"));
    names.push_back(storable(q.event.name));
    message_ids.push_back(storable(q.event.message_id));
    published.push_back(q.event.published_at);
    uuids.push_back(storable(q.event.shipment.uuid));
    display_ids.push_back(storable(q.event.shipment.display_id));
    trackings.push_back(storable(q.event.shipment.tracking));
    references.push_back(storable(q.event.shipment.reference));
    statuses.push_back(number_of(q.event.shipment.status));
  }
  pg::params with;
  with.integers(ids).texts(days).texts(outcomes).texts(names).texts(message_ids).instants(published);
  with.texts(uuids).texts(display_ids).texts(trackings).texts(references).integers(statuses);
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return answer->integer(0, 0);
}

// All of them, or each alone where the database refuses one: that one stays where it is.
task<result<std::int64_t>> release_all(pg::connection& db, std::vector<quarantined> events) {
  pg::batch_parts todo(events.size());
  std::int64_t released = 0;
  while (!todo.empty()) {
    pg::range rows = todo.take();
    std::span<const quarantined> part(events.data() + rows.begin, rows.size());
    auto done = co_await release(db, part);
    if (done) {
      released += *done;
      continue;
    }
    auto remedy = pg::after_failure(done.error(), rows.size());
    if (remedy != pg::remedy::split && remedy != pg::remedy::isolate) co_return done.error();
    if (remedy == pg::remedy::isolate) continue;
    todo.split(rows);
  }
  co_return released;
}

task<result<std::int64_t>> unpack_all(pg::connection& db, std::vector<quarantined>& events) {
  std::int64_t unpacked = 0;
  for (quarantined& each : events) {
    if (each.whole.bodies.empty()) continue;
    auto stored = co_await unpack_delivery(db, std::move(each.whole));
    if (!stored) co_return stored.error();
    ++unpacked;
  }
  co_return unpacked;
}

// Forwards only, whoever else is at it.
task<result<void>> note_place(pg::connection& db, int decoder, std::int64_t up_to) {
  static constexpr pg::statement text{"second_reading_note",
                                      "update suivi.second_reading set decoder = $1, up_to = $2"
                                      " where decoder < $1 or (decoder = $1 and up_to < $2)"};
  pg::params with;
  with.integer(decoder).integer(up_to);
  auto answer = co_await db.run(text, std::move(with));
  if (!answer) co_return answer.error();
  co_return result<void>();
}

} // namespace

task<result<quarantine_reread::progress>> quarantine_reread::read_some(pg::connection& db, int decoder) {
  static constexpr pg::statement text{"second_reading_place",
                                      "select decoder, up_to from suivi.second_reading"};
  auto place = co_await db.run(text);
  if (!place) co_return place.error();
  auto last_decoder = place->empty() ? 0 : place->integer(0, 0);
  if (last_decoder > decoder) co_return progress::newer;
  std::int64_t after = last_decoder == decoder ? place->integer(0, 1) : 0;
  auto events = co_await read_batch(db, after);
  if (!events) co_return events.error();
  bool more = events->size() == static_cast<std::size_t>(batch_rows);
  if (!events->empty()) after = events->back().id;
  auto unpacked = co_await unpack_all(db, *events);
  if (!unpacked) co_return unpacked.error();
  std::erase_if(*events, [](const quarantined& q) { return q.event.kind == event_kind::not_understood; });
  auto released = co_await release_all(db, std::move(*events));
  if (!released) co_return released.error();
  if (*released + *unpacked > 0)
    log::info("quarantined webhooks can be decoded now", {{"webhooks", *released + *unpacked}});
  auto noted = co_await note_place(db, decoder, after);
  if (!noted) co_return noted.error();
  co_return more ? progress::more : progress::done;
}

task<void> quarantine_reread::run() {
  for (;;) {
    milliseconds pause = 1s;
    if (db_.is_up()) {
      auto db = co_await db_.connections().acquire(steady_clock::now() + 5s);
      if (db) {
        auto& connection = **db;
        auto did = co_await read_some(connection, decoder_version());
        pause = !did ? again_after : *did == progress::more ? between_batches : poll_every;
        if (!did) log::warn("the quarantine could not be read again", {{"error", to_string(did.error())}});
      }
    }
    co_await runtime::sleep_for(pause);
  }
}

} // namespace suivi::receiver
