// By the shop's texts of its statuses.
#include "common/guepex/meanings.hpp"

#include "common/guepex/status.hpp"

#include <string>

namespace suivi::guepex {
namespace {

std::vector<parcel_state> all() {
  std::vector<parcel_state> states;
  for (const status& one : all_statuses()) states.emplace_back(std::string(one.text));
  return states;
}

bool is_known(const parcel_state& state) {
  std::optional<shop_status> read = read_status(state.text());
  return read && read->known;
}

} // namespace

const state_meanings& meanings() {
  static const state_meanings of_texts = [] {
    state_meanings made;
    made.all = all();
    made.is_known = &is_known;
    made.is_delivered = [](const parcel_state& state) { return is_delivered(state.text()); };
    made.is_terminal = made.is_final = [](const parcel_state& state) { return is_final(state.text()); };
    made.is_returning = [](const parcel_state& state) { return is_returning(state.text()); };
    made.is_alert = [](const parcel_state& state) { return is_alert(state.text()); };
    return made;
  }();
  return of_texts;
}

} // namespace suivi::guepex
