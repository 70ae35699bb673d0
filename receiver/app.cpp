// The one composition root. Destruction runs bottom to top, so what is used is declared before what uses it.
// A lane that fails ends the process, in order, with status 1.
//
// Ending begins with receiver.drain_delay, in which /readyz says 503 while webhooks are still taken. From
// then on it takes at most 10 seconds: no new requests (4 s for those begun), what was taken is stored, what
// was stored is applied, the rest is given back for others to apply. A disk or a name server that hangs does
// not keep the process.
#include "receiver/app.hpp"

#include "common/base/duration.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/client/client.hpp"
#include "common/http/server/server.hpp"
#include "common/log/log.hpp"
#include "common/metrics/process.hpp"
#include "common/program/bootstrap.hpp"
#include "common/program/version.hpp"
#include "common/runtime/lifetime.hpp"
#include "common/runtime/service_notify.hpp"
#include "common/runtime/signals.hpp"
#include "common/runtime/task_group.hpp"
#include "common/shop/samples.hpp"
#include "receiver/api/operations_api.hpp"
#include "receiver/apply/confirm_lane.hpp"
#include "receiver/apply/pollers.hpp"
#include "receiver/intake/spool_drain.hpp"
#include "receiver/reload_settings.hpp"
#include "receiver/request_handler.hpp"
#include "receiver/services/options.hpp"
#include "receiver/upkeep/partitions.hpp"
#include "receiver/upkeep/quarantine_reread.hpp"
#include "receiver/upkeep/retention.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <string>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Probes and scrapers ask little and seldom; nobody else is meant to reach that address.
http::server_limits health_limits() {
  http::server_limits limits;
  limits.max_body_bytes = 1024;
  limits.max_connections = 32;
  limits.idle_timeout = 20s;
  return limits;
}

// What the database's connections, single reads, the spool and the log need at most, whatever peers do.
std::size_t own_files(const config::settings& s) {
  std::size_t probes = s.receiver.health_listen.empty() ? 0 : health_limits().max_connections;
  return static_cast<std::size_t>(s.database.pool) + probes + 32;
}

http::server_limits server_limits(const config::settings& s, std::size_t open_files) {
  http::server_limits limits;
  limits.max_body_bytes = s.receiver.max_body_bytes;
  limits.bodies_bytes_max = std::max(limits.bodies_bytes_max, 4 * limits.max_body_bytes);
  auto wanted = static_cast<std::size_t>(s.receiver.max_connections);
  auto possible = open_files > own_files(s) ? open_files - own_files(s) : 1;
  limits.max_connections = std::min(wanted, possible);
  if (possible < wanted)
    log::warn("the limit of open files allows fewer connections than receiver.max_connections",
              {{"files", open_files}, {"wanted", wanted}, {"connections", possible}});
  return limits;
}

spool::options spool_options(const config::settings& s) {
  spool::options options;
  options.folder = s.receiver.spool;
  options.bytes_max = s.receiver.spool_max_bytes;
  return options;
}

intake::limits intake_limits(const config::settings& s) {
  intake::limits limits;
  limits.lanes = database_monitor::storing_lanes(s.database.pool);
  return limits;
}

constexpr std::string_view certificates_allowed =
    "a readable PEM file: receiver.tls_certificate the chain, receiver.tls_key its key without password";

class app {
 public:
  app(asio::io_context& io, const config::settings& s, read_settings again, std::size_t open_files)
      : settings_(s), read_again_(std::move(again)), executor_(io.get_executor()), life_(executor_),
        counts_(series_), process_(series_), client_(executor_, http::client_limits{}),
        db_(executor_, connect_options(s), s.database.pool), accounts_(db_, client_, s),
        apply_lane_(executor_, db_, accounts_, counts_, door_options(s),
                    crypto::hex(crypto::random_bytes(8))),
        confirm_lane_(executor_, db_, accounts_, apply_lane_, counts_, door_options(s)),
        pollers_(executor_, db_, apply_lane_),
        retention_(connect_options(s), db_, counts_, s.retention.events), quarantine_reread_(db_),
        spool_(executor_, spool_options(s)),
        intake_(executor_, db_, spool_, apply_lane_, counts_, intake_limits(s)),
        drain_(executor_, db_, intake_, spool_, counts_),
        operations_(executor_, settings_, connect_options(s), db_, accounts_, apply_lane_, spool_),
        signed_endpoint_(db_, accounts_, intake_, counts_, s.receiver.max_body_bytes),
        webhook_endpoint_(settings_, accounts_, intake_, counts_),
        status_endpoints_(db_, spool_, intake_, webhook_endpoint_, operations_, counts_, series_),
        request_handler_(settings_, webhook_endpoint_, signed_endpoint_, operations_, status_endpoints_,
                         counts_),
        server_(executor_, server_limits(s, open_files),
                [this](http::request request) { return request_handler_.answer(std::move(request)); }),
        lanes_(executor_, life_.on_failure()), applying_(executor_, life_.on_failure()),
        serving_(executor_, life_.on_failure()), endless_(executor_, life_.on_failure()) {
    server_.judge_heads([this](const http::request& head) { return request_handler_.judge(head); });
    counts_.connections_max.set(static_cast<double>(server_limits(s, open_files).max_connections));
    status_endpoints_.on_scrape([this] { refresh_figures(); });
    series_
        .make_gauge("suivi_build_info", "1; the label says which version runs.",
                    {{"version", std::string(program::version())}})
        .set(1);
    apply_lane_.on_wanted_read(
        [this](shop::wanted_read wanted, std::optional<pending_event> waiting) {
          confirm_lane_.ask(std::move(wanted), std::move(waiting));
        },
        [this](const std::string& account) { return confirm_lane_.refuses(account); });
  }

  task<void> run(int& status) {
    status = 2;
    if (auto wrong = use_certificate()) {
      fmt::print(stderr, "suivi-receiver: {}; allowed is {}\n", *wrong, certificates_allowed);
      co_return;
    }
    status = 1;
    auto listening = server_.listen(settings_.receiver.listen);
    if (!listening) {
      fmt::print(stderr, "suivi-receiver: {}\n", to_string(listening.error()));
      co_return;
    }
    log::info("receiving webhooks", {{"listen", settings_.receiver.listen},
                                     {"port", server_.port()},
                                     {"tls", secure()},
                                     {"version", program::version()}});
    if (!listen_for_probes()) co_return;
    start();
    service_.ready(taking_webhooks());
    co_await life_.end_wanted();
    service_.stopping("taking what still comes, then storing and applying what was taken",
                      settings_.receiver.drain_delay + runtime::stop_grace_max);
    co_await drain();
    log::info("stopping");
    co_await stop();
    log::info("stopped");
    if (!life_.failed()) status = 0;
  }

 private:
  [[nodiscard]] bool secure() const { return !settings_.receiver.tls_certificate.empty(); }

  // False where the address cannot be had, which has been said then.
  bool listen_for_probes() {
    const std::string& address = settings_.receiver.health_listen;
    if (address.empty()) return true;
    health_server_.emplace(executor_, health_limits(), [this](http::request request) {
      return request_handler_.answer_health(std::move(request));
    });
    auto listening = health_server_->listen(address);
    if (!listening) {
      fmt::print(stderr, "suivi-receiver: receiver.health_listen: {}\n", to_string(listening.error()));
      return false;
    }
    log::info("serving health and metrics", {{"listen", address}, {"health_port", health_server_->port()}});
    serving_.spawn("health server", health_server_->run());
    return true;
  }

  // What is wrong with the files, naming the key.
  std::optional<std::string> use_certificate() {
    const auto& mine = settings_.receiver;
    if (!secure()) return std::nullopt;
    auto used = server_.use_tls({mine.tls_certificate, mine.tls_key});
    if (used) return std::nullopt;
    const auto& e = used.error();
    return fmt::format("receiver.{} = {}", e.code == "http:tls_key" ? "tls_key" : "tls_certificate",
                       e.detail);
  }

  void refresh_figures() {
    counts_.connections.set(static_cast<double>(server_.connections()));
    counts_.connections_evicted.set(static_cast<double>(server_.connections_evicted()));
    counts_.apply_queue.set(static_cast<double>(apply_lane_.in_flight()));
    pg::pool::figures storing = db_.storing_connections().now();
    pg::pool::figures others = db_.connections().now();
    counts_.pool_in_use.set(static_cast<double>(storing.in_use + others.in_use));
    counts_.pool_idle.set(static_cast<double>(storing.idle + others.idle));
    counts_.pool_waiting.set(static_cast<double>(storing.waiting + others.waiting));
    std::optional<instant> expiry = server_.certificate_expiry();
    counts_.certificate_expiry.set(expiry ? std::chrono::duration<double>(expiry->time_since_epoch()).count()
                                          : 0);
    process_.refresh();
  }

  // How late it is woken; and what the log still has to say of the minute that is over.
  task<void> measure_loop() {
    constexpr milliseconds every = 500ms;
    for (;;) {
      steady_time due = steady_clock::now() + every;
      co_await runtime::sleep_until(due);
      counts_.loop_lag.observe(std::chrono::duration<double>(steady_clock::now() - due).count());
      counts_.tell_rest();
    }
  }

  // Whoever looks these up does so at each request.
  void reload_settings() {
    auto read = read_again_();
    if (const auto* wrong = std::get_if<std::vector<std::string>>(&read)) {
      for (const std::string& line : *wrong)
        log::error("the settings cannot be read again, those in force stay", {{"error", line}});
      return;
    }
    if (take_reloadable(std::get<config::settings>(read), settings_)) operations_.end_streams();
  }

  // For `systemctl status`.
  [[nodiscard]] std::string taking_webhooks() const {
    return fmt::format("taking webhooks on {}, {}", settings_.receiver.listen,
                       db_.is_up() ? "stored in the database"
                                   : "kept in the spool while the database is away");
  }

  void reload() {
    service_.reloading();
    reload_settings();
    reload_certificate();
    service_.ready(taking_webhooks());
  }

  void reload_certificate() {
    if (!secure()) return;
    if (auto wrong = use_certificate()) {
      log::error("the new TLS certificate cannot be used, the old one stays in force", {{"error", *wrong}});
    } else {
      log::info("the TLS certificate was reloaded, new connections get it",
                {{"certificate", settings_.receiver.tls_certificate}});
    }
  }

  void start() {
    auto on_up = [this] {
      pollers_.hurry();
      drain_.hurry();
      service_.status(taking_webhooks());
    };
    auto on_gone = [this] {
      intake_.divert_to_spool();
      service_.status(taking_webhooks());
    };
    endless_.spawn("signals", life_.watch_signals());
    endless_.spawn("watchdog", service_.feed_watchdog());
    endless_.spawn("reload", runtime::at_each_hangup([this] { reload(); }));
    endless_.spawn("loop", measure_loop());
    endless_.spawn("database", db_.run(on_up, on_gone));
    endless_.spawn("spool", drain_.run());
    endless_.spawn("accounts", accounts_.run());
    endless_.spawn("orphans", pollers_.claim_orphans());
    endless_.spawn("stream", operations_.run());
    endless_.spawn("overview", operations_.watch());
    endless_.spawn("keys", operations_.watch_keys());
    endless_.spawn("samples", shop::keep_sampling(db_.connections(), [this] { return db_.is_up(); }));
    endless_.spawn("parked", pollers_.wake_parked_events());
    endless_.spawn("partitions", make_partitions_ahead(db_));
    endless_.spawn("retention", retention_.run());
    endless_.spawn("quarantine reread", quarantine_reread_.run());
    for (std::size_t i = 0; i < confirm_lane::readers; ++i)
      endless_.spawn("reader", confirm_lane_.run_reader(i));
    for (std::size_t i = 0; i < intake_limits(settings_).lanes; ++i)
      lanes_.spawn("intake", intake_.run_lane(i));
    applying_.spawn("apply", apply_lane_.run());
    applying_.spawn("apply beside", apply_lane_.run_beside());
    serving_.spawn("server", server_.run());
  }

  // Before the ten seconds of stop(): balancers see that no more is wanted; what they send until they do is
  // taken. A failure ends it early.
  task<void> drain() {
    constexpr milliseconds poll_every = 100ms;
    status_endpoints_.begin_drain();
    steady_time until = steady_clock::now() + settings_.receiver.drain_delay;
    if (settings_.receiver.drain_delay > 0ms && !life_.failed())
      log::info("draining: /readyz says 503, webhooks are still taken",
                {{"for", format_duration(settings_.receiver.drain_delay)}});
    while (!life_.failed() && steady_clock::now() < until) {
      milliseconds left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
      milliseconds pause = std::min(left, poll_every);
      co_await runtime::sleep_for(pause);
    }
    if (health_server_) health_server_->drain(100ms);
  }

  task<void> stop() {
    auto begun = steady_clock::now();
    server_.drain(4s);
    co_await end(serving_, begun + 5s);
    intake_.finish();
    co_await end(lanes_, begun + 6s);
    co_await drain_spool(begun + 7500ms);
    apply_lane_.finish();
    co_await end(applying_, begun + 8500ms);
    co_await end(endless_, steady_clock::now());
    if (db_.is_up()) {
      lanes_.spawn("give back", give_back());
      co_await end(lanes_, begun + 9500ms);
    }
    operations_.close();
    db_.connections().close();
    db_.storing_connections().close();
    client_.close();
  }

  // What has not ended by itself until then is canceled.
  task<void> end(runtime::task_group& group, steady_time until) {
    bool ended = co_await group.join_until(until);
    if (ended) co_return;
    group.cancel();
    co_await group.join();
  }

  // What it holds is durable, but nobody looks for it there until the next start.
  task<void> drain_spool(steady_time until) {
    constexpr milliseconds poll_every = 10ms, return_patience = 1s;
    drain_.hurry();
    db_.probe_now(); // it may be back, and not yet found so
    steady_time found_by = std::min(until, steady_clock::now() + return_patience);
    auto within_reach = [this] { return db_.now() != database_monitor::state::down; };
    while (spool_.now().depth.rows > 0 && steady_clock::now() < (within_reach() ? until : found_by))
      co_await runtime::sleep_for(poll_every);
    if (spool_.now().depth.rows > 0)
      log::warn("webhooks are left in the spool: the next start takes them, or `suivi-receiver spool drain`",
                {{"events", spool_.now().depth.rows}, {"folder", settings_.receiver.spool}});
  }

  task<void> give_back() {
    auto db = co_await db_.connections().acquire(steady_clock::now() + 500ms);
    if (!db) co_return;
    auto& connection = **db;
    co_await release(connection, apply_lane_.owner());
  }

  config::settings settings_;
  read_settings read_again_;
  asio::any_io_executor executor_;
  runtime::lifetime life_;
  runtime::service_notifier service_ = runtime::service_notifier::from_environment();
  metrics::registry series_;
  receiver_metrics counts_;
  metrics::process_figures process_;
  http::client client_;
  database_monitor db_;
  account_registry accounts_;
  apply_lane apply_lane_;
  confirm_lane confirm_lane_;
  pollers pollers_;
  retention retention_;
  quarantine_reread quarantine_reread_;
  spool spool_;
  intake intake_;
  spool_drain drain_;
  operations operations_;
  signed_endpoint signed_endpoint_;
  webhook_endpoint webhook_endpoint_;
  status_endpoints status_endpoints_;
  request_handler request_handler_;
  http::server server_;
  std::optional<http::server> health_server_;
  runtime::task_group lanes_;
  runtime::task_group applying_;
  runtime::task_group serving_;
  runtime::task_group endless_;
};

} // namespace

int run_server(const config::settings& s, read_settings again) {
  runtime::stop_deadline stop_deadline(runtime::stop_grace_max +
                                       s.receiver.drain_delay); // outlives the loop, which joins its resolver
  asio::io_context io(1);
  auto files = runtime::raise_open_file_limit();
  log::debug("limit of open files", {{"files", files}});
  app all(io, s, std::move(again), files);
  // Without it nobody would end the lanes.
  runtime::task_group main_task(io.get_executor(), [] { std::_Exit(1); });
  int status = 1;
  main_task.spawn("receiver", all.run(status));
  io.run();
  return status;
}

} // namespace suivi::receiver
