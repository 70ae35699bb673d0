// By the shop's texts of its events.
#include "common/nord_west/meanings.hpp"

#include "common/nord_west/event.hpp"

namespace suivi::nord_west {
namespace {

std::vector<parcel_state> all() {
  std::vector<parcel_state> states;
  for (const event& one : all_events()) states.emplace_back(std::string(one.text));
  return states;
}

bool is_known(const parcel_state& state) {
  std::optional<shop_event> read = read_event({}, state.text());
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
    made.is_named_by_the_shop = true;
    return made;
  }();
  return of_texts;
}

} // namespace suivi::nord_west
