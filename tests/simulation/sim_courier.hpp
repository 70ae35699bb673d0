// A courier: parcels that move, a list that shifts while it is paged, an API that lags, fails, throttles,
// refuses single pages and goes away, and messages that are lost, doubled, late and out of order. Its clock
// is its own. What differs between couriers is their part's (courier_part.hpp).
#pragma once

#include "common/base/error.hpp"
#include "common/decision/observation.hpp"
#include "common/shipment/shipment.hpp"
#include "tests/simulation/courier_part.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/timeline.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace suivi::simulation {

struct message {
  std::int64_t id = 0;
  std::string account;
  suivi::shipment shipment;
  std::optional<instant> published_at;
  std::vector<std::string> references; // of the orders that its parcel may be shown by
};

// One answer of the API. `failure` empty: rows.
struct api_answer {
  std::optional<error> failure;
  unsigned status = 200;
  std::optional<milliseconds> retry_after;
  std::vector<suivi::shipment> rows;
  std::optional<std::int64_t> count;
  bool has_next = false;
  instant server_date{};
};

class sim_courier {
 public:
  struct step {
    instant when;
    parcel_state status;
  };
  struct parcel {
    std::string account, uuid, reference;
    instant created;
    microseconds within_instant{}; // one is made after the other, and the list is in that order
    std::optional<instant> removed;
    bool undated = false, hidden = false;
    std::string display_id;
    std::string mistyped;   // another order's reference, borne at first …
    instant corrected{};    // … until then
    std::vector<step> path; // the first is its making
  };

  sim_courier(const courier_part& part, timeline& t, const faults& f, const ways& w)
      : part_(part), t_(t), faults_(f), ways_(w) {}

  [[nodiscard]] const courier_part& part() const { return part_; }

  milliseconds clock_off{0};

  // `mistyped`: the reference that it bears at first; empty: its own.
  parcel& add(const std::string& account, const std::string& reference, const std::string& mistyped);
  // One of yesterday that travels back, and of which nobody has heard here.
  void add_earlier(const std::string& account, const std::string& reference);
  // One parcel takes a step, and a message may go out.
  void move_one();
  void remove(parcel& which) { which.removed = t_.now(); }
  [[nodiscard]] std::vector<parcel>& parcels() { return parcels_; }
  [[nodiscard]] const std::vector<parcel>& parcels() const { return parcels_; }

  [[nodiscard]] api_answer list(const std::string& account, int page);
  // Of those whose state changed on that day or later.
  [[nodiscard]] api_answer list_changes(const std::string& account, const std::string& since_day, int page);
  [[nodiscard]] api_answer find(const std::string& account, const std::vector<std::string>& numbers);
  [[nodiscard]] api_answer read(const std::string& account, const shop::wanted_read& wanted);
  void away_for(milliseconds time) { away_until_ = t_.now() + time; }
  void come_back() {
    away_until_ = storm_until_ = closed_until_ = t_.now();
    reported_until_.clear();
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
  [[nodiscard]] int requests_while_closed(const std::string& account) const;
  [[nodiscard]] int throttled_lately(const std::string& account) const;

  // Whoever takes messages; true: acknowledged.
  std::function<bool(const message&)> on_push;
  [[nodiscard]] bool pushing() const { return under_way_ > 0; }

  // The parcel that the order of that reference shall show: the newest that does not travel back, else the
  // newest; where the shop says by its number which, the newest. None where a parcel of it was removed or
  // borne by mistake: then another may be shown, rightly.
  [[nodiscard]] const parcel* current_of(const std::string& account, const std::string& reference,
                                         instant when) const;

  // The parcel as the courier has it at `when`; none before its making or after its removal.
  [[nodiscard]] std::optional<suivi::shipment> state(const parcel& of, instant when) const;
  [[nodiscard]] std::string tracking_of(const parcel& of) const;
  // The step that a parcel was at then, and the last and the first one that look like this (-1: none does).
  [[nodiscard]] static int step_at(const parcel& of, instant when);
  [[nodiscard]] int last_step(const parcel& of, const std::optional<std::string>& text,
                              const std::optional<std::string>& alert_reason) const;
  [[nodiscard]] int first_step(const parcel& of, const std::optional<std::string>& text,
                               const std::optional<std::string>& alert_reason) const;
  [[nodiscard]] static const std::string& reference_of(const parcel& of, instant when) {
    return !of.mistyped.empty() && when < of.corrected ? of.mistyped : of.reference;
  }

 private:
  [[nodiscard]] parcel made(const std::string& account, const std::string& reference);
  void move(parcel& p);
  void tell(const parcel& of, const step& taken_step);
  void push(message m, int tries);
  [[nodiscard]] std::optional<api_answer> failure(const std::string& account);
  [[nodiscard]] api_answer answer() const;
  [[nodiscard]] std::vector<suivi::shipment> listed(const std::string& account, instant visible_at) const;
  [[nodiscard]] api_answer page_of(std::vector<suivi::shipment> all, int page) const;
  [[nodiscard]] std::optional<api_answer> refused_page(int page) const;
  [[nodiscard]] instant own_clock() const { return t_.now() + clock_off; }
  instant visible_now();

  const courier_part& part_;
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
  std::map<std::string, instant> reported_at_, reported_until_;
  std::map<std::string, int> requests_while_closed_;
  std::map<std::string, std::vector<instant>> throttled_;
};

// Those of a world, and which account is whose.
class sim_couriers {
 public:
  sim_couriers(timeline& t, const faults& f, const ways& w);

  [[nodiscard]] sim_courier& of(const std::string& account) const { return *by_account_.at(account); }
  [[nodiscard]] const std::vector<std::unique_ptr<sim_courier>>& all() const { return all_; }
  [[nodiscard]] const std::map<std::string, sim_courier*>& by_account() const { return by_account_; }

 private:
  std::vector<std::unique_ptr<sim_courier>> all_;
  std::map<std::string, sim_courier*> by_account_;
};

} // namespace suivi::simulation
