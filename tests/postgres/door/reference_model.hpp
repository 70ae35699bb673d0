// What an order may show, said as plainly as can be: of all that was told of a parcel, what nothing told is
// known to be newer than. The door, which keeps one row a parcel instead of everything, must never show
// anything else, and must ask where what is told contradicts what it shows and neither is known to be the
// newer.
#pragma once

#include "common/decision/observation.hpp"
#include "common/decision/state_rules.hpp"

#include <string>
#include <utility>
#include <vector>

namespace suivi::test {

// What "shippingStatus" shows, and the alert reason where the courier tells one ("" for none).
using order_state = std::pair<std::string, std::string>;

class reference_model {
 public:
  void tell(const shop::observation& observation) { all_.push_back(observation); }

  [[nodiscard]] bool may_show(const order_state& state) const {
    for (const auto& one : all_)
      if (state_of(one) == state && !outdated(one)) return true;
    return all_.empty();
  }

  [[nodiscard]] bool undecided(const order_state& state, const shop::observation& observation) const {
    if (state_of(observation) == state) return false;
    bool state_may_be_newer = false;
    for (const auto& one : all_) {
      if (newer(one.when, observation.when)) return false;
      if (state_of(one) == state && !newer(observation.when, one.when)) state_may_be_newer = true;
    }
    return state_may_be_newer;
  }

  static order_state state_of(const shop::observation& observation) {
    return {shop::shown_text(*observation.shipment.status),
            observation.shipment.alert_reason.value.value_or("")};
  }

 private:
  [[nodiscard]] bool outdated(const shop::observation& one) const {
    for (const auto& other : all_)
      if (newer(other.when, one.when) && state_of(one) != state_of(other)) return true;
    return false;
  }

  // For certain. A pull shows the state of some moment from its `from` to its `to`, a webhook that of its
  // publishing or before; one without time was published at its receipt or before. Who says since when a
  // parcel is in its state has told all.
  static bool newer(const shop::as_of& a, const shop::as_of& b) {
    using shape = shop::as_of::shape;
    if (a.kind >= shape::stated_event && b.kind >= shape::stated_event) return a.from > b.from;
    if (a.kind == shape::interval && b.kind == shape::interval) return a.from > b.from;
    if (a.kind == shape::interval) return a.from >= b.from;
    if (b.kind == shape::interval) return a.kind == shape::point && a.from > b.to;
    return a.from > b.from && (a.kind == shape::point || b.kind == shape::untimed);
  }

  std::vector<shop::observation> all_;
};

} // namespace suivi::test
