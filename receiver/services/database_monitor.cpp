// Connect, migrate, ask; after a failure again with backoff.
#include "receiver/services/database_monitor.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "common/pg/batch_failure.hpp"
#include "common/schema/schema.hpp"

#include <utility>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds watch_limit = 3s; // for an answer to the watch's question
constexpr std::size_t complaints_max = 10;
constexpr milliseconds initial_probe_limit = 3s; // a first migration may take longer

pg::pool_options pool_options(const pg::connect_options& connect, int size) {
  pg::pool_options options;
  options.connect = connect;
  options.size = static_cast<std::size_t>(size);
  return options;
}

// Its calls are small, so that it may give up early; migrations lift the server's limit for themselves.
pg::connect_options own_options(pg::connect_options options) {
  options.application_name += "-watch";
  options.connect_timeout = 3s;
  return options;
}

} // namespace

database_monitor::database_monitor(asio::any_io_executor executor, pg::connect_options connect, int pool_size)
    : connect_(own_options(connect)), pool_(executor, pool_options(connect, pool_size)), suspected_(executor),
      known_by_(std::chrono::steady_clock::now() + initial_probe_limit) {}

void database_monitor::suspect_schema() {
  schema_checked_ = false;
  suspected_.notify();
}

task<result<void>> database_monitor::probe(std::optional<pg::connection>& own) {
  static constexpr pg::statement ask{"watch_ask", "select to_regclass('suivi.pending') is not null,"
                                                  " current_setting('transaction_read_only')::boolean"};
  if (!own || !own->alive()) {
    own.reset();
    auto fresh = co_await pg::connection::connect(connect_);
    if (!fresh) co_return fresh.error();
    own.emplace(std::move(*fresh));
    schema_checked_ = false;
  }
  auto usual_limit = own->answer_within(watch_limit);
  auto answer = co_await own->run(ask);
  own->answer_within(usual_limit);
  if (!answer) co_return answer.error();
  if (answer->boolean(0, 1)) {
    own.reset(); // of several hosts, another one may take writes now
    co_return transient("database:read_only", "the database takes no writes");
  }
  if (schema_checked_ && answer->boolean(0, 0)) co_return result<void>();
  if (state_ == state::down || schema_checked_) state_ = state::behind;
  schema_checked_ = false;
  auto scripts = schema::all();
  auto ran = co_await pg::migrate(*own, scripts);
  if (!ran) co_return ran.error();
  auto there = co_await own->run(ask);
  if (!there) co_return there.error();
  if (!there->boolean(0, 0)) co_return permanent("schema:damaged", "tables of the schema suivi are missing");
  schema_checked_ = true;
  co_return result<void>();
}

// Each reason is said once until it is up again: one that was shut down may come back with another password.
// libpq has no SQLSTATE for a failed connection, only words for people.
void database_monitor::log_outage(const error& e, bool reachable) {
  auto reason = to_string(e);
  if (complaints_.size() >= complaints_max || !complaints_.insert(reason).second) return;
  if (reachable)
    log::error("the database answers, but Suivi's schema cannot be brought up to date", {{"error", reason}});
  else
    log::error("the database is away, webhooks go to the spool", {{"error", reason}});
}

task<void> database_monitor::run(std::function<void()> on_up, std::function<void()> on_gone) {
  std::optional<pg::connection> own;
  int failures = 0;
  for (;;) {
    bool was_up = state_ == state::up;
    auto probed = co_await probe(own);
    looked_ = true;
    milliseconds pause = 1s;
    if (probed) {
      bool news = state_ != state::up;
      state_ = state::up;
      failures = 0;
      complaints_.clear();
      if (news) {
        log::info("the database is up");
        on_up();
      }
    } else {
      const auto& e = probed.error();
      bool reachable = own && own->alive();
      state_ = reachable ? state::behind : state::down;
      if (was_up) on_gone();
      log_outage(e, reachable);
      if (reachable && e.kind == failure::transient) own.reset();
      pause = backoff(failures, 100ms, 2s, jitter());
      ++failures;
    }
    auto until = std::chrono::steady_clock::now() + pause;
    co_await suspected_.wait_until(until);
  }
}

std::string_view to_string(database_monitor::state s) {
  switch (s) {
  case database_monitor::state::down:
    return "down";
  case database_monitor::state::behind:
    return "behind";
  case database_monitor::state::up:
    return "up";
  }
  return "down";
}

} // namespace suivi::receiver
