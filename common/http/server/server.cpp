// Accepting, looking after late connections, draining. What happens on a connection is session.cpp's.
#include "common/http/server/server.hpp"

#include "common/http/server/backlog.hpp"
#include "common/http/server/connection_session.hpp"
#include "common/http/wire/tls.hpp"
#include "common/log/log.hpp"
#include "common/network/ip_network.hpp"
#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <exception>
#include <malloc.h>
#include <string>
#include <utility>

namespace suivi::http {
namespace {

using tcp = asio::ip::tcp;

constexpr milliseconds accept_pause{100};
constexpr std::size_t least_share = 16;  // of connections, for the strangers of one address …
constexpr std::size_t share_divisor = 4; // … or this part of them all
constexpr milliseconds idle_before_evicted{1'000};
constexpr milliseconds rest_of_head{50};
constexpr milliseconds rest_of_handshake{500};
constexpr milliseconds idle_in_crowd{20};  // where its address has more than its share
constexpr std::size_t looked_at_max = 128; // of those who wait, for one who gives way
constexpr std::size_t batch_max = 64;      // accepted in one go
constexpr milliseconds tell_full_every{60'000};
constexpr milliseconds tell_refused_every{60'000};

std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  auto digits = text.substr(colon + 1);
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  unsigned short port = 0;
  auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (wrong != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  boost::system::error_code failed;
  auto address = asio::ip::make_address(std::string(host), failed);
  if (failed || address.is_v6() != bracketed) return std::nullopt;
  return tcp::endpoint(address, port);
}

} // namespace

struct server::state {
  state(asio::any_io_executor on, server_limits limits, handler on_request)
      : executor(on), acceptor(on), drain_begun(on), slot_freed(on), sessions(on) {
    shared.limits = limits;
    shared.on_request = std::move(on_request);
    shared.on_end = [this] { slot_freed.notify(); };
  }

  // Held by value: the server object may go while this runs.
  static task<void> run(std::shared_ptr<state> s);
  [[nodiscard]] bool full() const {
    return shared.open.size() - shared.closed >= shared.limits.max_connections;
  }
  [[nodiscard]] session* longest_waiting() const;
  [[nodiscard]] std::size_t share() const;
  [[nodiscard]] bool has_too_many(const std::string& address) const;
  [[nodiscard]] session* first_to_give_way() const;
  bool free_slot_for(const asio::ip::address& peer);
  void tell_full();
  void tell_refused();
  [[nodiscard]] milliseconds chance_used(const newcomer& by) const;
  void take(newcomer accepted);
  void take_backlog();
  void note_crowd();
  boost::system::error_code accept_batch();
  task<void> accept_peers();
  task<void> room_or_drain();
  task<void> close_late_sessions();

  asio::any_io_executor executor;
  tcp::acceptor acceptor;
  tls_context tls;
  server_state shared;
  runtime::wakeup drain_begun;
  runtime::wakeup slot_freed;
  milliseconds chance = idle_before_evicted; // of who has just come, at present
  steady_time cut_at = steady_time::max();
  bool running = false;
  std::uint64_t evicted = 0;
  std::uint64_t evicted_unreported = 0;
  steady_time reported_full_at{};
  steady_time reported_refused_at{};
  runtime::task_group sessions;
};

namespace {

task<void> serve(std::unique_ptr<session> on) {
  try {
    co_await on->run();
  } catch (const boost::system::system_error& e) {
    if (e.code() == asio::error::operation_aborted) throw; // cancelled
    log::error("a connection failed", {{"error", e.what()}});
  } catch (const std::exception& e) { // out of memory, say: this connection's end, not the server's
    log::error("a connection failed", {{"error", e.what()}});
  }
}

} // namespace

// How much of its chance a connection has had when it is accepted. Who was silent in the kernel's backlog has
// had that time there, or the strangers of many addresses would pass through at the pace of their grace;
// whose first bytes are here needs no more than to send the others.
milliseconds server::state::chance_used(const newcomer& by) const {
  if (by.has_sent()) return std::max(milliseconds(0), chance - (tls ? rest_of_handshake : rest_of_head));
  return full() ? by.silent_for() : milliseconds(0);
}

void server::state::take(newcomer accepted) {
  try {
    milliseconds used = chance_used(accepted);
    auto made = make_session(shared, accepted.take(executor), unmapped(accepted.peer().address()), tls);
    made->count_as_waited(used);
    sessions.spawn("http connection", serve(std::move(made)));
  } catch (const std::exception& e) {
    log::error("a connection could not be served", {{"error", e.what()}});
  }
}

session* server::state::longest_waiting() const {
  if (!shared.waiting_strangers.empty()) return shared.waiting_strangers.front();
  return shared.waiting_known.empty() ? nullptr : shared.waiting_known.front();
}

std::size_t server::state::share() const {
  return std::max(least_share, shared.limits.max_connections / share_divisor);
}

bool server::state::has_too_many(const std::string& address) const {
  auto counted = shared.strangers.find(address);
  return counted != shared.strangers.end() && counted->second >= share();
}

// One that has only just come is given its chance, a short one where there are too many of its address; one
// whose request is in the kernel already in any case. Null: nobody.
session* server::state::first_to_give_way() const {
  steady_time at = std::chrono::steady_clock::now();
  auto may_go = [&](session* each, milliseconds idle) {
    return at - each->waiting_since() >= idle && !each->has_request_coming();
  };
  session* longest = longest_waiting();
  if (longest != nullptr && may_go(longest, chance)) return longest;
  std::size_t looked_at = 0;
  for (session* each : shared.waiting_strangers) { // one may have used more of its time before it came
    if (++looked_at > looked_at_max) break;
    bool crowd = has_too_many(each->address_share());
    if (may_go(each, crowd ? idle_in_crowd : chance)) return each;
  }
  return nullptr;
}

// False: the newcomer has more than its share already, and none of them waits.
bool server::state::free_slot_for(const asio::ip::address& peer) {
  std::string of = address_share(peer);
  session* longest = nullptr;
  if (has_too_many(of)) {
    auto own = std::ranges::find_if(shared.waiting_strangers, [&](session* each) {
      return each->address_share() == of && !each->has_request_coming();
    });
    if (own != shared.waiting_strangers.end()) longest = *own;
  } else {
    longest = first_to_give_way();
  }
  if (longest == nullptr) return false;
  longest->close();
  ++evicted;
  ++evicted_unreported;
  tell_full();
  return true;
}

void server::state::tell_full() {
  auto at = std::chrono::steady_clock::now();
  if (reported_full_at != steady_time{} && at - reported_full_at < tell_full_every) return;
  reported_full_at = at;
  log::warn(
      "all connections are taken: the longest idle ones are closed for new ones; this is said once a minute",
      {{"connections", shared.limits.max_connections}, {"closed", std::exchange(evicted_unreported, 0)}});
}

void server::state::tell_refused() {
  auto at = std::chrono::steady_clock::now();
  bool lately = reported_refused_at != steady_time{} && at - reported_refused_at < tell_refused_every;
  if (shared.bodies_refused == 0 || lately) return;
  reported_refused_at = at;
  log::warn(
      "the bodies of requests under way take all the room there is: requests are answered 503; this is "
      "said once a minute",
      {{"requests", std::exchange(shared.bodies_refused, 0)}, {"bytes", shared.limits.bodies_bytes_max}});
}

// Peers in the kernel's backlog believe themselves connected; closing the listener would reset them.
void server::state::take_backlog() {
  boost::system::error_code failed;
  while (!failed && !full()) {
    auto accepted = newcomer::next(acceptor, failed);
    if (accepted) take(std::move(*accepted));
  }
}

// The kernel forgets who comes when its backlog is full, and such a peer asks again after a second at best:
// the more wait there, the shorter is everybody's chance here.
void server::state::note_crowd() {
  auto left = std::chrono::duration<double, std::milli>(idle_before_evicted) * (1 - backlog_fill(acceptor));
  chance = std::max(idle_in_crowd, std::chrono::duration_cast<milliseconds>(left));
}

// As many as there is room for, at most a batch, so that those who were taken get their turn. Answers what
// the last try came to.
boost::system::error_code server::state::accept_batch() {
  note_crowd();
  boost::system::error_code failed;
  for (std::size_t i = 0; i < batch_max && !shared.draining; ++i) {
    if (full() && first_to_give_way() == nullptr) break;
    auto accepted = newcomer::next(acceptor, failed);
    if (failed) break;
    if (accepted->has_gone()) continue;
    if (!full() || free_slot_for(unmapped(accepted->peer().address()))) take(std::move(*accepted));
  }
  return failed;
}

// Until another connection can be taken, if need be for one that waits.
task<void> server::state::room_or_drain() {
  while (full() && first_to_give_way() == nullptr && !shared.draining) {
    tell_full();
    shared.slot_is_wanted = true;
    steady_time until = std::chrono::steady_clock::now() + idle_in_crowd;
    co_await slot_freed.wait_until(until);
    shared.slot_is_wanted = false;
    note_crowd();
  }
}

// Nothing that goes wrong here ends the server: it waits a little and accepts on.
task<void> server::state::accept_peers() {
  bool pausing = false;
  while (!shared.draining) {
    co_await room_or_drain();
    if (shared.draining) break;
    boost::system::error_code failed;
    co_await acceptor.async_wait(tcp::acceptor::wait_read, asio::redirect_error(asio::use_awaitable, failed));
    if (shared.draining) break;
    if (!failed) failed = accept_batch();
    bool passing = failed == asio::error::would_block || failed == asio::error::connection_aborted ||
                   failed == asio::error::interrupted;
    if (!failed || passing) {
      pausing = false;
      continue;
    }
    if (!pausing)
      log::warn("accepting connections pauses",
                {{"error", failed.message()}, {"connections", shared.open.size()}});
    pausing = true;
    co_await runtime::sleep_for(accept_pause);
  }
}

task<void> server::state::close_late_sessions() {
  const auto& limits = shared.limits;
  auto shortest =
      std::min({limits.idle_timeout, limits.header_timeout, limits.body_timeout, limits.write_timeout});
  auto pause = std::clamp(shortest / 8, milliseconds(10), milliseconds(500));
  while (true) {
    co_await runtime::sleep_for(pause);
    auto at = std::chrono::steady_clock::now();
    for (auto* each : shared.open)
      if (each->late_at() <= at) each->close();
    tell_refused();
    // 7 ms for 90 MiB, which is why it is done in the quiet after a burst and not in it.
    if (shared.under_way.should_give_back()) ::malloc_trim(0);
  }
}

task<void> server::state::run(std::shared_ptr<state> s) {
  s->running = true;
  runtime::task_group loops(s->executor);
  loops.spawn("http accept", s->accept_peers());
  loops.spawn("http timeouts", s->close_late_sessions());
  bool cancelled = false;
  try {
    while (!s->shared.draining) co_await s->drain_begun.wait();
    co_await s->sessions.join_until(s->cut_at);
  } catch (const boost::system::system_error&) {
    cancelled = true;
  }
  auto state = co_await asio::this_coro::cancellation_state;
  cancelled = cancelled || state.cancelled() != asio::cancellation_type::none;
  // From here on everything ends, whoever asks: nothing may be left behind.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  boost::system::error_code ignored;
  s->acceptor.close(ignored);
  s->shared.draining = true;
  for (auto* each : s->shared.open) each->close();
  loops.cancel();
  s->sessions.cancel();
  co_await loops.join();
  co_await s->sessions.join();
  s->running = false;
  if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

server::server(asio::any_io_executor executor, server_limits limits, handler on_request)
    : state_(std::make_shared<state>(std::move(executor), limits, std::move(on_request))) {}

server::~server() = default;

result<void> server::listen(std::string_view address_and_port) {
  auto wrong = [&](std::string_view why) {
    return permanent("http:listen", std::string(address_and_port) + ": " + std::string(why));
  };
  auto endpoint = parse_endpoint(address_and_port);
  if (!endpoint) return wrong("not an address and a port");
  auto& acceptor = state_->acceptor;
  boost::system::error_code failed;
  acceptor.open(endpoint->protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(*endpoint, failed);
  if (!failed) acceptor.set_option(tcp::no_delay(true), failed); // who is accepted inherits it
  if (!failed) acceptor.non_blocking(true, failed);
  if (!failed) acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (!failed) return {};
  boost::system::error_code ignored;
  acceptor.close(ignored);
  return wrong(failed.message());
}

result<void> server::use_tls(const tls_files& files) {
  auto made = make_server_tls(files);
  if (!made) return made.error();
  state_->tls = std::move(*made);
  return {};
}

unsigned short server::port() const {
  boost::system::error_code failed;
  auto local = state_->acceptor.local_endpoint(failed);
  return failed ? 0 : local.port();
}

std::size_t server::connections() const {
  return state_->shared.open.size();
}

std::optional<instant> server::certificate_expiry() const {
  return http::certificate_expiry(state_->tls);
}

std::uint64_t server::connections_evicted() const {
  return state_->evicted;
}

void server::judge_heads(head_judge by) {
  state_->shared.judge = std::move(by);
}

task<void> server::run() {
  return state::run(state_);
}

void server::drain(milliseconds grace) {
  auto& s = *state_;
  auto at = std::chrono::steady_clock::now();
  if (s.running) s.take_backlog();
  boost::system::error_code ignored;
  s.acceptor.close(ignored);
  s.shared.draining = true;
  s.cut_at = at + grace;
  for (auto* each : s.shared.open) each->begin_drain(at);
  s.drain_begun.notify();
  s.slot_freed.notify();
}

} // namespace suivi::http
