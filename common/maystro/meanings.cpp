// By the numbers of its statuses.
#include "common/maystro/meanings.hpp"

#include "common/maystro/status.hpp"

#include <algorithm>

namespace suivi::maystro {
namespace {

std::vector<parcel_state> all() {
  std::vector<parcel_state> states;
  for (const status& one : all_statuses()) states.emplace_back(one.code);
  return states;
}

bool is_known(const parcel_state& state) {
  return std::ranges::any_of(all_statuses(), [&](const status& one) { return state == one.code; });
}

} // namespace

const state_meanings& meanings() {
  static const state_meanings of_numbers = [] {
    state_meanings made;
    made.all = all();
    made.is_known = &is_known;
    made.text_of_number = &status_text;
    made.identity_is_shown = true;
    made.is_delivered = [](const parcel_state& state) { return state == delivered; };
    made.is_terminal = [](const parcel_state& state) { return is_terminal(state.number()); };
    made.is_final = [](const parcel_state& state) { return state == delivered || state == taken_by_store; };
    made.is_returning = [](const parcel_state& state) { return is_returning(state.number()); };
    made.is_earlier = [](const parcel_state& state, const parcel_state& than) {
      return is_earlier_leg(state.number(), than.number());
    };
    return made;
  }();
  return of_numbers;
}

} // namespace suivi::maystro
