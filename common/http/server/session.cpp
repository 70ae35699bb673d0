// What every session does, with TLS or without: time limits, and who is closed first at a full server.
#include "common/http/server/session.hpp"

#include "common/http/message/response_head.hpp"

#include <algorithm>
#include <utility>

namespace suivi::http {
namespace {

constexpr std::size_t strangers_divisor = 4; // of the room for bodies they have this part
constexpr milliseconds drain_first_limit{1'000};

} // namespace

body_budget::~body_budget() {
  of_.bodies_bytes -= held_;
  of_.strangers_bodies_bytes -= held_by_stranger_;
}

bool body_budget::holds(std::size_t bytes, bool known) {
  if (bytes <= held_) return true;
  std::size_t more = bytes - held_;
  bool full = of_.bodies_bytes + more > of_.limits.bodies_bytes_max;
  bool strangers_full =
      !known && of_.strangers_bodies_bytes + more > of_.limits.bodies_bytes_max / strangers_divisor;
  if (full || strangers_full) {
    ++of_.bodies_refused;
    return false;
  }
  of_.bodies_bytes += more;
  if (!known) of_.strangers_bodies_bytes += more;
  if (!known) held_by_stranger_ += more;
  held_ = bytes;
  return true;
}

std::string_view server_state::date() {
  auto current = now();
  auto second = std::chrono::floor<seconds>(current);
  if (second != date_of_) {
    date_of_ = second;
    date_text_ = format_http_date(current);
  }
  return date_text_;
}

std::string address_share(const asio::ip::address& peer) {
  if (peer.is_v4()) return peer.to_string();
  asio::ip::address_v6::bytes_type bytes = peer.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6(bytes).to_string();
}

session::session(server_state& shared, asio::ip::address peer)
    : shared_(shared), peer_(std::move(peer)), share_(http::address_share(peer_)) {
  ++shared_.strangers[share_];
  enter(phase::fresh, shared.limits.header_timeout);
  self_ = shared_.open.insert(shared_.open.end(), this);
}

session::~session() {
  wait_in_line(false);
  be_known(); // no stranger any more, at least
  if (closed_) --shared_.closed;
  shared_.open.erase(self_);
  shared_.on_end();
}

void session::close() {
  if (!std::exchange(closed_, true)) ++shared_.closed;
  wait_in_line(false);
  close_socket();
}

void session::be_known() {
  if (std::exchange(known_, true)) return;
  auto counted = shared_.strangers.find(share_);
  if (counted != shared_.strangers.end() && --counted->second == 0) shared_.strangers.erase(counted);
}

// One that begins to ask keeps its place: whoever sends a byte now and then is not less idle for it.
void session::wait_in_line(bool waits) {
  if (line_ != nullptr && (!waits || (known_ && line_ == &shared_.waiting_strangers))) {
    line_->erase(place_);
    line_ = nullptr;
  }
  if (!waits || line_ != nullptr || closed_) return;
  line_ = known_ ? &shared_.waiting_known : &shared_.waiting_strangers;
  place_ = line_->insert(line_->end(), this);
  waiting_since_ = std::chrono::steady_clock::now();
  if (shared_.slot_is_wanted) shared_.on_end();
}

void session::enter(phase next, milliseconds limit) {
  phase_ = next;
  late_at_ = std::chrono::steady_clock::now() + limit;
  wait_in_line(next != phase::busy);
}

void session::enter_unlimited(phase next) {
  phase_ = next;
  late_at_ = steady_time::max();
  wait_in_line(next != phase::busy);
}

// What comes behind a request that is under way does not count.
bool session::has_request_coming() {
  return (phase_ == phase::fresh || phase_ == phase::idle) && has_unread();
}

void session::begin_drain(steady_time now) {
  if (phase_ != phase::fresh && phase_ != phase::idle) return;
  // A request may be under way: on a connection just accepted, or already in the kernel.
  if (phase_ == phase::fresh || has_unread())
    late_at_ = std::min(late_at_, now + drain_first_limit);
  else
    close();
}

} // namespace suivi::http
