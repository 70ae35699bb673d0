// One connection of the server, from accept to end.
//
// A session carries the moment at which its present phase has taken too long; the server looks over all
// sessions now and then and cuts those that are late, so no timer is touched for a request.
#pragma once

#include "common/base/time.hpp"
#include "common/http/server/burst_tracker.hpp"
#include "common/http/server/server.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace suivi::http {

class session;

// What the sessions of a server share. Outlives them all.
struct server_state {
  server_limits limits;
  handler on_request;
  head_judge judge;
  bool draining = false;
  std::list<session*> open;
  std::size_t closed = 0; // of them, those whose socket is closed already
  // Those that wait for their peer, longest first: the ones that may be let go for others.
  std::list<session*> waiting_strangers;
  std::list<session*> waiting_known;
  std::map<std::string, std::size_t> strangers; // connections by address, as address_share() names it
  std::size_t bodies_bytes = 0;                 // of the requests under way
  std::size_t strangers_bodies_bytes = 0; // of them, those of strangers, who have a part of the room only
  std::uint64_t bodies_refused = 0;       // for want of room, and not told yet
  bool slot_is_wanted = false;            // somebody waits to be accepted
  std::function<void()> on_end;           // a session has ended
  // Where plain connections read to, and where answers are laid out. What a connection keeps of it is its
  // own, so that one that waits holds no buffer.
  std::array<char, 16 * 1024> arrived;
  std::string laid_out;
  request_count under_way;

  // Now as HTTP date, formatted once a second.
  std::string_view date();

 private:
  std::string date_text_;
  std::chrono::sys_seconds date_of_{};
};

class session {
 public:
  enum class phase {
    fresh,     // nothing received yet on this connection
    idle,      // between requests
    asking,    // sending a request that has shown no right to anything yet
    busy,      // reading any other request, in the handler, or writing
    reading,   // taking its answer, and has shown no right to anything
    lingering, // answered for the last time; waits for the peer to have read it
  };

  session(server_state& shared, asio::ip::address peer);
  virtual ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  virtual task<void> run() = 0;
  // Closes the socket; run() then ends unless it is in the handler.
  void close();
  // Its next request is in the kernel already.
  [[nodiscard]] bool has_request_coming();
  [[nodiscard]] const std::string& address_share() const { return share_; }
  // As if it had waited for so long when it was accepted.
  void count_as_waited(milliseconds waited) { waiting_since_ -= waited; }
  // Since it waits, if it does.
  [[nodiscard]] steady_time waiting_since() const { return waiting_since_; }

  [[nodiscard]] steady_time late_at() const { return late_at_; }
  // Cuts an idle connection; one that may have a request under way is given a moment to show it.
  void begin_drain(steady_time now);

 protected:
  void enter(phase next, milliseconds limit);
  void enter_unlimited(phase next);
  virtual void close_socket() = 0;
  virtual bool has_unread() = 0;
  void be_known();
  [[nodiscard]] bool is_known() const { return known_; }

  server_state& shared_;
  asio::ip::address peer_;

 private:
  void wait_in_line(bool waits);

  std::string share_;
  phase phase_ = phase::fresh;
  steady_time late_at_;
  std::list<session*>::iterator self_;
  std::list<session*>* line_ = nullptr; // where it waits, if it does
  std::list<session*>::iterator place_;
  steady_time waiting_since_{};
  bool known_ = false;
  bool closed_ = false;
};

// What one request's body takes of what all of them may.
class body_budget {
 public:
  explicit body_budget(server_state& of) : of_(of) {}
  body_budget(const body_budget&) = delete;
  body_budget& operator=(const body_budget&) = delete;
  ~body_budget();
  // False: there is no room for so many bytes of it. `known`: the request has shown that it may.
  bool holds(std::size_t bytes, bool known);

 private:
  server_state& of_;
  std::size_t held_ = 0;
  std::size_t held_by_stranger_ = 0;
};

// How connections are counted by address: an IPv6 peer may have all of its /64.
[[nodiscard]] std::string address_share(const asio::ip::address& peer);

} // namespace suivi::http
