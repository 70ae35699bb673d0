// Connects, migrates and probes the database; after a failure again, with backoff.
#include "receiver/services/database_monitor.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "common/pg/attended_migration.hpp"
#include "common/schema/numbering.hpp"
#include "common/schema/partitions.hpp"
#include "common/schema/schema.hpp"
#include "common/sqlstate/batch_failure.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds watch_limit = 3s;         // for an answer to the watch's question
constexpr milliseconds initial_probe_limit = 3s; // a first migration may take longer

// Whose rights do not reach so far sees the address alone. Behind a pooler the connection stays and the
// server changes.
constexpr pg::statement which_server{"watch_server", R"sql(
select coalesce(host(inet_server_addr()), '') || ':' || coalesce(inet_server_port(), 0),
       (select system_identifier::text from pg_control_system()),
       case when pg_is_in_recovery() then '' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end
)sql"};
constexpr pg::statement which_address{"watch_address", R"sql(
select coalesce(host(inet_server_addr()), '') || ':' || coalesce(inet_server_port(), 0), '', ''
)sql"};

// The last column: our own COMMITs that wait for a synchronous standby, and for how long none should.
constexpr pg::statement ask{"watch_ask", R"sql(
select to_regclass('suivi.pending') is not null,
       current_setting('transaction_read_only')::boolean,
       exists (select from pg_stat_activity
               where datname = current_database() and usename = current_user and wait_event = 'SyncRep'
                 and state_change < clock_timestamp() - interval '2 seconds')
)sql"};

constexpr std::size_t storing_lanes_max = 4;

pg::pool_options pool_options(const pg::connect_options& connect, std::size_t size) {
  pg::pool_options options;
  options.connect = connect;
  options.size = size;
  return options;
}

std::size_t others(int pool_size) {
  auto all = static_cast<std::size_t>(pool_size);
  std::size_t storing = database_monitor::storing_lanes(pool_size);
  return all > storing ? all - storing : 1;
}

// Its calls are small, so that it may give up early; migrations lift the server's limit for themselves.
pg::connect_options own_options(pg::connect_options options) {
  options.application_name += "-watch";
  options.connect_timeout = 3s;
  return options;
}

} // namespace

database_monitor::database_monitor(asio::any_io_executor executor, pg::connect_options connect, int pool_size)
    : connect_(own_options(connect)), pool_(executor, pool_options(connect, others(pool_size))),
      storing_pool_(executor, pool_options(connect, storing_lanes(pool_size))), suspected_(executor),
      known_by_(std::chrono::steady_clock::now() + initial_probe_limit) {}

void database_monitor::suspect_schema() {
  schema_checked_ = false;
  is_suspected_ = true;
  suspected_.notify();
}

task<result<void>> database_monitor::probe(std::optional<pg::connection>& own) {
  if (!own || !own->alive()) {
    own.reset();
    leave_server();
    auto fresh = co_await pg::connection::connect(connect_);
    if (!fresh) co_return fresh.error();
    own.emplace(std::move(*fresh));
    connected_ = true;
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
  auto known = co_await probe_server(*own);
  if (!known) co_return known;
  if (answer->boolean(0, 2))
    co_return transient(std::string(commits_hang),
                        "COMMITs wait for a synchronous standby that does not confirm them");
  if (schema_checked_ && answer->boolean(0, 0)) co_return result<void>();
  if (now() == state::down || schema_checked_) state_.note_old_schema();
  schema_checked_ = false;
  auto scripts = schema::all();
  auto ran = co_await pg::migrate_attended(*own, connect_, scripts);
  if (!ran) co_return ran.error();
  auto there = co_await own->run(ask);
  if (!there) co_return there.error();
  if (!there->boolean(0, 0)) co_return permanent("schema:damaged", "tables of the schema suivi are missing");
  auto numbered = co_await schema::keep_numbers_unique(*own);
  if (!numbered) co_return numbered.error();
  bool in_vain = is_suspected_ && answer->boolean(0, 0) && *ran == 0;
  if (in_vain) {
    auto made = co_await schema::make_partitions(*own);
    if (!made) co_return made.error();
    in_vain = *made == 0;
    if (!in_vain) log::warn("partitions were missing and are there again", {{"partitions", *made}});
  }
  schema_checked_ = true;
  is_suspected_ = false;
  suspected_in_vain_ = in_vain;
  co_return result<void>();
}

task<result<void>> database_monitor::probe_server(pg::connection& own) {
  auto usual_limit = own.answer_within(watch_limit);
  const pg::statement& which = address_only_ ? which_address : which_server;
  auto found = co_await own.run(which);
  if (!found && found.error().kind == failure::permanent && own.alive()) {
    address_only_ = true; // asked once, so that the server's log does not fill with refusals
    found = co_await own.run(which_address);
  }
  own.answer_within(usual_limit);
  if (!found) co_return found.error();
  std::string server = fmt::format("{} {} {}", found->text(0, 0), found->text(0, 1), found->text(0, 2));
  if (!server_.empty() && server != server_) {
    log::warn("the database is another server, or a new timeline: connections to the former one are closed",
              {{"address", found->text(0, 0)}, {"timeline", found->text(0, 2)}});
    renew_connections();
  }
  server_ = std::move(server);
  co_return result<void>();
}

void database_monitor::leave_server() {
  if (std::exchange(connected_, false)) renew_connections();
}

void database_monitor::renew_connections() {
  pool_.renew();
  storing_pool_.renew();
}

std::size_t database_monitor::storing_lanes(int pool_size) {
  return std::clamp<std::size_t>(static_cast<std::size_t>(pool_size) / 2, 1, storing_lanes_max);
}

bool database_monitor::note_store_failed(std::string_view why) {
  bool news = is_up() && breaker_.note_failed(steady_now());
  if (news) log::error("the database answers, but takes no webhooks: they go to the spool", {{"error", why}});
  return news;
}

void database_monitor::note_stored(milliseconds took) {
  if (breaker_.note_stored(took)) log::info("the database takes webhooks again");
}

void database_monitor::forget_failures() {
  if (breaker_.expire(steady_now())) log::info("the database takes webhooks again");
}

// libpq has no SQLSTATE for a failed connection, only words for people.
void database_monitor::log_outage(const error& e, outage_state::complaint which) {
  using enum outage_state::complaint;
  if (which == none) return;
  std::string_view message =
      which == commits  ? "the database answers, but commits nothing: webhooks go to the spool"
      : which == schema ? "the database answers, but Suivi's schema cannot be brought up to date"
                        : "the database is away, webhooks go to the spool";
  log::error(message, {{"error", to_string(e)}});
}

task<void> database_monitor::run(std::function<void()> on_up, std::function<void()> on_gone) {
  std::optional<pg::connection> own;
  for (;;) {
    state_.begin_probe();
    forget_failures();
    auto probed = co_await probe(own);
    probed_ = true;
    outage_state::step next;
    if (probed) {
      next = state_.answered();
      if (next.came_up) {
        log::info("the database is up");
        on_up();
      }
    } else {
      const auto& e = probed.error();
      bool reachable = own && own->alive();
      next = state_.failed(e, reachable, jitter());
      if (!reachable) leave_server();
      if (next.went) on_gone();
      log_outage(e, next.say);
      if (next.drop_connection) own.reset();
    }
    auto until = std::chrono::steady_clock::now() + next.pause;
    co_await suspected_.wait_until(until);
  }
}

} // namespace suivi::receiver
