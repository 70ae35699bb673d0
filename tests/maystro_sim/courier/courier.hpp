// The courier as a whole, without sockets: its world, its settings, its clients, and what it answers. Pure
// but for its own state; `now` and `chance` come from outside.
#pragma once

#include "common/http/message/message.hpp"
#include "common/shipment/courier.hpp"
#include "tests/maystro_sim/courier/guepex_face.hpp"
#include "tests/maystro_sim/courier/settings.hpp"
#include "tests/maystro_sim/courier/webhook.hpp"
#include "tests/maystro_sim/world/world.hpp"

#include <deque>
#include <map>

namespace suivi::sim {

struct client_account {
  std::string id; // the shop's shipping_accounts.id
  std::string token;
  std::string name;
  courier_kind kind = courier_kind::maystro;

  // What else Guepex and Nord West ask for; made from the rest, so that courier and shop agree on it.
  [[nodiscard]] std::string user() const { return "user-of-" + id; }
  [[nodiscard]] std::string signing_key() const { return "signing-" + token; }
};
// `id:token[:name[:courier]]`, the courier one of the shop's slugs; nullopt if there is no token, a part is
// empty or nobody knows the courier.
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

// Where each courier's API lies behind the simulator's address.
[[nodiscard]] std::string_view base_path(courier_kind courier);

// The couriers: Maystro, and Guepex and Nord West where an account is theirs.
class courier {
 public:
  courier(world_shape shape, std::vector<client_account> accounts, settings begin);

  // Everything but /control. A test request of hooks is answered and left in test_requests for the caller.
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
  http::response maystro_answer(const http::request& request, const http::target& target, std::size_t account,
                                instant now, draw& chance);
  http::response other_answer(courier_kind of, const http::request& request, const http::target& target,
                              instant now, draw& chance);
  http::response list(std::size_t account, const http::target& target, instant now, draw& chance);
  http::response look_up(std::size_t account, std::string_view reference, instant as_of, draw& chance);
  http::response page(std::size_t account, std::int64_t number, std::string_view path, instant as_of);
  http::response hook_request(std::size_t account, const http::request& request, const http::target& target);
  [[nodiscard]] std::string enveloped(boost::json::array rows, std::int64_t count, boost::json::value next,
                                      boost::json::value previous) const;
  [[nodiscard]] std::string enveloped_hooks(boost::json::array rows) const;

  guepex_face guepex_;
  double due_ = 0;
  std::uint64_t hooks_made_ = 0;
  std::map<std::size_t, std::deque<instant>> recent_; // requests of the last second, by account
};

[[nodiscard]] http::response json_answer(unsigned status, const boost::json::value& body);
[[nodiscard]] http::response detail(unsigned status, std::string_view text); // DRF's {"detail":…}

} // namespace suivi::sim
