// The courier as a whole, without sockets: its world, its settings, its clients, and what it answers. Pure
// but for its own state; `now` and `chance` come from outside.
#pragma once

#include "common/http/message.hpp"
#include "tests/maystro_sim/settings.hpp"
#include "tests/maystro_sim/webhook.hpp"
#include "tests/maystro_sim/world.hpp"

#include <deque>
#include <map>

namespace suivi::sim {

struct client_account {
  std::string id; // the shop's shipping_accounts.id
  std::string token;
  std::string name;
};
// `id:token[:name]`; nullopt if there is no token or a part is empty.
[[nodiscard]] std::optional<client_account> parse_account(std::string_view text);

struct request_counters {
  std::uint64_t requests = 0;
  std::uint64_t pages = 0;
  std::uint64_t look_ups = 0;
  std::uint64_t single_reads = 0;
  std::uint64_t failed = 0;    // by setting
  std::uint64_t throttled = 0; // by setting
  std::uint64_t refused = 0;   // 401
};

// What a webhook is to tell: a status change, or (created) a new parcel; or a test message of an account's
// hooks.
struct news {
  sim::change change;
  bool created = false;
};

class courier {
 public:
  courier(world_shape shape, std::vector<client_account> accounts, settings begin);

  // Everything under /api. A test request of hooks is answered and left in test_requests for the caller.
  [[nodiscard]] http::response answer(const http::request& request, instant now, draw& chance);

  // How many changes are due after `elapsed` of movement, made now.
  void move(std::chrono::duration<double> elapsed, instant now);
  // Takes what has happened since the last call.
  [[nodiscard]] std::vector<news> take_news();

  [[nodiscard]] double changes_per_second() const;

  world all;
  settings set;
  std::vector<client_account> accounts;
  std::vector<hook> hooks;
  std::vector<news> happened;
  std::vector<std::size_t> test_requests; // accounts
  request_counters counted;
  std::uint64_t changes = 0; // status changes since the start

 private:
  std::optional<std::size_t> authenticate(const http::request& request) const;
  std::optional<http::response> throttle(std::size_t account, instant now, draw& chance);
  http::response list(std::size_t account, const http::target& target, instant now, draw& chance);
  http::response look_up(std::size_t account, std::string_view reference, instant as_of, draw& chance);
  http::response page(std::size_t account, std::int64_t number, std::string_view path, instant as_of);
  http::response hook_request(std::size_t account, const http::request& request, const http::target& target);
  [[nodiscard]] std::string enveloped(boost::json::array rows, std::int64_t count, boost::json::value next,
                                      boost::json::value previous) const;
  [[nodiscard]] std::string enveloped_hooks(boost::json::array rows) const;

  double due_ = 0;
  std::uint64_t hooks_made_ = 0;
  std::map<std::size_t, std::deque<instant>> recent_; // requests of the last second, by account
};

[[nodiscard]] http::response json_answer(unsigned status, const boost::json::value& body);
[[nodiscard]] http::response detail(unsigned status, std::string_view text); // DRF's {"detail":…}

} // namespace suivi::sim
