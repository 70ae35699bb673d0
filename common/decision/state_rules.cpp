// Asks the courier's own table.
#include "common/decision/state_rules.hpp"

#include "common/courier_list/parts.hpp"

namespace suivi::shop {
namespace {

const state_meanings& meanings_of(courier_kind courier) {
  return courier::part_of(courier).meanings();
}

} // namespace

std::string shown_text(const parcel_state& state) {
  if (!state.is_number()) return state.text();
  // At most one courier numbers its states: the numbers are stored without its name.
  return meanings_of(default_courier).text_of_number(state.number());
}

bool is_delivered(courier_kind of, const parcel_state& state) {
  return meanings_of(of).is_delivered(state);
}

bool is_terminal(courier_kind of, const parcel_state& state) {
  return meanings_of(of).is_terminal(state);
}

bool is_final(courier_kind of, const parcel_state& state) {
  return meanings_of(of).is_final(state);
}

std::vector<std::string> final_texts(courier_kind of) {
  std::vector<std::string> texts;
  for (const parcel_state& state : meanings_of(of).all)
    if (is_final(of, state)) texts.push_back(shown_text(state));
  return texts;
}

bool is_returning(courier_kind of, const parcel_state& state) {
  const state_meanings& means = meanings_of(of);
  return means.is_returning != nullptr && means.is_returning(state);
}

bool has_alert_states(courier_kind of) {
  return meanings_of(of).is_alert != nullptr;
}

bool is_alert(courier_kind of, const parcel_state& state) {
  return has_alert_states(of) && meanings_of(of).is_alert(state);
}

bool shows_identity(courier_kind of) {
  return meanings_of(of).identity_is_shown;
}

bool is_named_by_the_shop(courier_kind of) {
  return meanings_of(of).is_named_by_the_shop;
}

bool is_before(courier_kind of, const parcel_state& state, std::string_view shipping_status) {
  if (shipping_status == shown_text(state)) return false;
  const state_meanings& means = meanings_of(of);
  for (const parcel_state& current : means.all)
    if (shown_text(current) == shipping_status)
      return means.is_terminal(current) || (means.is_earlier != nullptr && means.is_earlier(state, current));
  return false;
}

bool is_known(courier_kind of, const parcel_state& state) {
  return meanings_of(of).is_known(state);
}

bool is_set(const std::optional<std::string>& shipping_status) {
  return shipping_status && *shipping_status != "undefined" && *shipping_status != "UNDEFINED";
}

} // namespace suivi::shop
