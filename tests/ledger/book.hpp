// The ledger's book: what was sent, what was acknowledged, what was found afterwards, and what follows from
// that.
//
// Pure but for the time a message is composed at. Promises: no two messages have the same body; the messages
// of an order that carry times carry different ones, so that the order's true state is known: the newest of
// those that arrived.
#pragma once

#include "common/base/time.hpp"

#include <map>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace suivi::ledger {

enum class kind {
  timed,     // in Pub/Sub's envelope, with message id and time
  untimed,   // plain, the only message of its order
  inventory, // concerns no order
  garbage,   // cannot be understood
  state,     // Guepex's: one of several events of a POST, with event id and time
  payment,   // Guepex's: concerns no order's state
  nameless,  // Guepex's: has no tracking number
  crossing,  // Guepex's, of a reference that an order of another courier's account has
};

struct message {
  std::int64_t number = 0;
  kind form = kind::timed;
  std::string reference; // "" where no order is meant
  std::string status;    // as the shop shows it
  instant published{};
  std::string body; // as it is stored
};

// One POST of Guepex's. Each event is a message of its own.
struct delivery {
  std::vector<message> events;
  std::string body;
};

// A 2xx. An id where it named one.
struct receipt {
  std::string outcome;
  std::optional<std::int64_t> id;
};

class book {
 public:
  // Orders R1 to Rn get many messages each, orders U1 to Un one; Guepex's are G1 to Gn, Nord West's, of whom
  // nobody tells anything, N1 to Nn.
  book(int timed_orders, int untimed_orders);

  static constexpr int other_orders = 50; // of each other courier

  message compose(std::minstd_rand& random);
  // One to four events.
  delivery compose_delivery(std::minstd_rand& random);
  void acknowledge(std::int64_t number, receipt receipt);
  // An event of the database. What no message of this book says is a stranger.
  void find(std::int64_t event_id, const std::string& raw);
  void forget_found();

  struct verdict {
    std::int64_t sent = 0, found = 0;
    std::map<std::string, std::int64_t> acknowledged; // messages by their first receipt's outcome
    std::vector<std::int64_t> lost;                   // acknowledged and not found
    std::vector<std::int64_t> doubled;                // found under more than one id
    std::vector<std::int64_t> misnamed;               // a receipt names another id than the event has
    std::int64_t strangers = 0;
  };
  [[nodiscard]] verdict judge() const;

  // What each order shows if everything found is applied and nothing else: its status, by reference; "":
  // nothing.
  [[nodiscard]] std::map<std::string, std::string> expected_orders() const;

 private:
  void write_down(const message& m);
  message compose_event(std::minstd_rand& random, std::int64_t number);

  struct entry {
    kind form = kind::timed;
    std::string reference;
    std::string status;
    instant published{};
    std::vector<receipt> receipts;
    std::vector<std::int64_t> events;
  };

  int timed_orders_, untimed_orders_;
  int untimed_used_ = 0;
  instant last_published_{}, last_occurred_;
  std::vector<entry> entries_;                            // number n at n - 1
  std::unordered_map<std::string, std::int64_t> numbers_; // by body
  std::int64_t strangers_ = 0;
};

} // namespace suivi::ledger
