// From request to arrival, from receipt to answer.
#include "receiver/webhook.hpp"

#include "common/crypto/crypto.hpp"
#include "receiver/answers.hpp"

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int retry_after_seconds = 5;

arrival to_arrival(std::string raw, std::optional<std::string> account, instant received_at) {
  arrival a;
  a.received_at = received_at;
  a.what = maystro::decode(raw);
  a.key = choose_key(raw, a.what);
  a.what.body.reset(); // can be had again from the bytes
  a.raw = std::move(raw);
  a.account = std::move(account);
  return a;
}

} // namespace

front_desk::front_desk(const config::settings& s, database& db, intake& in, measures& counts,
                       metrics::registry& series)
    : settings_(s), db_(db), in_(in), counts_(counts), series_(series) {}

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
  if (db_.is_up()) {
    auto deadline = steady_clock::now() + 2s;
    auto db = co_await db_.connections().acquire(deadline);
    if (db) {
      auto& connection = **db;
      auto lengths = co_await count_pending(connection);
      if (lengths) {
        counts_.events_pending.set(static_cast<double>(lengths->pending));
        counts_.events_parked.set(static_cast<double>(lengths->parked));
      }
    }
  }
  http::response text;
  text.content_type = "text/plain; version=0.0.4; charset=utf-8";
  text.body = series_.text();
  co_return text;
}

http::response front_desk::tell_readiness() const {
  return readiness(db_.is_up(), to_string(db_.now()), 0);
}

} // namespace suivi::receiver
