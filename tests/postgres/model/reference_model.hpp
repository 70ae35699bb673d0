// What an order may show, said as plainly as can be: of all that was told of a parcel, what nothing told is
// known to be newer than. The door, which keeps one row a parcel instead of everything, must never show
// anything else.
#pragma once

#include "common/shop/as_of.hpp"

#include <string>
#include <utility>
#include <vector>

namespace suivi::test {

// Status and alert reason ("" for none), as one parcel has them.
using shown_state = std::pair<int, std::string>;

class reference_model {
 public:
  void tell(const shop::observation& told) { all_.push_back(told); }

  [[nodiscard]] bool may_show(const shown_state& state) const {
    for (const auto& one : all_)
      if (state_of(one) == state && !outdated(one)) return true;
    return all_.empty();
  }

  static shown_state state_of(const shop::observation& told) {
    return {*told.what.status, told.what.alert_reason.value.value_or("")};
  }

 private:
  [[nodiscard]] bool outdated(const shop::observation& one) const {
    for (const auto& other : all_)
      if (shop::compare(one.when, other.when) == shop::relation::newer && state_of(one) != state_of(other))
        return true;
    return false;
  }

  std::vector<shop::observation> all_;
};

} // namespace suivi::test
