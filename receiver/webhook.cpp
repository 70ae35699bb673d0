// From request to arrival, from receipt to answer.
#include "receiver/webhook.hpp"

#include "common/crypto/crypto.hpp"
#include "receiver/answers.hpp"

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int retry_after_seconds = 5;

} // namespace

front_desk::front_desk(const config::settings& s, database& db, spool& instead, intake& in, measures& counts,
                       metrics::registry& series)
    : settings_(s), db_(db), spool_(instead), in_(in), counts_(counts), series_(series) {}

task<http::response> front_desk::answer(http::request what) {
  auto where = find_route(what);
  if (where.where == place::nowhere) co_return not_found();
  if (!where.method_fits) co_return wrong_method(where.allowed_method);
  switch (where.where) {
  case place::webhook: {
    auto said = co_await take_webhook(std::move(what), std::move(where));
    co_return said;
  }
  case place::metrics: {
    auto said = co_await tell_metrics(std::move(what));
    co_return said;
  }
  case place::readiness:
    co_return tell_readiness();
  case place::health: {
    http::response alive;
    alive.body = R"({"success":true})";
    co_return alive;
  }
  case place::nowhere:
    break;
  }
  co_return not_found();
}

task<http::response> front_desk::take_webhook(http::request what, route where) {
  const auto& mine = settings_.receiver;
  if (!mine.allow_open && !secret_fits(where.secrets, mine.webhook_secrets)) {
    counts_.webhook("unauthorized");
    co_return unauthorised();
  }
  auto begun = steady_clock::now();
  auto row = to_arrival(std::move(what.body), std::move(where.account), suivi::now());
  auto kind = row.what.kind;
  auto why = row.what.why;
  auto kept = co_await in_.store(std::move(row));
  if (!kept) {
    counts_.webhook("unavailable");
    co_return cannot_keep(retry_after_seconds);
  }
  std::chrono::duration<double> took = steady_clock::now() - begun;
  counts_.ack_seconds.observe(took.count());
  if (kept->spooled) {
    counts_.webhook("spooled");
    co_return kept_in_spool();
  }
  auto id = std::to_string(kept->id);
  if (kept->seen_before) {
    counts_.webhook("duplicate");
    co_return duplicate(id);
  }
  if (!kept->poison.empty() || kind == maystro::event_kind::not_understood) {
    counts_.webhook("quarantined");
    co_return quarantined(id, kept->poison.empty() ? why : kept->poison);
  }
  if (kind == maystro::event_kind::ignored) {
    counts_.webhook("ignored");
    co_return ignored(id);
  }
  counts_.webhook("stored");
  ++stored_since_;
  co_return stored(id);
}

task<http::response> front_desk::tell_metrics(http::request what) {
  if (!is_private(what.remote)) {
    auto token = bearer(what.headers);
    const auto& wanted = settings_.receiver.admin_token;
    bool fits = token && !wanted.empty() && crypto::equal_in_constant_time(*token, wanted.reveal());
    if (!fits) co_return unauthorised();
  }
  counts_.database_up.set(db_.is_up() ? 1 : 0);
  // The spool first: what goes from there into the database meanwhile is counted twice rather than not at all.
  auto spooled = static_cast<std::int64_t>(spool_.now().depth.rows);
  bool counted = co_await count_events();
  counts_.events_pending.set(static_cast<double>(spooled + last_pending_ + (counted ? 0 : stored_since_)));
  measure_spool();
  http::response text;
  text.content_type = "text/plain; version=0.0.4; charset=utf-8";
  text.body = series_.text();
  co_return text;
}

// False where the database cannot be asked: then what it said last, and all that was stored since, must do.
task<bool> front_desk::count_events() {
  if (!db_.is_up()) co_return false;
  auto deadline = steady_clock::now() + 2s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return false;
  auto& connection = **db;
  auto stored_before = stored_since_;
  auto lengths = co_await count_pending(connection);
  if (!lengths) co_return false;
  stored_since_ -= stored_before;
  last_pending_ = lengths->pending;
  counts_.events_parked.set(static_cast<double>(lengths->parked));
  counts_.events_confirming.set(static_cast<double>(lengths->confirming));
  counts_.events_failed.set(static_cast<double>(lengths->failed));
  co_return true;
}

void front_desk::measure_spool() {
  const auto& there = spool_.now();
  counts_.spool_events.set(static_cast<double>(there.depth.rows));
  counts_.spool_bytes.set(static_cast<double>(there.depth.bytes));
  counts_.spool_usable.set(spool_.accepts() ? 1 : 0);
  std::chrono::duration<double> age{0};
  if (there.depth.oldest) age = suivi::now() - *there.depth.oldest;
  counts_.spool_oldest_seconds.set(std::max(age.count(), 0.0));
}

http::response front_desk::tell_readiness() const {
  auto rows = spool_.now().depth.rows;
  auto state = db_.now();
  if (state == database::state::up && (rows > 0 || in_.full())) state = database::state::behind;
  bool ready = db_.is_up() || (db_.is_known() && spool_.accepts());
  return readiness(ready, to_string(state), rows);
}

} // namespace suivi::receiver
