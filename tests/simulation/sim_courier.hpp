// The courier: parcels that move, a list that shifts while it is paged, an API that lags, fails, throttles
// and goes away, and messages that are lost, doubled, late and out of order.
#pragma once

#include "common/base/error.hpp"
#include "common/decision/observation.hpp"
#include "common/shipment/shipment.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/timeline.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suivi::simulation {

struct message {
  std::int64_t id = 0;
  std::string account;
  suivi::shipment shipment;
  std::optional<instant> published_at;
};

// One answer of the API. `failure` empty: rows.
struct api_answer {
  std::optional<error> failure;
  unsigned status = 200;
  std::optional<milliseconds> retry_after;
  std::vector<suivi::shipment> rows;
  std::int64_t count = 0;
  bool has_next = false;
  instant server_date{};
};

class sim_courier {
 public:
  struct step {
    instant when;
    int status;
  };
  struct parcel {
    std::string account, uuid, reference;
    instant created;
    std::optional<instant> removed;
    std::vector<step> path; // the first is its making
  };

  sim_courier(timeline& t, const faults& f) : t_(t), faults_(f) {}

  parcel& add(const std::string& account, const std::string& reference);
  // One parcel takes a step, and a message may go out.
  void move_one();
  void remove(parcel& which) { which.removed = t_.now(); }
  [[nodiscard]] std::vector<parcel>& parcels() { return parcels_; }

  [[nodiscard]] api_answer list(const std::string& account, int page);
  [[nodiscard]] api_answer read(const std::string& account, const shop::wanted_read& wanted);
  void away_for(milliseconds time) { away_until_ = t_.now() + time; }
  void come_back() { away_until_ = storm_until_ = t_.now(); }
  void throttle_for(milliseconds time) { storm_until_ = t_.now() + time; }

  // Whoever takes messages; true: acknowledged.
  std::function<bool(const message&)> on_push;
  [[nodiscard]] bool pushing() const { return under_way_ > 0; }

  // The parcel as the courier has it at `when`; none before its making or after its removal. The number of
  // the step is in the alert reason, so that what a shop shows tells how old it is.
  static std::optional<suivi::shipment> state(const parcel& of, instant when);

  static constexpr int page_size = 5;

 private:
  void tell(const parcel& of, const step& taken_step);
  void push(message m, int tries);
  [[nodiscard]] std::optional<api_answer> trouble();
  instant visible_now();

  timeline& t_;
  const faults& faults_;
  std::vector<parcel> parcels_; // in order of making
  std::int64_t next_message_ = 1;
  int next_uuid_ = 1;
  int under_way_ = 0;
  instant away_until_{}, storm_until_{}, visible_{};
};

} // namespace suivi::simulation
