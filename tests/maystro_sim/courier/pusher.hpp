// Sends webhooks as a Pub/Sub push subscription does: again and again with backoff until the answer is 102,
// 200, 201, 202 or 204, a bounded number at once, in no order. Which are lost, doubled or late is decided
// beforehand (webhook.hpp).
#pragma once

#include "common/http/client/client.hpp"
#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"
#include "tests/maystro_sim/courier/courier.hpp"

#include <map>
#include <memory>
#include <queue>

namespace suivi::sim {

struct push_counters {
  std::uint64_t sent = 0;                              // messages that were due: one for each event and hook
  std::uint64_t delivered = 0;                         // of them, answered 2xx at least once
  std::uint64_t lost = 0;                              // of them, never put on the way
  std::uint64_t duplicated = 0;                        // copies beside the first
  std::uint64_t attempts = 0;                          // requests
  std::uint64_t refused = 0;                           // requests that ended without a 2xx
  std::uint64_t challenges = 0, challenges_failed = 0; // Guepex's
};

class pusher {
 public:
  pusher(asio::any_io_executor executor, const courier& of, std::uint64_t seed);

  void announce(const news& news);                   // to the account's hooks and the general URL
  void announce_test(std::size_t account);           // to the account's hooks
  void send_as_is(std::string url, wrapped message); // counted as sent, neither lost nor doubled

  // Until stop(); what is still pending then is forgotten.
  task<void> run();
  void stop();

  [[nodiscard]] const push_counters& counted() const { return counted_; }
  // Copies that wait, for their time or for a 2xx, or are under way.
  [[nodiscard]] std::size_t pending() const { return waiting_.size() + under_way_; }

 private:
  struct message {
    std::string url;
    std::string content_type;
    std::string body;
    bool delivered = false;
    std::string signature; // Guepex's: only 200 counts as received
    std::string challenge; // a GET; the answer must hold it
  };
  struct copy {
    steady_time due;
    std::uint64_t number; // order among those due at once
    std::shared_ptr<pusher::message> message;
    unsigned refusals = 0;
  };
  struct later {
    bool operator()(const copy& a, const copy& b) const {
      return a.due != b.due ? a.due > b.due : a.number > b.number;
    }
  };

  void announce_at_guepex(const news& news, const parcel_view& parcel);
  void post_signed(const client_account& account, const std::string& url, const fate& how, std::string body);
  void challenge(const std::string& url);
  void post(const std::string& url, const fate& how, const std::string& event, instant published_at);
  void queue(copy one);
  task<void> send(copy one);

  const courier& courier_;
  std::uint64_t seed_;
  http::client client_;
  runtime::wakeup wakeup_;
  runtime::task_group sends_;
  std::priority_queue<copy, std::vector<copy>, later> waiting_;
  std::size_t under_way_ = 0;
  std::uint64_t copies_ = 0;
  std::uint64_t guepex_events_ = 0;
  std::map<std::size_t, std::string> last_event_; // of Guepex's accounts: goes out with a later one again
  push_counters counted_;
  bool stopping_ = false;
};

} // namespace suivi::sim
