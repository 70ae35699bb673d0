// A receiver: stores, answers, applies, parks, confirms. What is to be done after each verdict is the real
// decision (receiver::after_verdict and its neighbors); the lanes around it are written again, event by
// event.
#pragma once

#include "receiver/services/read_gate.hpp"
#include "tests/simulation/process.hpp"
#include "tests/simulation/sim_courier.hpp"
#include "tests/simulation/sim_store.hpp"

#include <deque>

namespace suivi::simulation {

class sim_receiver final : public process {
 public:
  sim_receiver(timeline& t, const faults& f, std::string name, sim_store& store, sim_couriers& couriers)
      : process(t, f, std::move(name)), store_(store), couriers_(couriers) {}

  // True: acknowledged, hence durable.
  bool take(const message& m);
  [[nodiscard]] bool keeps(std::int64_t message) const;
  [[nodiscard]] std::size_t spooled() const { return spool_.size(); }

 private:
  struct kept {
    stored_event event;
    std::int64_t message;
  };

  void begin() override;
  void forget() override;
  void poll_events();
  void wake_parked();
  void drain();
  void apply_soon(receiver::pending_event event, milliseconds wait);
  void apply(std::vector<receiver::pending_event> events);
  void after_failure(std::vector<receiver::pending_event> events, const error& why);
  void carry_out(receiver::pending_event event, const receiver::disposition& next);
  void confirm(receiver::pending_event event, shop::wanted_read wanted);
  void settle(const receiver::pending_event& event, const receiver::disposition& next);

  sim_store& store_;
  sim_couriers& couriers_;
  std::deque<kept> spool_; // on disk: survives the process
  std::vector<receiver::pending_event> ready_;
  std::map<std::string, receiver::read_gate> gates_; // by account
  bool applying_soon_ = false;
};

} // namespace suivi::simulation
