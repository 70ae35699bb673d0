// One coroutine polls the database and publishes; each reader's own coroutine sends.
#include "receiver/api/stream/event_stream.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"
#include "common/log/log.hpp"
#include "receiver/api/events/event_json.hpp"
#include "receiver/api/orders/order_queries.hpp"
#include "receiver/api/sweeps/sweep_queries.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::int64_t rows_max = number_marks::depth;
constexpr std::int64_t behind_max = 20'000;
constexpr std::size_t unsettled_max = 1'000;
constexpr std::int64_t sweeps_read_max = 20;
constexpr std::size_t piece_bytes = 64 * 1024;
constexpr milliseconds probe_peer_every = 1s;
constexpr milliseconds patience = 5s;
constexpr milliseconds overview_every = 2s;

std::string message(std::string_view name, const json::object& data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, write_json(data));
}

// Nothing more becomes of it by itself.
bool is_final(std::string_view outcome) {
  return outcome != "pending" && outcome != "parked" && outcome != "confirming" && outcome != "failed";
}

} // namespace

stream::stream(asio::any_io_executor executor, database_monitor& db, const account_registry& accounts,
               pg::pool& connections, overview_board& board, limits within)
    : executor_(executor), db_(db), accounts_(accounts), connections_(connections), board_(board),
      limits_(within), somebody_(std::move(executor)) {}

task<result<http::body_producer>> stream::subscribe(stream_wish wish, std::optional<instant> until) {
  if (readers_.size() >= limits_.readers)
    co_return transient("stream:full", "too many readers of the stream");
  // Leaves by itself, however its connection ends.
  auto leave = [this](reader* who) {
    readers_.remove(who);
    delete who;
  };
  std::shared_ptr<reader> to(new reader(executor_, std::move(wish), until), leave);
  readers_.push_back(to.get());
  somebody_.notify();
  auto deadline = steady_clock::now() + patience;
  while (!begun_ && db_.is_up() && steady_clock::now() < deadline) co_await to->woken.wait_until(deadline);
  if (!begun_) co_return transient("stream:away", "the database cannot be asked now");
  auto within = limits_;
  http::body_producer made = [to, within](http::body_sink& sink) { return serve(to, sink, within); };
  co_return made;
}

task<void> stream::serve(std::shared_ptr<reader> to, http::body_sink& sink, limits within) {
  static constexpr std::string_view hello = "retry: 2000\n: here is what happens from now on\n\n";
  static constexpr std::string_view still_here = ": nothing new\n\n";
  bool going = co_await sink.send(hello);
  auto said_at = steady_clock::now();
  while (going && sink.open() && !to->has_ended()) {
    std::string piece;
    while (!to->waiting.empty() && piece.size() < piece_bytes) {
      piece += *to->waiting.front();
      to->bytes -= to->waiting.front()->size();
      to->waiting.pop_front();
    }
    bool last = piece.empty() && to->dropped;
    if (last) piece = message("dropped", {{"reason", "messages came faster than they were read"}});
    if (!last) {
      auto skipped = to->pace.skipped(steady_clock::now());
      if (skipped > 0) piece += message("skipped", {{"skipped", skipped}});
    }
    if (piece.empty() && steady_clock::now() - said_at >= within.heartbeat) piece = still_here;
    if (piece.empty()) {
      co_await to->woken.wait_until(steady_clock::now() + probe_peer_every);
      continue;
    }
    going = co_await sink.send(piece);
    said_at = steady_clock::now();
    going = going && !last;
  }
}

void stream::end_all() {
  for (reader* each : readers_) {
    each->ended = true;
    each->woken.notify();
  }
}

void stream::publish(stream_topic topic, const json::object& data) {
  auto text = std::make_shared<const std::string>(message(to_string(topic), data));
  auto now = steady_now();
  for (auto* to : readers_) {
    if (to->dropped || !to->wish.wants(topic) || !to->pace.admits(now)) continue;
    bool fits =
        to->waiting.size() < limits_.messages_waiting && to->bytes + text->size() <= limits_.bytes_waiting;
    if (fits) {
      to->waiting.push_back(text);
      to->bytes += text->size();
    } else {
      to->waiting.clear();
      to->bytes = 0;
      to->dropped = true;
    }
    to->woken.notify();
  }
}

bool stream::somebody_wants(stream_topic topic) const {
  return std::any_of(readers_.begin(), readers_.end(), [&](const reader* r) { return r->wish.wants(topic); });
}

task<void> stream::run() {
  bool failing = false;
  for (;;) {
    if (readers_.empty()) {
      begun_ = false;
      co_await somebody_.wait();
      continue;
    }
    milliseconds pause = limits_.poll_every;
    co_await publish_overview();
    if (db_.is_up()) {
      auto polled = co_await poll();
      if (polled && *polled) pause = 20ms;
      if (!polled && !failing)
        log::warn("the stream cannot read the database", {{"error", to_string(polled.error())}});
      failing = !polled;
    }
    co_await somebody_.wait_until(steady_clock::now() + pause);
  }
}

task<result<bool>> stream::poll() {
  auto deadline = steady_clock::now() + patience;
  auto db = co_await connections_.acquire(deadline);
  if (!db) co_return db.error();
  auto& connection = **db;
  if (!begun_) {
    auto set = co_await begin(connection);
    if (!set) co_return set.error();
    begun_ = true;
    for (auto* to : readers_) to->woken.notify();
    co_return true;
  }
  auto changes = co_await poll_changes(connection);
  if (!changes) co_return changes.error();
  auto events = co_await poll_events(connection);
  if (!events) co_return events.error();
  auto sweeps = co_await poll_sweeps(connection, false);
  if (!sweeps) co_return sweeps.error();
  co_return *changes || *events;
}

// What is there already is no news.
task<result<void>> stream::begin(pg::connection& db) {
  unsettled_.clear();
  sweeps_.clear();
  std::vector<std::int64_t> nothing;
  auto last = co_await last_change_number(db);
  if (!last) co_return last.error();
  changes_.set(*last, nothing);
  auto changes = co_await changes_after(db, changes_.after(), nothing, rows_max);
  if (!changes) co_return changes.error();
  for (const auto& c : *changes) changes_.note(c.number);

  last = co_await last_event_number(db);
  if (!last) co_return last.error();
  events_.set(*last, nothing);
  auto names = co_await events_after(db, events_.after(), nothing, rows_max);
  if (!names) co_return names.error();
  for (const auto& name : *names) events_.note(name.id);
  auto events = co_await read_events(db, *names, false);
  if (!events) co_return events.error();
  std::map<std::int64_t, event_name> by_id;
  for (const auto& name : *names) by_id[name.id] = name;
  for (const auto& e : *events) note_event(by_id[e.id], e, true);
  auto sweeps = co_await poll_sweeps(db, true);
  co_return sweeps;
}

// True: so much has happened, or the numbers have begun anew, that the marks were set to `last`.
bool stream::skip(number_marks& marks, std::int64_t last, stream_topic topic) {
  auto behind = last - marks.highest();
  if (behind >= 0 && behind <= behind_max) return false;
  marks.set(last, {});
  for (auto* to : readers_) {
    if (behind <= 0 || !to->wish.wants(topic)) continue;
    to->pace.skip(behind);
    to->woken.notify();
  }
  return true;
}

task<result<bool>> stream::poll_changes(pg::connection& db) {
  auto last = co_await last_change_number(db);
  if (!last) co_return last.error();
  if (skip(changes_, *last, stream_topic::change)) co_return false;
  auto known = changes_.known();
  auto found = co_await changes_after(db, changes_.after(), known, rows_max);
  if (!found) co_return found.error();
  for (const auto& c : *found) {
    changes_.note(c.number);
    publish(stream_topic::change, c.data);
  }
  co_return static_cast<std::int64_t>(found->size()) == rows_max;
}

void stream::note_event(const event_name& name, const event_summary& e, bool quietly) {
  auto at = unsettled_.find(e.id);
  bool news = at == unsettled_.end() || at->second.outcome != e.outcome;
  if (news && !quietly) {
    auto data = event_json(e, false, origins_of(accounts_));
    data["reference"] = or_null(e.reference);
    publish(stream_topic::event, data);
  }
  if (is_final(e.outcome)) {
    if (at != unsettled_.end()) unsettled_.erase(at);
    return;
  }
  unsettled_[e.id] = {name, e.outcome};
  if (unsettled_.size() > unsettled_max) unsettled_.erase(unsettled_.begin());
}

task<result<bool>> stream::poll_events(pg::connection& db) {
  auto last = co_await last_event_number(db);
  if (!last) co_return last.error();
  if (skip(events_, *last, stream_topic::event)) co_return false;
  auto known = events_.known();
  auto names = co_await events_after(db, events_.after(), known, rows_max);
  if (!names) co_return names.error();
  bool more = static_cast<std::int64_t>(names->size()) == rows_max;
  for (const auto& name : *names) events_.note(name.id);
  for (const auto& [id, waiting] : unsettled_) names->push_back(waiting.name);
  if (names->empty()) co_return false;
  auto events = co_await read_events(db, *names, false);
  if (!events) co_return events.error();
  std::map<std::int64_t, event_name> by_id;
  for (const auto& name : *names) by_id[name.id] = name;
  for (const auto& e : *events) {
    note_event(by_id[e.id], e, false);
    by_id.erase(e.id);
  }
  for (const auto& [id, gone] : by_id) unsettled_.erase(id); // deleted
  co_return more;
}

task<result<void>> stream::poll_sweeps(pg::connection& db, bool quietly) {
  auto reports = co_await read_sweeps(db, sweeps_read_max);
  if (!reports) co_return reports.error();
  std::map<std::string, std::string> current;
  for (auto report = reports->rbegin(); report != reports->rend(); ++report) {
    auto id = std::string(report->at("id").as_string());
    auto moving = *report;
    moving.erase("seconds"); // goes on by itself
    auto text = json::serialize(moving);
    auto sent = sweeps_.find(id);
    bool news = sent == sweeps_.end() || sent->second != text;
    if (news && !quietly) publish(stream_topic::sweep, *report);
    current.emplace(std::move(id), std::move(text));
  }
  sweeps_ = std::move(current);
  co_return result<void>();
}

// Also while the database is away: that is what there is to tell then.
task<void> stream::publish_overview() {
  if (!somebody_wants(stream_topic::overview) && !somebody_wants(stream_topic::problem)) {
    overview_.clear();
    co_return;
  }
  if (steady_now() - overview_at_ < overview_every) co_return;
  overview_at_ = steady_now();
  auto overview = co_await board_.latest();
  if (!overview) co_return;
  json::object whole = overview_json(*overview);
  json::object problems{{"problems", whole["problems"]}};
  auto problems_now = json::serialize(problems);
  json::object moving = whole;
  moving.erase("asOf"); // goes on by itself
  auto overview_now = json::serialize(moving);
  bool first = overview_.empty();
  if (!first && overview_now != overview_) publish(stream_topic::overview, whole);
  if (!first && problems_now != problems_) publish(stream_topic::problem, problems);
  overview_ = std::move(overview_now);
  problems_ = std::move(problems_now);
}

} // namespace suivi::receiver
