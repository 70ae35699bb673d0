// The courier: parcels that move, a list that shifts while it is paged, an API that lags, fails, throttles,
// refuses single pages and goes away, and messages that are lost, doubled, late and out of order. Its clock
// is its own.
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
    bool undated = false;
    std::string display_id;
    std::string mistyped;   // another order's reference, borne at first …
    instant corrected{};    // … until then
    std::vector<step> path; // the first is its making
  };

  sim_courier(timeline& t, const faults& f, const ways& w) : t_(t), faults_(f), ways_(w) {}

  milliseconds clock_off{0};

  // `mistyped`: the reference that it bears at first; empty: its own.
  parcel& add(const std::string& account, const std::string& reference, const std::string& mistyped);
  // One parcel takes a step, and a message may go out.
  void move_one();
  void remove(parcel& which) { which.removed = t_.now(); }
  [[nodiscard]] std::vector<parcel>& parcels() { return parcels_; }
  [[nodiscard]] const std::vector<parcel>& parcels() const { return parcels_; }

  [[nodiscard]] api_answer list(const std::string& account, int page);
  [[nodiscard]] api_answer read(const std::string& account, const shop::wanted_read& wanted);
  void away_for(milliseconds time) { away_until_ = t_.now() + time; }
  void come_back() {
    away_until_ = storm_until_ = closed_until_ = t_.now();
    told_until_.clear();
    bad_page_ = 0;
  }
  // 429 to everybody; `retry_after`: what it asks for, where not drawn.
  void throttle_for(milliseconds time, std::optional<milliseconds> retry_after) {
    storm_until_ = t_.now() + time;
    storm_asks_ = retry_after;
  }
  // Wants to be left alone so long, and says so to whoever asks.
  void close_for(milliseconds time) { closed_until_ = t_.now() + time; }
  // That page of every list is refused from now on, whoever asks.
  void spoil_page(int page, unsigned status) {
    bad_page_ = page;
    bad_page_status_ = status;
  }
  // Requests of an account later than ten seconds after it was told to leave the courier alone and before it
  // may ask again; and those answered 429 in the last minute.
  [[nodiscard]] int asked_while_closed(const std::string& account) const;
  [[nodiscard]] int throttled_lately(const std::string& account) const;

  // Whoever takes messages; true: acknowledged.
  std::function<bool(const message&)> on_push;
  [[nodiscard]] bool pushing() const { return under_way_ > 0; }

  // The parcel that the order of that reference shall show: the newest that does not travel back, else the
  // newest. None where a parcel of it was removed or borne by mistake: then another may be shown, rightly.
  [[nodiscard]] const parcel* current_of(const std::string& account, const std::string& reference,
                                         instant when) const;

  // The parcel as the courier has it at `when`; none before its making or after its removal. The number of
  // the step is in the alert reason, so that what a shop shows tells how old it is.
  static std::optional<suivi::shipment> state(const parcel& of, instant when);
  [[nodiscard]] static const std::string& reference_of(const parcel& of, instant when) {
    return !of.mistyped.empty() && when < of.corrected ? of.mistyped : of.reference;
  }

  static constexpr int page_size = 5;

 private:
  void tell(const parcel& of, const step& taken_step);
  void push(message m, int tries);
  [[nodiscard]] std::optional<api_answer> trouble(const std::string& account);
  [[nodiscard]] instant own_clock() const { return t_.now() + clock_off; }
  instant visible_now();

  timeline& t_;
  const faults& faults_;
  const ways& ways_;
  std::vector<parcel> parcels_; // in order of making
  std::int64_t next_message_ = 1;
  int next_uuid_ = 1;
  int under_way_ = 0;
  instant away_until_{}, storm_until_{}, closed_until_{}, visible_{};
  std::optional<milliseconds> storm_asks_;
  int bad_page_ = 0;
  unsigned bad_page_status_ = 500;
  std::map<std::string, instant> told_at_, told_until_;
  std::map<std::string, int> asked_while_closed_;
  std::map<std::string, std::vector<instant>> throttled_;
};

} // namespace suivi::simulation
